//! The events in memory: a list, and the places of each aggregate's events in it.

use std::collections::{HashMap, hash_map::Entry};

use es_domain::OriginatorId;

use crate::{Conflict, LogPage, Notification, Selection, StoredEvent, StreamSelection, recorder::LOG_WINDOW};

/// All events in the order in which they were stored; position `n` is at index `n - 1`.
#[derive(Default)]
pub(super) struct Log {
    events: Vec<StoredEvent>,
    /// Version `n` of an aggregate is at index `n - 1` of its list.
    streams: HashMap<OriginatorId, Vec<usize>>,
}

impl Log {
    /// Adds `events` and returns the position of each; adds none of them if one is a conflict.
    ///
    /// Events that are there already, under the same IDs, keep their positions.
    pub(super) fn append(&mut self, events: Vec<StoredEvent>) -> Result<Vec<u64>, Conflict> {
        let first = self.events.len();
        for (index, event) in events.iter().enumerate() {
            if let Err(conflict) = self.append_to_stream(event, first + index) {
                self.forget(&events[..index]);
                return self.repeated(&events).ok_or(conflict);
            }
        }
        self.events.extend(events);
        Ok((first..self.events.len()).map(position).collect())
    }

    /// Returns the positions of `events` if all of them are stored.
    pub(super) fn repeated(&self, events: &[StoredEvent]) -> Option<Vec<u64>> {
        let place = |event: &StoredEvent| {
            let stream = self.streams.get(&event.originator_id)?;
            let index = *stream.get(index_of(event.originator_version.checked_sub(1)?))?;
            (self.events[index].event_id == event.event_id).then(|| position(index))
        };
        events.iter().map(place).collect()
    }

    pub(super) fn len(&self) -> usize {
        self.events.len()
    }

    pub(super) fn event(&self, index: usize) -> &StoredEvent {
        &self.events[index]
    }

    pub(super) fn notification(&self, index: usize) -> Notification {
        Notification::new(position(index), self.events[index].clone())
    }

    /// The indexes of an aggregate's events.
    pub(super) fn indexes_of(&self, id: &OriginatorId) -> &[usize] {
        self.streams.get(id).map(Vec::as_slice).unwrap_or_default()
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

    pub(super) fn page(&self, selection: &Selection) -> LogPage {
        let limit = selection.max_len().unwrap_or(usize::MAX);
        let start = index_of(selection.lower());
        let end = self.end(selection);
        if limit == 0 || start >= end {
            return LogPage::new(Vec::new(), selection.lower());
        }
        let chosen = (start..end).filter(|index| selection.has_topic(&self.events[*index].topic));
        let notifications: Vec<_> = chosen
            .take(limit)
            .map(|index| Notification::new(position(index), self.events[index].clone()))
            .collect();
        let full = notifications.last().filter(|_| notifications.len() == limit);
        let reached = full.map_or(end as u64, |last| last.position);
        LogPage::new(notifications, reached)
    }

    /// The index after the last event that one read looks at.
    fn end(&self, selection: &Selection) -> usize {
        let last = index_of(selection.upper().unwrap_or(u64::MAX)).min(self.events.len());
        let window = selection.selected_topics().map_or(u64::MAX, |_| LOG_WINDOW);
        last.min(index_of(selection.lower().saturating_add(window)))
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
