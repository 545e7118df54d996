//! Read models in the memory of this process.

mod slot;
mod transaction;

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use futures_core::future::BoxFuture;

use self::{slot::Slot, transaction::MemoryTransaction};
use crate::{
    Operation, RecorderError, RecorderErrorKind, TrackingKey,
    views::{
        Checkpoint, Claim, DeadLetter, Disposition, Generation, GenerationId, GenerationState, Lease, Reading,
        ViewName, ViewStatus, ViewStore, ViewTransaction, Views,
    },
};

/// The name of this store in errors.
const STORE: &str = "memory";

/// Makes a store of read models in memory, each a value of type `C`: for tests, and for projections that are generic over
/// their connection.
///
/// Each transaction clones the model, so that it can be rolled back. A large model that needs no rollback is better a
/// `ReadModel` of es-projection.
#[must_use]
pub fn memory_views<C: Clone + Default + Send + Sync + 'static>() -> Views<C> {
    Views::new(MemoryViews { inner: Arc::default() })
}

struct MemoryViews<C> {
    inner: Arc<Inner<C>>,
}

/// All generations. Nothing is awaited while the lock is held.
struct Inner<C>(Mutex<State<C>>);

struct State<C> {
    slots: BTreeMap<GenerationId, Slot<C>>,
    current: BTreeMap<Arc<str>, u32>,
}

impl<C> Default for Inner<C> {
    fn default() -> Self {
        Self(Mutex::new(State {
            slots: BTreeMap::new(),
            current: BTreeMap::new(),
        }))
    }
}

impl<C> Inner<C> {
    fn lock(&self) -> MutexGuard<'_, State<C>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn failed(operation: Operation, kind: RecorderErrorKind) -> RecorderError {
    RecorderError::new(STORE, operation, kind)
}

fn invalid(operation: Operation, cause: String) -> RecorderError {
    failed(operation, RecorderErrorKind::Invalid).with_source(cause)
}

impl<C> State<C> {
    fn slot(&mut self, id: &GenerationId, operation: Operation) -> Result<&mut Slot<C>, RecorderError> {
        let missing = || invalid(operation, format!("there is no {id}"));
        self.slots.get_mut(id).ok_or_else(missing)
    }

    /// The slot of a lease that nobody else has taken.
    fn leased(&mut self, lease: &Lease, operation: Operation) -> Result<&mut Slot<C>, RecorderError> {
        let slot = self.slot(&lease.generation, operation)?;
        if slot.is_held_by(lease) {
            Ok(slot)
        } else {
            Err(failed(operation, lease.fenced(slot.fence)))
        }
    }

    fn generations(&self, name: &str) -> Vec<Generation> {
        let current = self.current.get(name);
        let of_name = self.slots.iter().filter(|(id, _)| *id.view.name == *name);
        of_name
            .map(|(id, slot)| {
                let is_current = slot.state == GenerationState::Live && current == Some(&id.view.version);
                Generation::new(id.clone(), slot.state, is_current)
            })
            .collect()
    }

    /// Makes a generation the live one of its version.
    fn enliven(&mut self, id: &GenerationId) {
        for (other, slot) in &mut self.slots {
            if other == id {
                slot.state = GenerationState::Live;
            } else if other.view == id.view && slot.state == GenerationState::Live {
                slot.state = GenerationState::Retired;
            }
        }
    }
}

impl<C: Clone + Default + Send + Sync + 'static> MemoryViews<C> {
    fn run<T: Send + 'static>(
        &self,
        body: impl FnOnce(&mut State<C>) -> Result<T, RecorderError>,
    ) -> BoxFuture<'static, Result<T, RecorderError>> {
        let outcome = body(&mut self.inner.lock());
        Box::pin(std::future::ready(outcome))
    }
}

