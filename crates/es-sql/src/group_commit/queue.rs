//! The saves that wait, and the writers that are idle.

use std::{
    collections::VecDeque,
    pin::pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
};

use tokio::{
    runtime::Handle,
    sync::{Notify, oneshot},
    task,
};

use super::{BatchWriter, Outcome, driven::Driven, patiently};

/// How many saves share a commit.
const BATCH: usize = 256;

pub(super) struct Queue<W: BatchWriter> {
    state: Mutex<State<W>>,
    /// Told each time a writer comes back or is lost.
    came_back: Notify,
    /// The writes that callers drive.
    driven: Mutex<Vec<Weak<Driven>>>,
}

struct State<W: BatchWriter> {
    waiting: VecDeque<(W::Save, oneshot::Sender<Outcome<W>>)>,
    idle: Vec<W>,
    busy: usize,
    is_closed: bool,
}

/// What a caller has to do after it has queued its save.
pub(super) enum Turn<W> {
    /// Drive this writer.
    Write(W),
    /// Wait for the answer.
    Wait,
    /// Nothing: the save was refused.
    Closed,
}

impl<W: BatchWriter> Queue<W> {
    pub(super) fn new(writers: impl IntoIterator<Item = W>) -> Self {
        let state = State {
            waiting: VecDeque::new(),
            idle: writers.into_iter().collect(),
            busy: 0,
            is_closed: false,
        };
        Self {
            state: Mutex::new(state),
            came_back: Notify::new(),
            driven: Mutex::default(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State<W>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn push(self: &Arc<Self>, save: W::Save, reply: oneshot::Sender<Outcome<W>>) -> Turn<Busy<W>> {
        let mut state = self.lock();
        // Writers are lost when a runtime is shut down; without any, nobody would ever answer.
        if state.is_closed || (state.idle.is_empty() && state.busy == 0) {
            return Turn::Closed;
        }
        state.waiting.push_back((save, reply));
        if state.busy > 0 {
            return Turn::Wait;
        }
        self.take_idle(&mut state).map_or(Turn::Wait, Turn::Write)
    }

    fn take_idle(self: &Arc<Self>, state: &mut State<W>) -> Option<Busy<W>> {
        let writer = state.idle.pop()?;
        state.busy += 1;
        Some(Busy {
            writer: Some(writer),
            queue: Arc::clone(self),
        })
    }

    /// An idle writer for what waits for those at work.
    pub(super) fn take_spare(self: &Arc<Self>) -> Option<Busy<W>> {
        let mut state = self.lock();
        if state.waiting.is_empty() {
            return None;
        }
        self.take_idle(&mut state)
    }

    /// Writes all that waits, when somebody drives it.
    pub(super) fn drive(self: &Arc<Self>, runtime: &Handle, writer: Busy<W>) -> Arc<Driven> {
        let write = Box::pin(Arc::clone(self).write_all(writer));
        let driven = Driven::new(runtime.clone(), write);
        let mut all = self.driven();
        all.retain(|other| other.strong_count() > 0);
        all.push(Arc::downgrade(&driven));
        drop(all);
        driven
    }

    /// Lets tasks go on with what callers drive.
    pub(super) fn hand_over(&self) {
        let driven = std::mem::take(&mut *self.driven());
        for driven in driven.iter().filter_map(Weak::upgrade) {
            driven.hand_over();
        }
    }

    fn driven(&self) -> MutexGuard<'_, Vec<Weak<Driven>>> {
        self.driven.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes one batch, and returns the writer when there is more to write.
    async fn write_once(&self, mut busy: Busy<W>) -> Option<Busy<W>> {
        let (saves, replies) = self.take_batch();
        let Some(writer) = &mut busy.writer else { return None };
        if !saves.is_empty() {
            for (reply, outcome) in replies.into_iter().zip(writer.write(&saves).await) {
                // The caller may have gone away; the outcome stands all the same.
                drop(reply.send(outcome));
            }
        }
        if saves.len() > 1 {
            // Those who have just been answered may have more to save. Were the next batch taken before they have had
            // their turn, it would be the first of them alone, and all others would wait for a commit of one save.
            task::yield_now().await;
        }
        self.put_back(busy)
    }

    /// Writes until nothing waits.
    async fn write_all(self: Arc<Self>, busy: Busy<W>) {
        let mut next = Some(busy);
        while let Some(busy) = next {
            next = self.write_once(busy).await;
        }
    }

    fn take_batch(&self) -> (Vec<W::Save>, Vec<oneshot::Sender<Outcome<W>>>) {
        let mut state = self.lock();
        let len = state.waiting.len().min(BATCH);
        state.waiting.drain(..len).unzip()
    }

    /// Takes the writer back, unless something waits for it. One that has joined another goes when it has written once,
    /// so that batches grow again when the other is fast.
    fn put_back(&self, mut busy: Busy<W>) -> Option<Busy<W>> {
        let mut state = self.lock();
        if !state.waiting.is_empty() && state.busy == 1 {
            return Some(busy);
        }
        state.idle.extend(busy.writer.take());
        state.busy -= 1;
        drop(state);
        self.came_back.notify_waiters();
        None
    }

    /// Refuses further saves, and returns the writers when all are idle.
    pub(super) async fn close(&self, runtime: &Handle) -> Vec<W> {
        loop {
            let came_back = pin!(self.came_back.notified());
            {
                let mut state = self.lock();
                state.is_closed = true;
                if state.busy == 0 {
                    return std::mem::take(&mut state.idle);
                }
            }
            if patiently(runtime, came_back).await.is_none() {
                self.hand_over();
            }
        }
    }
}

/// A writer at work. When this is dropped with the writer in it, a runtime was shut down or the writer has panicked:
/// the writer is lost, and the last one to be lost takes along what waits.
pub(super) struct Busy<W: BatchWriter> {
    writer: Option<W>,
    queue: Arc<Queue<W>>,
}

impl<W: BatchWriter> Drop for Busy<W> {
    fn drop(&mut self) {
        if self.writer.is_none() {
            return;
        }
        let mut state = self.queue.lock();
        state.busy -= 1;
        let abandoned = if state.busy == 0 && state.idle.is_empty() {
            std::mem::take(&mut state.waiting)
        } else {
            VecDeque::new()
        };
        drop(state);
        drop(abandoned);
        self.queue.came_back.notify_waiters();
    }
}
