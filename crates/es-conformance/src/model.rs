//! What a recorder has to do, in the simplest form: the oracle of the random sequences.

use std::{collections::BTreeMap, sync::Arc};

use es_persistence::{
    AlreadyTracked, Conflict, Notification, OriginatorId, RecorderErrorKind, Selection, StoredEvent, StreamSelection,
    Tracking,
};

pub(crate) mod step;

/// Everything that is stored after a certain position.
pub(crate) struct Model {
    start: u64,
    log: Vec<Notification>,
    tracked: BTreeMap<Arc<str>, Tracking>,
}

/// Why a save has to be refused: any of these may be named.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Faults {
    pub(crate) conflicts: Vec<Conflict>,
    pub(crate) tracked: Option<AlreadyTracked>,
}

impl Faults {
    /// Whether a refusal with `kind` says what is wrong.
    pub(crate) fn explain(&self, kind: &RecorderErrorKind) -> bool {
        match kind {
            RecorderErrorKind::Conflict(conflict) => self.conflicts.contains(conflict),
            RecorderErrorKind::AlreadyTracked(tracked) => self.tracked.as_ref() == Some(tracked),
            _ => false,
        }
    }
}

impl Model {
    /// A log that goes on after `start`, in which nothing is known of what came before.
    pub(crate) const fn after(start: u64) -> Self {
        Self {
            start,
            log: Vec::new(),
            tracked: BTreeMap::new(),
        }
    }

    pub(crate) fn last_version(&self, id: &OriginatorId) -> u64 {
        let versions = self
            .log
            .iter()
            .filter(|notification| notification.event.originator_id == *id);
        versions
            .map(|notification| notification.event.originator_version)
            .max()
            .unwrap_or(0)
    }

    /// What is wrong with a save: of each aggregate the first event that does not follow. Where events of the same save
    /// come before it, the last version may be the last of these, or the one in the store.
    pub(crate) fn faults(&self, events: &[StoredEvent], tracking: Option<&Tracking>) -> Faults {
        let mut lasts: BTreeMap<&OriginatorId, u64> = BTreeMap::new();
        let mut conflicts: Vec<Conflict> = Vec::new();
        for event in events {
            let id = &event.originator_id;
            let last = lasts.entry(id).or_insert_with(|| self.last_version(id));
            if event.originator_version == *last + 1 {
                *last += 1;
            } else if conflicts.iter().all(|conflict| conflict.originator_id != *id) {
                conflicts.extend([*last, self.last_version(id)].map(|last_version| Conflict {
                    originator_id: id.clone(),
                    version: event.originator_version,
                    last_version,
                }));
            }
        }
        Faults {
            conflicts,
            tracked: tracking.and_then(|tracking| self.already_tracked(tracking)),
        }
    }

    fn already_tracked(&self, tracking: &Tracking) -> Option<AlreadyTracked> {
        let last_position = self.tracked.get(&tracking.upstream)?.position;
        let Tracking { upstream, position, .. } = tracking.clone();
        (position <= last_position).then_some(AlreadyTracked {
            upstream,
            position,
            last_position,
        })
    }

    /// Stores what has no faults, under the positions that the recorder gave.
    pub(crate) fn store(&mut self, events: Vec<StoredEvent>, positions: &[u64], tracking: Option<Tracking>) {
        let numbered = positions.iter().zip(events);
        self.log.extend(numbered.map(|(position, event)| Notification {
            position: *position,
            event,
        }));
        if let Some(tracking) = tracking {
            self.tracked.insert(Arc::clone(&tracking.upstream), tracking);
        }
    }

    pub(crate) fn stream(&self, selection: &StreamSelection) -> Vec<StoredEvent> {
        let upper = selection.upper().unwrap_or(u64::MAX);
        let chosen = |event: &&StoredEvent| {
            event.originator_id == *selection.originator_id()
                && event.originator_version > selection.lower()
                && event.originator_version <= upper
        };
        let mut events: Vec<_> = self
            .log
            .iter()
            .map(|notification| &notification.event)
            .filter(chosen)
            .cloned()
            .collect();
        if selection.is_descending() {
            events.reverse();
        }
        events.truncate(selection.max_len().unwrap_or(usize::MAX));
        events
    }

    pub(crate) fn notifications(&self, selection: &Selection) -> Vec<Notification> {
        let upper = selection.upper().unwrap_or(u64::MAX);
        let chosen = |notification: &&Notification| {
            notification.position > selection.lower()
                && notification.position <= upper
                && selection.has_topic(&notification.event.topic)
        };
        self.log
            .iter()
            .filter(chosen)
            .take(selection.max_len().unwrap_or(usize::MAX))
            .cloned()
            .collect()
    }

    /// The position of the event at `index`, or of the last one.
    pub(crate) fn position(&self, index: usize) -> u64 {
        self.log
            .get(index)
            .map_or(self.max_position(), |notification| notification.position)
    }

    /// The position before the first event.
    pub(crate) const fn start(&self) -> u64 {
        self.start
    }

    pub(crate) fn max_position(&self) -> u64 {
        self.log.last().map_or(self.start, |last| last.position)
    }

    pub(crate) fn last_tracking(&self, upstream: &str) -> Option<&Tracking> {
        self.tracked.get(upstream)
    }
}
