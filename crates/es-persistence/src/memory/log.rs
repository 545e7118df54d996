//! The events themselves: a list, and where in it each aggregate's are.

use std::collections::{HashMap, hash_map::Entry};

use es_domain::OriginatorId;

use crate::{Conflict, Notification, Selection, StoredEvent, StreamSelection};

/// All events in the order in which they were stored; position `n` is at index `n - 1`.
#[derive(Default)]
pub(super) struct Log {
    events: Vec<StoredEvent>,
    /// Version `n` of an aggregate is at index `n - 1` of its list.
    streams: HashMap<OriginatorId, Vec<usize>>,
}

impl Log {
    /// Adds `events` and returns the position of the first; adds none of them when one is a conflict.
    pub(super) fn append(&mut self, events: Vec<StoredEvent>) -> Result<u64, Conflict> {
        let first = self.events.len();
        for (index, event) in events.iter().enumerate() {
            if let Err(conflict) = self.append_to_stream(event, first + index) {
                self.forget(&events[..index]);
                return Err(conflict);
            }
        }
        self.events.extend(events);
        Ok(position(first))
    }

    fn append_to_stream(&mut self, event: &StoredEvent, index: usize) -> Result<(), Conflict> {
        let stream = match self.streams.get_mut(&event.originator_id) {
            Some(stream) => stream,
            None => self.streams.entry(event.originator_id.clone()).or_default(),
        };
        let last_version = stream.len() as u64;
        if event.originator_version != last_version + 1 {
            let conflict = Conflict {
                originator_id: event.originator_id.clone(),
                version: event.originator_version,
                last_version,
            };
            if stream.is_empty() {
                self.streams.remove(&event.originator_id);
            }
            return Err(conflict);
        }
        stream.push(index);
        Ok(())
    }

    fn forget(&mut self, events: &[StoredEvent]) {
        for event in events.iter().rev() {
            let Entry::Occupied(mut stream) = self.streams.entry(event.originator_id.clone()) else {
                continue;
            };
            stream.get_mut().pop();
            if stream.get().is_empty() {
                stream.remove();
            }
        }
    }

    pub(super) fn stream(&self, selection: &StreamSelection) -> Vec<StoredEvent> {
        let Some(stream) = self.streams.get(selection.originator_id()) else {
            return Vec::new();
        };
        let end = index_of(selection.upper().unwrap_or(u64::MAX)).min(stream.len());
        let start = index_of(selection.lower()).min(end);
        let limit = selection.max_len().unwrap_or(usize::MAX);
        let chosen = stream[start..end].iter().map(|index| self.events[*index].clone());
        if selection.is_descending() {
            chosen.rev().take(limit).collect()
        } else {
            chosen.take(limit).collect()
        }
    }

    pub(super) fn notifications(&self, selection: &Selection) -> Vec<Notification> {
        let end = index_of(selection.upper().unwrap_or(u64::MAX)).min(self.events.len());
        let start = index_of(selection.lower()).min(end);
        let chosen = (start..end).filter(|index| selection.has_topic(&self.events[*index].topic));
        chosen
            .take(selection.max_len().unwrap_or(usize::MAX))
            .map(|index| Notification {
                position: position(index),
                event: self.events[index].clone(),
            })
            .collect()
    }

    pub(super) fn max_position(&self) -> Option<u64> {
        self.events.len().checked_sub(1).map(position)
    }
}

const fn position(index: usize) -> u64 {
    index as u64 + 1
}

/// How many positions or versions there are up to `number`.
fn index_of(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
