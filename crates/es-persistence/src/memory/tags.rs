//! The tags of events in memory.

use std::collections::{BTreeMap, HashMap};

use super::log::Log;
use crate::{AppendCondition, EventQuery, FoundEvents, QueryItem, ReadToken, StoredTag};

/// The tags of the events that were stored with some, by the index of the event, and the indexes by the text of the tag.
#[derive(Default)]
pub(super) struct Tags {
    of_events: BTreeMap<usize, Vec<StoredTag>>,
    events: HashMap<String, Vec<usize>>,
}

impl Tags {
    /// Adds the tags of the event at `index`, which is greater than all before it.
    pub(super) fn insert(&mut self, index: usize, tags: Vec<StoredTag>) {
        for tag in &tags {
            let events = self.events.entry(tag.text().to_owned()).or_default();
            if events.last() != Some(&index) {
                events.push(index);
            }
        }
        self.of_events.insert(index, tags);
    }

    fn of(&self, index: usize) -> Option<&[StoredTag]> {
        self.of_events.get(&index).map(Vec::as_slice)
    }

    /// Returns `true` if nothing that matters has come since the condition's token was made.
    pub(super) fn fulfil(&self, condition: &AppendCondition, log: &Log) -> bool {
        let first = usize::try_from(condition.token.after()).unwrap_or(usize::MAX);
        !(first..log.len()).any(|index| {
            let notification = log.notification(index);
            condition.is_broken_by(notification.position, &notification.event, self.of(index))
        })
    }

    pub(super) fn find(&self, query: &EventQuery, log: &Log) -> FoundEvents {
        let token = ReadToken::new(log.len() as u64, Vec::new());
        let of_item = |(number, item): (usize, &QueryItem)| {
            let found = self.find_item(item, log).into_iter();
            found.map(move |index| (Some(number), index)).collect::<Vec<_>>()
        };
        let mut found: Vec<_> = query.items().iter().enumerate().flat_map(of_item).collect();
        if query.items().is_empty() {
            found.extend((0..log.len()).map(|index| (None, index)));
        }
        let found = found.into_iter().map(|(item, index)| (item, log.notification(index)));
        FoundEvents::collect(query, token, found)
    }

    fn find_item(&self, item: &QueryItem, log: &Log) -> Vec<usize> {
        let matches = |index: &usize| item.matches(log.event(*index), self.of(*index));
        let candidates = self.candidates(item, log);
        if item.is_last_only() {
            return candidates.into_iter().rev().find(matches).into_iter().collect();
        }
        candidates.into_iter().filter(matches).collect()
    }

    /// The indexes at which there may be an event that matches, in ascending order.
    fn candidates(&self, item: &QueryItem, log: &Log) -> Vec<usize> {
        let Some(first) = item.tags().first() else {
            if item.is_tagged_only() {
                return self.of_events.keys().copied().collect();
            }
            return (0..log.len()).collect();
        };
        let tagged = self.events.get(first.text()).into_iter().flatten();
        let own = first.originator().into_iter().flat_map(|id| log.indexes_of(id));
        let mut candidates: Vec<_> = tagged.chain(own).copied().collect();
        candidates.sort_unstable();
        candidates.dedup();
        candidates
    }
}
