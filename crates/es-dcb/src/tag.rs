//! Tags: what events are about.

use std::borrow::Cow;

use es_domain::{Aggregate, AggregateId, OriginatorId};
use es_persistence::{Mapper, StoredTag};

/// Something that events are about, such as a course or a student.
///
/// `#[derive(Tag)]` makes a newtype one. The ID of an aggregate is a tag, too: that of everything that happened to the
/// aggregate, and of the events that name it in a field with `#[tag]`.
///
/// ```
/// use es_dcb::{Tag, Tags};
/// use es_domain::Uuid;
///
/// #[derive(Tag, Clone, Copy)]
/// pub struct CourseId(Uuid);
///
/// #[derive(Tag, Clone)]
/// #[tag(name = "email")]
/// pub struct EmailAddress(String);
///
/// assert_eq!(CourseId::NAME, "course");
/// assert_eq!(EmailAddress::NAME, "email");
/// let course = CourseId(Uuid::nil());
/// assert_eq!(Tags::from(course).and(&EmailAddress("ann@example.org".to_owned())).len(), 2);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a tag",
    label = "not a tag",
    note = "a tag is the ID of an aggregate, or a struct with one field and `#[derive(Tag)]`"
)]
pub trait Tag {
    /// What is tagged, as it is stored for ever. No two kinds of tags have the same name.
    const NAME: &'static str;

    /// Returns the text that tells this one from others of its kind.
    fn value(&self) -> Cow<'_, str>;

    /// Returns the aggregate whose tag it is.
    #[doc(hidden)]
    fn originator(&self) -> Option<OriginatorId> {
        None
    }
}

impl<I: AggregateId> Tag for I {
    const NAME: &'static str = I::Aggregate::TOPIC;

    fn value(&self) -> Cow<'_, str> {
        self.to_string().into()
    }

    fn originator(&self) -> Option<OriginatorId> {
        Some(self.to_originator_id())
    }
}

/// The tags of an event, or those that events must have to matter for a model.
///
/// Of the tags of a model, the first should be the one that the fewest events have: stores look events up by it, and
/// decisions with the same first tag wait for each other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tags(Vec<Value>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Value {
    name: &'static str,
    text: Box<str>,
    originator: Option<OriginatorId>,
}

impl Tags {
    /// Returns one tag. A tag becomes `Tags` by `into()`, too.
    #[must_use]
    pub fn of<T: Tag + ?Sized>(tag: &T) -> Self {
        Self::none().and(tag)
    }

    /// Returns no tags: a model without tags sees all of its events.
    #[must_use]
    pub const fn none() -> Self {
        Self(Vec::new())
    }

    /// Adds a tag.
    #[must_use]
    pub fn and<T: Tag + ?Sized>(mut self, tag: &T) -> Self {
        let value = Value {
            name: T::NAME,
            text: tag.value().into(),
            originator: tag.originator(),
        };
        if !self.0.contains(&value) {
            self.0.push(value);
        }
        self
    }

    /// How many tags there are.
    pub const fn len(&self) -> usize {
        self.0.len()
    }

    /// Returns `true` if there are no tags.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The tags as they are written.
    pub(crate) fn written(&self, mapper: &Mapper) -> Vec<StoredTag> {
        self.forms(mapper).into_iter().next().unwrap_or_default()
    }

    /// The tags as they may be stored, in all combinations of their forms. The first one is written.
    pub(crate) fn forms(&self, mapper: &Mapper) -> Vec<Vec<StoredTag>> {
        let mut forms = vec![Vec::new()];
        for tag in &self.0 {
            let own = mapper.tag(tag.name, &tag.text, tag.originator.clone());
            let with = |form: &Vec<StoredTag>| {
                let extended = |own| form.iter().cloned().chain([own]).collect::<Vec<_>>();
                own.iter().cloned().map(extended).collect::<Vec<_>>()
            };
            forms = forms.iter().flat_map(with).collect();
        }
        forms
    }
}

impl<T: Tag> From<T> for Tags {
    fn from(tag: T) -> Self {
        Self::none().and(&tag)
    }
}
