//! A transaction on a clone of the model.

use std::{future, sync::Arc};

use futures_core::future::BoxFuture;

use super::{
    Inner, failed,
    slot::{self, Place, Slot},
};
use crate::{
    Operation, RecorderError,
    views::{Checkpoint, DeadLetter, Lease, ViewTransaction},
};

pub(super) struct MemoryTransaction<C> {
    inner: Arc<Inner<C>>,
    lease: Lease,
    is_new: bool,
    model: C,
    letters: Vec<DeadLetter>,
    settled: Vec<Place>,
}

impl<C: Clone> MemoryTransaction<C> {
    pub(super) fn new(inner: Arc<Inner<C>>, lease: Lease, slot: &Slot<C>) -> Self {
        Self {
            inner,
            lease,
            is_new: !slot.is_made,
            model: slot.model.clone(),
            letters: Vec::new(),
            settled: Vec::new(),
        }
    }

    fn store(self, checkpoints: Vec<Checkpoint>) -> Result<(), RecorderError> {
        let mut state = self.inner.lock();
        let slot = state.leased(&self.lease, Operation::WriteView)?;
        for checkpoint in &checkpoints {
            let last = slot.checkpoints.get(&checkpoint.tracking.key);
            let last = last.map_or(0, |last| last.tracking.position);
            if checkpoint.tracking.position < last {
                return Err(failed(Operation::WriteView, checkpoint.already_tracked(last)));
            }
        }
        slot.model = self.model;
        slot.is_made = true;
        slot.error = None;
        slot.renew(&self.lease);
        for place in &self.settled {
            slot.letters.remove(place);
        }
        let letters = self.letters.into_iter();
        slot.letters
            .extend(letters.map(|letter| (slot::place(&letter), letter)));
        let checkpoints = checkpoints.into_iter();
        slot.checkpoints
            .extend(checkpoints.map(|checkpoint| (checkpoint.tracking.key.clone(), checkpoint)));
        Ok(())
    }
}

impl<C: Clone + Send + Sync + 'static> ViewTransaction<C> for MemoryTransaction<C> {
    fn is_new(&self) -> bool {
        self.is_new
    }

    fn connection(&mut self) -> &mut C {
        &mut self.model
    }

    fn set_aside(&mut self, letters: Vec<DeadLetter>) -> BoxFuture<'_, Result<(), RecorderError>> {
        self.letters.extend(letters);
        Box::pin(future::ready(Ok(())))
    }

    fn settle<'a>(&'a mut self, letter: &'a DeadLetter) -> BoxFuture<'a, Result<(), RecorderError>> {
        self.settled.push(slot::place(letter));
        Box::pin(future::ready(Ok(())))
    }

    fn commit(self: Box<Self>, checkpoints: Vec<Checkpoint>) -> BoxFuture<'static, Result<(), RecorderError>> {
        Box::pin(future::ready(self.store(checkpoints)))
    }

    fn rollback(self: Box<Self>) -> BoxFuture<'static, Result<(), RecorderError>> {
        Box::pin(future::ready(Ok(())))
    }
}