impl<C: Clone + Default + Send + Sync + 'static> ViewStore<C> for MemoryViews<C> {
    fn generations(&self, name: Arc<str>) -> BoxFuture<'_, Result<Vec<Generation>, RecorderError>> {
        self.run(|state| Ok(state.generations(&name)))
    }

    fn build(&self, view: ViewName) -> BoxFuture<'_, Result<Generation, RecorderError>> {
        self.run(|state| {
            let own = state.generations(&view.name);
            let own = own.into_iter().filter(|generation| generation.id.view == view);
            let (mut last, mut building) = (0, None);
            for generation in own {
                last = generation.id.number;
                building = Some(generation).filter(|generation| generation.state == GenerationState::Building);
            }
            Ok(building.unwrap_or_else(|| {
                let id = view.generation(last + 1);
                state.slots.insert(id.clone(), Slot::new());
                Generation::new(id, GenerationState::Building, false)
            }))
        })
    }

    fn publish(&self, generation: GenerationId) -> BoxFuture<'_, Result<(), RecorderError>> {
        self.run(|state| {
            state.slot(&generation, Operation::SwitchView)?;
            state.enliven(&generation);
            let GenerationId { view, .. } = generation;
            let current = state.current.entry(view.name).or_default();
            *current = view.version.max(*current);
            Ok(())
        })
    }

    fn switch_to(&self, generation: GenerationId) -> BoxFuture<'_, Result<(), RecorderError>> {
        self.run(|state| {
            if state.slot(&generation, Operation::SwitchView)?.state == GenerationState::Building {
                return Err(invalid(
                    Operation::SwitchView,
                    format!("{generation} is still being built"),
                ));
            }
            state.enliven(&generation);
            let GenerationId { view, .. } = generation;
            state.current.insert(view.name, view.version);
            Ok(())
        })
    }

    fn remove(&self, generation: GenerationId) -> BoxFuture<'_, Result<(), RecorderError>> {
        self.run(|state| {
            let all = state.generations(&generation.view.name);
            let is_leased = state.slot(&generation, Operation::SwitchView)?.owner().is_some();
            if is_leased || all.iter().any(|one| one.id == generation && one.is_current) {
                let cause =
                    format!("{generation} is in use: switch to another one, and stop the instance that writes it");
                return Err(invalid(Operation::SwitchView, cause));
            }
            state.slots.remove(&generation);
            Ok(())
        })
    }

    fn acquire(&self, generation: GenerationId, claim: Claim) -> BoxFuture<'_, Result<Option<Lease>, RecorderError>> {
        self.run(|state| {
            let slot = state.slot(&generation, Operation::AcquireLease)?;
            let is_free = slot.owner().is_none_or(|owner| owner == claim.owner);
            Ok(is_free.then(|| slot.lease(generation, claim)))
        })
    }

    fn seize(&self, generation: GenerationId, claim: Claim) -> BoxFuture<'_, Result<Lease, RecorderError>> {
        self.run(|state| {
            let slot = state.slot(&generation, Operation::AcquireLease)?;
            Ok(slot.lease(generation, claim))
        })
    }

    fn renew<'a>(&'a self, lease: &'a Lease) -> BoxFuture<'a, Result<(), RecorderError>> {
        self.run(|state| {
            state.leased(lease, Operation::AcquireLease)?.renew(lease);
            Ok(())
        })
    }

    fn release(&self, lease: Lease, error: Option<String>) -> BoxFuture<'_, Result<(), RecorderError>> {
        self.run(|state| {
            if let Ok(slot) = state.leased(&lease, Operation::AcquireLease) {
                slot.release(error);
            }
            Ok(())
        })
    }

    fn report<'a>(&'a self, lease: &'a Lease, error: String) -> BoxFuture<'a, Result<(), RecorderError>> {
        self.run(|state| {
            state.leased(lease, Operation::AcquireLease)?.error = Some(error);
            Ok(())
        })
    }

    fn begin<'a>(&'a self, lease: &'a Lease) -> BoxFuture<'a, Result<Box<dyn ViewTransaction<C>>, RecorderError>> {
        let inner = Arc::clone(&self.inner);
        self.run(|state| {
            let slot = state.slot(&lease.generation, Operation::WriteView)?;
            let transaction = MemoryTransaction::new(inner, lease.clone(), slot);
            Ok(Box::new(transaction) as Box<dyn ViewTransaction<C>>)
        })
    }

    fn checkpoint(
        &self,
        generation: GenerationId,
        key: TrackingKey,
    ) -> BoxFuture<'_, Result<Option<Checkpoint>, RecorderError>> {
        self.run(|state| {
            let slot = state.slot(&generation, Operation::ReadView)?;
            Ok(slot.checkpoints.get(&key).cloned())
        })
    }

    fn read(&self, view: ViewName) -> BoxFuture<'_, Result<Reading<C>, RecorderError>> {
        self.run(|state| {
            let all = state.generations(&view.name);
            let serving = view.serving(&all).map(|serving| serving.id.clone());
            let serving = serving.ok_or_else(|| invalid(Operation::ReadView, format!("there is no {view}")))?;
            let slot = state.slot(&serving, Operation::ReadView)?;
            Ok(Reading::new(Box::new(slot.model.clone())))
        })
    }

    fn read_generation(&self, generation: GenerationId) -> BoxFuture<'_, Result<Reading<C>, RecorderError>> {
        self.run(|state| {
            let slot = state.slot(&generation, Operation::ReadView)?;
            Ok(Reading::new(Box::new(slot.model.clone())))
        })
    }

    fn dead_letters(&self, generation: GenerationId) -> BoxFuture<'_, Result<Vec<DeadLetter>, RecorderError>> {
        self.run(|state| {
            let slot = state.slot(&generation, Operation::ReadView)?;
            Ok(slot.letters.values().cloned().collect())
        })
    }

    fn dispose<'a>(
        &'a self,
        generation: GenerationId,
        letter: &'a DeadLetter,
        disposition: Disposition,
    ) -> BoxFuture<'a, Result<bool, RecorderError>> {
        self.run(|state| {
            let slot = state.slot(&generation, Operation::WriteView)?;
            let stored = slot.letters.get_mut(&slot::place(letter));
            Ok(stored.map(|stored| stored.disposition = disposition).is_some())
        })
    }

    fn status(&self, generation: Generation) -> BoxFuture<'_, Result<ViewStatus, RecorderError>> {
        self.run(|state| {
            let slot = state.slot(&generation.id, Operation::ReadView)?;
            Ok(slot.status(generation))
        })
    }
}

impl<C> fmt::Debug for MemoryViews<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryViews").finish_non_exhaustive()
    }
}
