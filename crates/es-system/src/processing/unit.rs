//! What is stored together: the aggregates that a policy has touched.

use std::{
    any::{Any, TypeId},
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use es_application::{ApplicationError, Changes};
use es_domain::{Aggregate, OriginatorId};
use es_persistence::RecorderError;

use super::ProcessingError;

/// The aggregates that are stored together.
#[derive(Default)]
pub(super) struct Unit(Mutex<Slots>);

#[derive(Default)]
struct Slots {
    all: Vec<Slot>,
    by_id: HashMap<OriginatorId, usize>,
    /// The slots that were lent since the last event, in order.
    lent: Vec<usize>,
    /// Which events have come of the events so far, in order.
    parts: Vec<Part>,
    collected_twice: Option<OriginatorId>,
    store_error: Option<RecorderError>,
}

/// Pending events of an aggregate that have come of one event.
struct Part {
    slot: usize,
    /// The number of the first among the pending events of the aggregate.
    first: usize,
    count: usize,
}

struct Slot {
    id: OriginatorId,
    kind: TypeId,
    /// How many pending events have come of earlier events.
    seen: usize,
    /// `None` while the policy holds it.
    aggregate: Option<Box<dyn Touched>>,
}

/// An aggregate of any type.
pub(super) trait Touched: Send {
    fn into_any(self: Box<Self>) -> Box<dyn Any + Send>;
    fn changes(&mut self) -> Box<dyn Changes + '_>;
    fn is_discarded(&self) -> bool;
    fn pending(&self) -> usize;
}

/// What was found of an aggregate.
pub(super) enum Found<A> {
    /// The aggregate, and where it goes back.
    Here(A, usize),
    /// The policy has ended its life.
    Discarded,
    /// The policy holds it.
    InUse,
    /// The policy has not touched it.
    Nowhere,
}

impl<A: Aggregate> Touched for A {
    fn into_any(self: Box<Self>) -> Box<dyn Any + Send> {
        self
    }

    fn changes(&mut self) -> Box<dyn Changes + '_> {
        Box::new(self)
    }

    fn is_discarded(&self) -> bool {
        self.root().is_discarded()
    }

    fn pending(&self) -> usize {
        self.pending_events().len()
    }
}

impl Unit {
    /// Takes an aggregate out, for the policy.
    pub(super) fn take<A: Aggregate>(&self, id: &OriginatorId) -> Found<A> {
        let mut slots = self.lock();
        let slots = &mut *slots;
        let index = slots.by_id.get(id).copied();
        let slot = index.and_then(|index| Some((index, slots.all.get_mut(index)?)));
        let Some((index, slot)) = slot.filter(|(_, slot)| slot.kind == TypeId::of::<A>()) else {
            return Found::Nowhere;
        };
        match slot.aggregate.take_if(|aggregate| !aggregate.is_discarded()) {
            None if slot.aggregate.is_some() => Found::Discarded,
            None => Found::InUse,
            Some(aggregate) => match aggregate.into_any().downcast() {
                Ok(aggregate) => {
                    slots.lent.push(index);
                    Found::Here(*aggregate, index)
                }
                Err(_other) => Found::Nowhere,
            },
        }
    }

    /// Makes a place for an aggregate that the policy holds.
    pub(super) fn add<A: Aggregate>(&self, id: OriginatorId) -> usize {
        let mut slots = self.lock();
        let index = slots.all.len();
        if slots.by_id.insert(id.clone(), index).is_some() {
            slots.collected_twice = Some(id.clone());
        }
        slots.all.push(Slot {
            id,
            kind: TypeId::of::<A>(),
            seen: 0,
            aggregate: None,
        });
        slots.lent.push(index);
        index
    }

    pub(super) fn put_back<A: Aggregate>(&self, index: usize, aggregate: A) {
        if let Some(slot) = self.lock().all.get_mut(index) {
            slot.aggregate = Some(Box::new(aggregate));
        }
    }

    /// Remembers that the store has failed.
    pub(super) fn note(&self, error: &ApplicationError) {
        if let ApplicationError::Recorder(error) = error {
            self.lock().store_error.get_or_insert_with(|| error.clone());
        }
    }

    pub(super) fn store_error(&self) -> Option<RecorderError> {
        self.lock().store_error.clone()
    }

    /// Ends the reaction to one event.
    pub(super) fn end_reaction(&self) -> Result<(), ProcessingError> {
        let mut slots = self.lock();
        if let Some(id) = slots.collected_twice.clone() {
            return Err(ProcessingError::CollectedTwice { id });
        }
        for slot in std::mem::take(&mut slots.lent) {
            slots.end_of(slot)?;
        }
        Ok(())
    }

    /// Takes all aggregates, in the order in which they were touched first, and the order of their events.
    pub(super) fn take_all(&self) -> (Vec<Box<dyn Touched>>, Vec<usize>) {
        let slots = std::mem::take(&mut *self.lock());
        let mut starts = vec![0];
        for slot in &slots.all {
            starts.push(starts.last().unwrap_or(&0) + slot.seen);
        }
        let parts = slots.parts.iter();
        let order = parts.flat_map(|part| (starts[part.slot] + part.first..).take(part.count));
        let order = order.collect();
        let touched = slots.all.into_iter().filter_map(|slot| slot.aggregate);
        (touched.collect(), order)
    }

    fn lock(&self) -> MutexGuard<'_, Slots> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Slots {
    /// Notes which events of an aggregate have come of the event.
    fn end_of(&mut self, slot: usize) -> Result<(), ProcessingError> {
        let place = &mut self.all[slot];
        let Some(aggregate) = &place.aggregate else {
            return Err(ProcessingError::StillHeld { id: place.id.clone() });
        };
        let (first, pending) = (place.seen, aggregate.pending());
        if pending > first {
            let count = pending - first;
            place.seen = pending;
            self.parts.push(Part { slot, first, count });
        }
        Ok(())
    }
}
