//! Under which keys tagged events are found.
//!
//! A row of the tags table says: the event at this position has this key. A tagged event has a key for each of its tags, and
//! one for each family of topics that it belongs to, such as `.shop.Order.`. So an item without tags is looked up as one
//! with tags is.

use es_persistence::{EventQuery, OriginatorId, QueryItem, StoredTag, Topics};

/// One way to match an item of a query. An event that matches the item matches it in one of its ways, or in several.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Way<'a> {
    /// The index of the item; `None` for a query without items.
    pub item: Option<usize>,
    /// The keys that the event has; all of them.
    pub keys: Vec<String>,
    /// The aggregate that the event belongs to.
    pub originator: Option<&'a OriginatorId>,
    /// The topics of which the event has one.
    pub topics: Option<&'a Topics>,
    /// Whether only the last event is read.
    pub is_last_only: bool,
}

impl Way<'_> {
    /// Returns `true` if events that were saved without tags may match.
    pub const fn is_of_aggregates(&self) -> bool {
        self.keys.is_empty()
    }

    /// Returns `false` if no event matches because texts in stores have no NUL characters.
    fn can_be_stored(&self) -> bool {
        let own = self.originator.and_then(OriginatorId::as_text);
        !self
            .keys
            .iter()
            .map(String::as_str)
            .chain(own)
            .any(|text| text.contains('\0'))
    }
}

/// Returns the keys of an event with this topic and these tags, in ascending order, each once.
pub fn keys_of(topic: &str, tags: &[StoredTag]) -> Vec<String> {
    let mut keys: Vec<_> = tags.iter().map(|tag| tag.text().to_owned()).collect();
    keys.extend(families_of(topic));
    keys.sort_unstable();
    keys.dedup();
    keys
}

/// The keys of all families that a topic belongs to. A topic that belongs to none has a key of its own.
fn families_of(topic: &str) -> Vec<String> {
    let stops = topic.match_indices('.');
    let families: Vec<_> = stops.filter_map(|(stop, _)| topic.get(..=stop).map(key)).collect();
    if families.is_empty() {
        vec![key(topic)]
    } else {
        families
    }
}

/// A topic or family as a key: no tag begins with a full stop.
fn key(topic: &str) -> String {
    format!(".{topic}")
}

/// Returns all ways to match `query`.
pub fn ways(query: &EventQuery) -> Vec<Way<'_>> {
    if query.items().is_empty() {
        return vec![Way {
            item: None,
            keys: Vec::new(),
            originator: None,
            topics: None,
            is_last_only: false,
        }];
    }
    let items = query.items().iter().enumerate();
    let ways = items.flat_map(|(index, item)| ways_of(index, item));
    ways.filter(Way::can_be_stored).collect()
}

fn ways_of(index: usize, item: &QueryItem) -> Vec<Way<'_>> {
    let way = |keys: Vec<String>, originator| Way {
        item: Some(index),
        keys,
        originator,
        topics: item.topics(),
        is_last_only: item.is_last_only(),
    };
    if item.topics().is_some_and(Topics::is_empty) {
        return Vec::new();
    }
    if item.tags().is_empty() {
        return match (item.is_tagged_only(), item.topics()) {
            (true, Some(topics)) => topic_keys(topics).into_iter().map(|key| way(vec![key], None)).collect(),
            _ => vec![way(Vec::new(), None)],
        };
    }
    if item.tags().iter().any(|tag| tag.text().starts_with('.')) {
        // It would be the key of a family.
        return Vec::new();
    }
    let text = |tag: &StoredTag| tag.text().to_owned();
    let mut ways = vec![way(item.tags().iter().map(text).collect(), None)];
    if !item.is_tagged_only() {
        ways.extend(item.tags().iter().filter_map(|own| {
            let others = item.tags().iter().filter(|tag| *tag != own);
            Some(way(others.map(text).collect(), Some(own.originator()?)))
        }));
    }
    ways
}

/// The keys by which the events of topics are found, each once. They may find other events, too.
fn topic_keys(topics: &Topics) -> Vec<String> {
    let families = topics.prefixes().iter().map(|prefix| key(prefix));
    let exact = topics.exact_topics().iter();
    let mut keys: Vec<_> = families
        .chain(exact.filter_map(|topic| families_of(topic).pop()))
        .collect();
    keys.sort_unstable();
    keys.dedup();
    keys
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_has_a_key_for_each_tag_and_each_family() {
        let tags = ["b", "a", "b"].map(StoredTag::new);
        assert_eq!(
            keys_of("shop.Order.Placed", &tags),
            [".shop.", ".shop.Order.", "a", "b"]
        );
        assert_eq!(keys_of("Happened", &[]), [".Happened"]);
    }

    #[test]
    fn each_item_is_found_by_keys_that_its_events_have() {
        let topics = Topics::families(["shop"]).and_exact(["Old.Order.Placed", "Happened"]);
        let item = QueryItem::all().of_topics(topics).tagged_only();
        let query = EventQuery::new([item]);
        let keys: Vec<_> = ways(&query).into_iter().map(|way| way.keys).collect();
        assert_eq!(keys, [[".Happened"], [".Old.Order."], [".shop."]]);
    }

    #[test]
    fn the_tag_of_an_aggregate_is_looked_for_as_a_key_and_as_an_originator() {
        let ann = OriginatorId::from("ann");
        let tags = [
            StoredTag::of_originator("Member:ann", ann.clone()),
            StoredTag::new("book:1"),
        ];
        let query = EventQuery::new([QueryItem::all().with_tags(tags.clone())]);
        let found: Vec<_> = ways(&query).into_iter().map(|way| (way.keys, way.originator)).collect();
        let both = vec!["Member:ann".to_owned(), "book:1".to_owned()];
        assert_eq!(found, [(both.clone(), None), (vec!["book:1".to_owned()], Some(&ann))]);
        let query = EventQuery::new([QueryItem::all().with_tags(tags).tagged_only()]);
        let found: Vec<_> = ways(&query).into_iter().map(|way| way.keys).collect();
        assert_eq!(found, [both]);
    }

    #[test]
    fn what_no_event_can_have_is_not_looked_for() {
        let nul = QueryItem::all().with_tags([StoredTag::new("a\0b")]);
        let none = QueryItem::all().of_topics(Topics::none());
        let family = QueryItem::all().with_tags([StoredTag::new(".shop.")]);
        assert_eq!(ways(&EventQuery::new([nul, none, family])), []);
        assert_eq!(ways(&EventQuery::default()).len(), 1);
    }
}
