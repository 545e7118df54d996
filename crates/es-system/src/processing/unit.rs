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
    collected_twice: Option<OriginatorId>,
    store_error: Option<RecorderError>,
}

struct Slot {
    id: OriginatorId,
    kind: TypeId,
    /// `None` while the policy holds it.
    aggregate: Option<Box<dyn Touched>>,
}

/// An aggregate of any type.
pub(super) trait Touched: Send {
    fn into_any(self: Box<Self>) -> Box<dyn Any + Send>;
    fn changes(&mut self) -> Box<dyn Changes + '_>;
    fn is_discarded(&self) -> bool;
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
}

impl Unit {
    /// Takes an aggregate out, for the policy.
    pub(super) fn take<A: Aggregate>(&self, id: &OriginatorId) -> Found<A> {
        let mut slots = self.lock();
        let index = slots.by_id.get(id).copied();
        let slot = index.and_then(|index| Some((index, slots.all.get_mut(index)?)));
        let Some((index, slot)) = slot.filter(|(_, slot)| slot.kind == TypeId::of::<A>()) else {
            return Found::Nowhere;
        };
        match slot.aggregate.take_if(|aggregate| !aggregate.is_discarded()) {
            None if slot.aggregate.is_some() => Found::Discarded,
            None => Found::InUse,
            Some(aggregate) => match aggregate.into_any().downcast() {
                Ok(aggregate) => Found::Here(*aggregate, index),
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
        let (kind, aggregate) = (TypeId::of::<A>(), None);
        slots.all.push(Slot { id, kind, aggregate });
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

    pub(super) fn check(&self) -> Result<(), ProcessingError> {
        let slots = self.lock();
        if let Some(id) = slots.collected_twice.clone() {
            return Err(ProcessingError::CollectedTwice { id });
        }
        match slots.all.iter().find(|slot| slot.aggregate.is_none()) {
            Some(held) => Err(ProcessingError::StillHeld { id: held.id.clone() }),
            None => Ok(()),
        }
    }

    /// Takes all aggregates, in the order in which they were touched.
    pub(super) fn take_all(&self) -> Vec<Box<dyn Touched>> {
        let slots = std::mem::take(&mut *self.lock());
        slots.all.into_iter().filter_map(|slot| slot.aggregate).collect()
    }

    fn lock(&self) -> MutexGuard<'_, Slots> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
