//! Which saves go together, and what the server's answers mean for each.

use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use es_persistence::{
    AlreadyTracked, Conflict, Fenced, Operation, OriginatorId, RecorderError, RecorderErrorKind, StoredEvent, Tracking,
    TrackingKey,
};
use es_sql::{Footprint, Save};
use uuid::Uuid;

use super::{
    Outcome,
    group::{Answer, Group, Lasts, Place, Stream},
    too_late,
};
use crate::STORE;

/// How many events one statement stores, and how many bytes; a save that has more is a statement of its own.
pub(super) const ROWS: usize = 4096;
pub(super) const BYTES: usize = 4 << 20;

/// Saves, and what has become of each.
pub(super) struct Batch<'a> {
    saves: &'a [Save],
    outcomes: Vec<Option<Outcome>>,
    /// At least so far aggregates and consumers are.
    known: Known<'a>,
    /// Whether each save goes alone from now on.
    is_parted: bool,
}

#[derive(Default)]
struct Known<'a> {
    versions: HashMap<&'a OriginatorId, u64>,
    places: HashMap<&'a TrackingKey, Place>,
}

/// What a last version says of the next one.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Rule {
    /// The version comes right after it.
    Follows,
    /// The version comes after it: others may have stored more meanwhile.
    Exceeds,
}

impl<'a> Batch<'a> {
    pub(super) fn new(saves: &'a [Save]) -> Self {
        let outcomes = saves.iter().map(|_| None).collect();
        Self {
            saves,
            outcomes,
            known: Known::default(),
            is_parted: false,
        }
    }

    /// Refuses the saves that have waited for longer than `limit`.
    pub(super) fn refuse_late(&mut self, limit: Duration) {
        for (save, outcome) in self.saves.iter().zip(&mut self.outcomes) {
            if save.since.elapsed() > limit {
                *outcome = Some(Err(too_late(save.operation())));
            }
        }
    }

    /// The next saves that go together, or `None` when each save has its outcome.
    pub(super) fn next_group(&mut self) -> Option<Group<'a>> {
        let mut group = Group {
            saves: Vec::new(),
            streams: Vec::new(),
            token: fresh_token(),
            footprint: Footprint::default(),
        };
        let (mut ids, mut keys) = (HashSet::new(), HashSet::new());
        let (mut rows, mut bytes) = (0, 0);
        for (place, save) in self.saves.iter().enumerate() {
            if self.outcomes[place].is_some() {
                continue;
            }
            if let Some(error) = self.known.refusal(save, Rule::Exceeds) {
                self.outcomes[place] = Some(Err(error));
                continue;
            }
            let key = save.tracking.as_ref().map(|tracking| &tracking.key);
            let is_apart = !group.accepts(save)
                || save.events.iter().any(|event| ids.contains(&event.originator_id))
                || key.is_some_and(|key| keys.contains(key));
            ids.extend(save.events.iter().map(|event| &event.originator_id));
            keys.extend(key);
            rows += save.events.len();
            bytes += size(save);
            if group.saves.is_empty() || !(is_apart || rows > ROWS || bytes > BYTES) {
                group.streams.extend(streams(&save.events));
                group.add(place, save);
            }
            if self.is_parted {
                break;
            }
        }
        (!group.saves.is_empty()).then_some(group)
    }

    /// Each save that has no outcome yet goes alone: one of `group` has something in it that the server cannot take.
    pub(super) fn part(&mut self, _: &Group<'a>) {
        self.is_parted = true;
    }

    /// Every save of `group` has failed.
    pub(super) fn fail(&mut self, group: &Group<'a>, error: &RecorderError) {
        for (place, _) in &group.saves {
            self.outcomes[*place] = Some(Err(error.clone()));
        }
    }

    /// Gives those saves of `group` their outcomes of which the server has decided.
    pub(super) fn take_answer(&mut self, group: &Group<'a>, answer: &Answer) {
        match answer {
            Answer::Stored { first } => self.take_positions(group, *first),
            Answer::Moved(lasts) => self.take_lasts(group, lasts),
            Answer::Broken(numbers) => self.take_broken(group, numbers),
        }
    }

    fn take_positions(&mut self, group: &Group<'a>, first: u64) {
        let mut next = first;
        for (place, save) in &group.saves {
            let end = next + save.events.len() as u64;
            self.outcomes[*place] = Some(Ok((next..end).collect()));
            next = end;
            self.known.learn(save);
        }
    }

    fn take_broken(&mut self, group: &Group<'a>, numbers: &[usize]) {
        let kind = RecorderErrorKind::ConditionFailed;
        let error = RecorderError::new(STORE, Operation::InsertEvents, kind);
        let places = numbers.iter().filter_map(|number| group.saves.get(*number));
        for (place, _) in places {
            self.outcomes[*place] = Some(Err(error.clone()));
        }
    }

    fn take_lasts(&mut self, group: &Group<'a>, lasts: &Lasts) {
        let ids = group.streams.iter().map(|stream| stream.id);
        let keys = group.trackings().map(|tracking| &tracking.key);
        let places = keys
            .zip(&lasts.places)
            .filter_map(|(key, place)| Some((key, (*place)?)));
        let found = Known {
            versions: ids.zip(lasts.versions.iter().copied()).collect(),
            places: places.collect(),
        };
        let mut is_refused = false;
        for (place, save) in &group.saves {
            if let Some(error) = found.refusal(save, Rule::Follows) {
                self.outcomes[*place] = Some(Err(error));
                is_refused = true;
            }
        }
        self.known.versions.extend(found.versions);
        self.known.places.extend(found.places);
        if !is_refused {
            self.fail(group, &senseless());
        }
    }

    pub(super) fn into_outcomes(self) -> Vec<Outcome> {
        self.outcomes
            .into_iter()
            .map(|outcome| outcome.unwrap_or_else(|| Err(senseless())))
            .collect()
    }
}

