//! What a query has found.

use std::collections::BTreeMap;

use crate::{EventQuery, Notification, ReadToken};

/// An event, and which items of the query it was found by.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FoundEvent {
    /// The event and its position.
    pub notification: Notification,
    /// The indexes of the items, in ascending order. An item that reads only the last event has found no other.
    pub items: Vec<usize>,
}

/// The events that a query has found, as of one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct FoundEvents {
    /// The events in the order of positions, each once.
    pub events: Vec<FoundEvent>,
    /// What the condition of an append needs.
    pub token: ReadToken,
}

impl FoundEvents {
    /// Puts together what was found by each item, in any order and as often as it was found. Of an item that reads only the
    /// last event, all but the last one are left out.
    pub fn collect(
        query: &EventQuery,
        token: ReadToken,
        found: impl IntoIterator<Item = (Option<usize>, Notification)>,
    ) -> Self {
        let mut events: BTreeMap<u64, FoundEvent> = BTreeMap::new();
        for (item, notification) in found {
            let event = events.entry(notification.position).or_insert(FoundEvent {
                notification,
                items: Vec::new(),
            });
            event.items.extend(item);
        }
        let mut events: Vec<_> = events.into_values().collect();
        for event in &mut events {
            event.items.sort_unstable();
            event.items.dedup();
        }
        keep_last(query, &mut events);
        Self { events, token }
    }
}

/// Leaves out what items that read only the last event have found besides.
fn keep_last(query: &EventQuery, events: &mut Vec<FoundEvent>) {
    for (index, _) in query.items().iter().enumerate().filter(|(_, item)| item.is_last_only()) {
        let last = events.iter().rposition(|event| event.items.contains(&index));
        for event in events.iter_mut().take(last.unwrap_or_default()) {
            event.items.retain(|item| *item != index);
        }
    }
    if !query.items().is_empty() {
        events.retain(|event| !event.items.is_empty());
    }
}
