//! Which saves matter to each other.

use std::collections::BTreeMap;

use es_persistence::{OriginatorId, StoredEvent, StoredTag};

use crate::{
    Save,
    tags::{Way, keys_of, ways},
};

/// Numbers that stand for what a save with tags writes, and for what its condition depends on.
///
/// Where the events of one save may match the condition of another, the two have a number in common, and one of them depends
/// on it. Two saves may have a number in common by chance; then they only wait for each other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Footprint {
    /// Whether the condition depends on it.
    numbers: BTreeMap<i32, bool>,
}

/// What every save with tags writes, and what a condition depends on that cannot be told by keys.
const EVERYTHING: &str = "*";

impl Footprint {
    /// Returns the footprint of a save with tags, with at most `limit` numbers: one that would have more depends on
    /// everything.
    pub fn of(save: &Save, limit: usize) -> Self {
        let mut footprint = Self::default();
        footprint.add(EVERYTHING, false);
        for (event, tags) in save.tagged_events() {
            footprint.add_event(event, tags.unwrap_or_default());
        }
        for way in save.condition().iter().flat_map(|condition| ways(&condition.query)) {
            footprint.add_way(&way);
        }
        if footprint.numbers.len() > limit {
            footprint.numbers.clear();
            footprint.add(EVERYTHING, true);
        }
        footprint
    }

    /// The numbers in ascending order, each with whether a condition depends on it.
    pub fn numbers(&self) -> impl Iterator<Item = (i32, bool)> {
        self.numbers.iter().map(|(number, depends)| (*number, *depends))
    }

    /// How many numbers there are.
    pub fn len(&self) -> usize {
        self.numbers.len()
    }

    /// Returns `true` if there are no numbers.
    pub fn is_empty(&self) -> bool {
        self.numbers.is_empty()
    }

    /// Returns `true` if it may matter which of the two saves comes first.
    pub fn excludes(&self, other: &Self) -> bool {
        let meets =
            |(number, depends): (&i32, &bool)| other.numbers.get(number).is_some_and(|other| *depends || *other);
        self.numbers.iter().any(meets)
    }

    /// Adds what another save has.
    pub fn merge(&mut self, other: &Self) {
        for (number, depends) in other.numbers() {
            *self.numbers.entry(number).or_default() |= depends;
        }
    }

    fn add_event(&mut self, event: &StoredEvent, tags: &[StoredTag]) {
        self.add(&originator(&event.originator_id), false);
        for key in keys_of(&event.topic, tags) {
            self.add(&key, false);
        }
    }

    /// One key is enough: an event that matches has all of them.
    fn add_way(&mut self, way: &Way<'_>) {
        match (way.keys.first(), way.originator) {
            (Some(key), _) => self.add(key, true),
            (None, Some(id)) => self.add(&originator(id), true),
            (None, None) => self.add(EVERYTHING, true),
        }
    }

    fn add(&mut self, text: &str, depends: bool) {
        *self.numbers.entry(number(text)).or_default() |= depends;
    }
}

fn originator(id: &OriginatorId) -> String {
    format!("@{id:?}")
}

/// The number of a text, which all processes must find alike: FNV-1a, folded to 32 bits.
fn number(text: &str) -> i32 {
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let folded = (hash ^ (hash >> 32)) & u64::from(u32::MAX);
    u32::try_from(folded).unwrap_or_default().cast_signed()
}

#[cfg(test)]
mod tests {
    use es_persistence::{AppendCondition, EventQuery, QueryItem, ReadToken, TaggedRow, Topics};

    use super::*;

    fn save(id: &str, tags: &[&str], condition: Option<QueryItem>) -> Footprint {
        let event = StoredEvent::new(id.into(), 1, "Course.Subscribed", Vec::new());
        let row = TaggedRow::new(event, tags.iter().map(|tag| StoredTag::new(*tag)));
        let condition = condition.map(|item| AppendCondition::new(EventQuery::new([item]), ReadToken::default()));
        Footprint::of(&Save::of_tagged(vec![row], condition), 100)
    }

    fn of_tag(tag: &str) -> QueryItem {
        QueryItem::all().with_tags([StoredTag::new(tag)])
    }

    #[test]
    fn saves_exclude_each_other_when_one_writes_what_the_other_depends_on() {
        let courses = Topics::families(["Course"]);
        let ann = OriginatorId::from("ann");
        let item = QueryItem::all();
        for (condition, expected) in [
            (None, false),
            (Some(of_tag("a")), true),
            (Some(of_tag("b")), false),
            (Some(item.clone().of_topics(courses.clone()).tagged_only()), true),
            (
                Some(item.clone().of_topics(Topics::families(["Student"])).tagged_only()),
                false,
            ),
            (Some(item.clone().of_topics(courses)), true),
            (Some(item.clone()), true),
            (
                Some(item.with_tags([StoredTag::of_originator("Member:ann", ann)])),
                true,
            ),
        ] {
            let (writer, other) = (save("ann", &["a"], None), save("other", &["c"], condition.clone()));
            assert_eq!(writer.excludes(&other), expected, "{condition:?}");
            assert_eq!(other.excludes(&writer), expected, "{condition:?}");
        }
    }

    #[test]
    fn a_large_save_depends_on_everything() {
        let tags: Vec<_> = (0..200).map(|number| format!("tag:{number}")).collect();
        let tags: Vec<_> = tags.iter().map(String::as_str).collect();
        let large = save("large", &tags, None);
        assert_eq!(large.len(), 1);
        assert!(large.excludes(&save("other", &[], None)));
    }

    #[test]
    fn numbers_are_the_same_for_ever() {
        assert_eq!(number("course:1"), NUMBER_OF_COURSE_1);
    }

    /// Other processes may run another version of the library.
    const NUMBER_OF_COURSE_1: i32 = 683_782_718;
}
