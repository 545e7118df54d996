//! The simplest recorder that keeps the contract. Random sequences of calls compare a store with it.

use std::collections::{BTreeMap, HashMap};

use es_persistence::{
    AlreadyTracked, Conflict, Fenced, LogPage, Notification, OriginatorId, RecorderErrorKind, Selection, StoredEvent,
    StreamSelection, Tracking, TrackingKey,
};

use crate::reading::numbered;

pub(crate) mod step;

/// Everything that is stored after a certain position.
pub(crate) struct Model {
    start: u64,
    log: Vec<Notification>,
    /// Each save that has stored events.
    saves: Vec<Vec<Notification>>,
    tracked: HashMap<TrackingKey, Tracking>,
}

/// Why a save must be refused. The recorder may name any of the faults.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Faults {
    pub(crate) conflicts: Vec<Conflict>,
    pub(crate) tracked: Option<AlreadyTracked>,
    pub(crate) fenced: Option<Fenced>,
}

impl Faults {
    /// Returns `true` if `kind` names one of the faults.
    pub(crate) fn explain(&self, kind: &RecorderErrorKind) -> bool {
        match kind {
            RecorderErrorKind::Conflict(conflict) => self.conflicts.contains(conflict),
            RecorderErrorKind::AlreadyTracked(tracked) => self.tracked.as_ref() == Some(tracked),
            RecorderErrorKind::Fenced(fenced) => self.fenced.as_ref() == Some(fenced),
            _ => false,
        }
    }
}

impl Model {
    /// Makes an empty model of the part of a log after position `start`.
    pub(crate) fn after(start: u64) -> Self {
        Self {
            start,
            log: Vec::new(),
            saves: Vec::new(),
            tracked: HashMap::new(),
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

    /// Returns what is wrong with a save: for each aggregate the first event that does not follow the one before. If events
    /// of the same save come before it, the last version may be that of these events, or the one in the store.
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
            fenced: tracking.and_then(|tracking| self.fenced(tracking)),
        }
    }

    fn already_tracked(&self, tracking: &Tracking) -> Option<AlreadyTracked> {
        let last_position = self.tracked.get(&tracking.key)?.position;
        (tracking.position <= last_position).then(|| AlreadyTracked {
            key: tracking.key.clone(),
            position: tracking.position,
            last_position,
        })
    }

    fn fenced(&self, tracking: &Tracking) -> Option<Fenced> {
        let last_fence = self.tracked.get(&tracking.key)?.fence;
        (tracking.fence < last_fence).then(|| Fenced {
            key: tracking.key.clone(),
            fence: tracking.fence,
            last_fence,
        })
    }

    /// Stores what has no faults, under the positions that the recorder gave.
    pub(crate) fn store(&mut self, events: Vec<StoredEvent>, positions: Vec<u64>, tracking: Option<Tracking>) {
        let save = numbered(positions, events);
        self.log.extend(save.iter().cloned());
        if !save.is_empty() {
            self.saves.push(save);
        }
        if let Some(tracking) = tracking {
            self.tracked.insert(tracking.key.clone(), tracking);
        }
    }

    /// Returns a save that has stored events, or `None` if there is none.
    pub(crate) fn save(&self, number: usize) -> Option<&[Notification]> {
        let index = number.checked_rem(self.saves.len())?;
        Some(&self.saves[index])
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

    /// Returns the page that the recorder must have read, given that it has read `page`: how far a page reaches is left to
    /// the recorder within limits.
    pub(crate) fn page(&self, selection: &Selection, page: &LogPage) -> LogPage {
        let limit = selection.max_len().unwrap_or(usize::MAX);
        let lower = selection.lower();
        let end = selection.upper().unwrap_or(u64::MAX).min(self.max_position());
        if limit == 0 || end <= lower {
            return LogPage::new(Vec::new(), lower);
        }
        let is_full = page.notifications.len() == limit;
        let reached = if is_full {
            page.reached.clamp(lower + 1, end)
        } else {
            end
        };
        let is_chosen = |notification: &&Notification| {
            lower < notification.position
                && notification.position <= reached
                && selection.has_topic(&notification.event.topic)
        };
        LogPage::new(self.log.iter().filter(is_chosen).cloned().collect(), reached)
    }

    /// Returns the position of the event at `index`, or of the last one.
    pub(crate) fn position(&self, index: usize) -> u64 {
        self.log
            .get(index)
            .map_or(self.max_position(), |notification| notification.position)
    }

    /// Returns the position before the first event.
    pub(crate) const fn start(&self) -> u64 {
        self.start
    }

    pub(crate) fn max_position(&self) -> u64 {
        self.log.last().map_or(self.start, |last| last.position)
    }

    pub(crate) fn last_tracking(&self, key: &TrackingKey) -> Option<&Tracking> {
        self.tracked.get(key)
    }
}
