//! Queries: which events a decision depends on.

use crate::{StoredEvent, StoredTag, Topics};

/// The events that match any of some items. A query without items matches every event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventQuery {
    items: Vec<QueryItem>,
}

/// Events of some topics that have all of some tags.
///
/// ```
/// use es_persistence::{QueryItem, StoredTag, Topics};
///
/// let item = QueryItem::all().of_topics(Topics::families(["Course"])).with_tags([StoredTag::new("course:7")]);
/// assert_eq!(item.tags().len(), 1);
/// assert!(!item.is_last_only());
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct QueryItem {
    topics: Option<Topics>,
    tags: Vec<StoredTag>,
    is_last_only: bool,
    is_tagged_only: bool,
}

impl EventQuery {
    /// Makes a query of items. Without items it matches every event.
    pub fn new(items: impl IntoIterator<Item = QueryItem>) -> Self {
        Self {
            items: items.into_iter().collect(),
        }
    }

    /// The items.
    pub fn items(&self) -> &[QueryItem] {
        &self.items
    }

    /// Returns `true` if `event` matches. `tags` are those with which it was stored, or `None` if it was stored without tags,
    /// as aggregates are saved.
    pub fn matches(&self, event: &StoredEvent, tags: Option<&[StoredTag]>) -> bool {
        self.items.is_empty() || self.items.iter().any(|item| item.matches(event, tags))
    }

    /// The indexes of the items that `event` matches.
    pub fn matching_items(&self, event: &StoredEvent, tags: Option<&[StoredTag]>) -> Vec<usize> {
        let items = self.items.iter().enumerate();
        items
            .filter_map(|(index, item)| item.matches(event, tags).then_some(index))
            .collect()
    }
}

impl QueryItem {
    /// Makes an item that every event matches.
    #[must_use]
    pub fn all() -> Self {
        Self::default()
    }

    /// Matches only events whose topic is in `topics`. An empty set matches nothing.
    #[must_use]
    pub fn of_topics(self, topics: Topics) -> Self {
        Self {
            topics: Some(topics),
            ..self
        }
    }

    /// Matches only events that have each of `tags` too.
    ///
    /// The first tag of an item should be the one that the fewest events have: stores look by it, and decisions that have
    /// the same first tag wait for each other.
    #[must_use]
    pub fn with_tags(mut self, tags: impl IntoIterator<Item = StoredTag>) -> Self {
        for tag in tags {
            if !self.tags.contains(&tag) {
                self.tags.push(tag);
            }
        }
        self
    }

    /// Reads only the last event that matches. Every event that matches still counts for a condition.
    #[must_use]
    pub fn last_only(self) -> Self {
        Self {
            is_last_only: true,
            ..self
        }
    }

    /// Matches only events that were stored with tags, or with an empty list of them: none that was saved with its aggregate.
    ///
    /// Stores find such events by an index even if the item has no tags. Without topics and tags, all events match all the
    /// same.
    #[must_use]
    pub fn tagged_only(self) -> Self {
        Self {
            is_tagged_only: true,
            ..self
        }
    }

    /// The topics; `None` if all are.
    pub const fn topics(&self) -> Option<&Topics> {
        self.topics.as_ref()
    }

    /// The tags, each once.
    pub fn tags(&self) -> &[StoredTag] {
        &self.tags
    }

    /// Returns `true` if only the last event is read.
    pub const fn is_last_only(&self) -> bool {
        self.is_last_only
    }

    /// Returns `true` if events that were stored without tags do not match.
    pub const fn is_tagged_only(&self) -> bool {
        self.is_tagged_only && (self.topics.is_some() || !self.tags.is_empty())
    }

    /// Returns `true` if `event` matches; see [`EventQuery::matches`].
    pub fn matches(&self, event: &StoredEvent, tags: Option<&[StoredTag]>) -> bool {
        let own = tags.unwrap_or_default();
        let has_tag = |tag: &StoredTag| {
            let is_stored = own.iter().any(|there| there.text() == tag.text());
            is_stored || (!self.is_tagged_only() && tag.is_on(event, own))
        };
        (tags.is_some() || !self.is_tagged_only())
            && self.topics.as_ref().is_none_or(|topics| topics.contains(&event.topic))
            && self.tags.iter().all(has_tag)
    }
}

#[cfg(test)]
mod tests {
    use es_domain::OriginatorId;

    use super::*;

    fn tags(texts: &[&str]) -> Vec<StoredTag> {
        texts.iter().map(|text| StoredTag::new(*text)).collect()
    }

    #[test]
    fn an_event_matches_by_topic_and_by_all_tags() {
        let event = StoredEvent::new("e1".into(), 1, "Course.Defined", Vec::new());
        let own = tags(&["a", "b"]);
        for (topic, wanted, expected) in [
            ("Course", &["a"][..], true),
            ("Course", &["a", "b", "a"], true),
            ("Course", &["a", "c"], false),
            ("Course", &[], true),
            ("Student", &["a"], false),
        ] {
            let item = QueryItem::all()
                .of_topics(Topics::families([topic]))
                .with_tags(tags(wanted));
            assert_eq!(item.matches(&event, Some(&own)), expected, "{topic} {wanted:?}");
            let others = EventQuery::new([QueryItem::all().of_topics(Topics::none()), item]);
            assert_eq!(others.matches(&event, Some(&own)), expected);
            assert_eq!(
                others.matching_items(&event, Some(&own)),
                if expected { vec![1] } else { vec![] }
            );
        }
        assert!(EventQuery::default().matches(&event, None));
    }

    #[test]
    fn the_tag_of_an_aggregate_is_on_its_events_and_on_those_that_were_stored_with_it() {
        let id = OriginatorId::from("ann");
        let tag = StoredTag::of_originator("Member:ann", id.clone());
        let item = QueryItem::all().with_tags([tag]);
        let own = StoredEvent::new(id, 3, "Member.Expelled", Vec::new());
        let loan = StoredEvent::new("loan".into(), 1, "Loan.Lent", Vec::new());
        assert!(item.matches(&own, None));
        assert!(!item.matches(&loan, None));
        assert!(item.matches(&loan, Some(&tags(&["Member:ann"]))));
        let tagged = item.tagged_only();
        assert!(!tagged.matches(&own, None));
        assert!(tagged.matches(&loan, Some(&tags(&["Member:ann"]))));
    }
}