/// The aggregates of a save, each with the version that the save takes for its last one.
fn streams(events: &[StoredEvent]) -> Vec<Stream<'_>> {
    let mut streams: Vec<(Stream<'_>, u64)> = Vec::with_capacity(1);
    let mut places: HashMap<&OriginatorId, usize> = HashMap::new();
    for StoredEvent {
        originator_id,
        originator_version: version,
        ..
    } in events
    {
        let place = *places.entry(originator_id).or_insert(streams.len());
        match streams.get_mut(place) {
            None => streams.push((
                Stream {
                    id: originator_id,
                    last: Some(version - 1),
                },
                *version,
            )),
            Some((_, last)) if *last + 1 == *version => *last = *version,
            // It has a hole or goes back: whatever is there, it is refused.
            Some((stream, _)) => stream.last = None,
        }
    }
    streams.into_iter().map(|(stream, _)| stream).collect()
}

impl<'a> Known<'a> {
    /// Remembers what is stored with `save`.
    fn learn(&mut self, save: &'a Save) {
        for StoredEvent {
            originator_id,
            originator_version,
            ..
        } in save.events.iter()
        {
            self.versions.insert(originator_id, *originator_version);
        }
        if let Some(tracking) = &save.tracking {
            self.places.insert(&tracking.key, Place::of(tracking));
        }
    }

    /// Why `save` cannot be stored, when that is certain.
    fn refusal(&self, save: &Save, rule: Rule) -> Option<RecorderError> {
        let tracking = save
            .tracking
            .as_ref()
            .and_then(|tracking| self.tracking_refusal(tracking));
        tracking.or_else(|| self.conflict(save, rule))
    }

    fn tracking_refusal(&self, tracking: &Tracking) -> Option<RecorderError> {
        let last = self.places.get(&tracking.key)?;
        let Tracking {
            key, position, fence, ..
        } = tracking.clone();
        let kind = if fence < last.fence {
            let last_fence = last.fence;
            RecorderErrorKind::Fenced(Fenced { key, fence, last_fence })
        } else if position <= last.position {
            let last_position = last.position;
            RecorderErrorKind::AlreadyTracked(AlreadyTracked {
                key,
                position,
                last_position,
            })
        } else {
            return None;
        };
        Some(RecorderError::new(STORE, Operation::InsertTracking, kind))
    }

    fn conflict(&self, save: &Save, rule: Rule) -> Option<RecorderError> {
        let mut lasts: HashMap<&OriginatorId, (u64, Rule)> = HashMap::new();
        for event in save.events.iter() {
            let id = &event.originator_id;
            let known = self.versions.get(id).map(|last| (*last, rule));
            let Some((last, rule)) = lasts.get(id).copied().or(known) else {
                continue;
            };
            let fits = match rule {
                Rule::Follows => event.originator_version == last + 1,
                Rule::Exceeds => event.originator_version > last,
            };
            if !fits {
                return Some(conflict(event, last));
            }
            lasts.insert(id, (event.originator_version, rule));
        }
        None
    }
}

pub(super) fn conflict(event: &StoredEvent, last_version: u64) -> RecorderError {
    let conflict = Conflict {
        originator_id: event.originator_id.clone(),
        version: event.originator_version,
        last_version,
    };
    RecorderError::new(STORE, Operation::InsertEvents, RecorderErrorKind::Conflict(conflict))
}

/// How many bytes a save sends, about.
fn size(save: &Save) -> usize {
    let length = |bytes: &Option<Vec<u8>>| bytes.as_ref().map_or(0, Vec::len);
    let sizes = save
        .events
        .iter()
        .map(|event| event.state.len() + event.topic.len() + length(&event.metadata) + length(&event.hash) + 120);
    sizes.sum()
}

/// Returns the mark of one statement: no other statement has the same.
#[expect(
    clippy::disallowed_methods,
    reason = "no event has it as ID, and no test has to foretell it"
)]
fn fresh_token() -> Uuid {
    Uuid::now_v7()
}

/// The error for a server that refuses a save although nothing it reports is in the way.
fn senseless() -> RecorderError {
    RecorderError::new(STORE, Operation::InsertEvents, RecorderErrorKind::NotStored)
        .with_source("the server has refused the save without a reason")
}
