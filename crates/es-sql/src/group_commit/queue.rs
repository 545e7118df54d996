//! The saves that wait, and the writers that are idle.

use std::{
    collections::VecDeque,
    pin::pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::{
    runtime::Handle,
    sync::{Notify, OwnedSemaphorePermit, Semaphore, TryAcquireError, oneshot},
    time::{Instant, timeout_at},
};

use super::{BatchWriter, Outcome, Refusal, Waits, begin};

/// How many saves share a commit.
const BATCH: usize = 256;

/// The room of the queue, in KiB, and what each save takes of it beside its bytes: together they bound the number of saves.
const ROOM: u32 = 64 << 10;
const ROOM_OF_A_SAVE: u32 = 4;

/// Where the outcome of a save goes.
pub(super) type Reply<W> = oneshot::Sender<Result<Outcome<W>, Refusal>>;

pub(super) struct Queue<W: BatchWriter> {
    state: Mutex<State<W>>,
    /// Bounds what waits or is being written.
    room: Arc<Semaphore>,
    /// Notified each time a writer becomes idle or is lost.
    came_back: Notify,
    pub(super) runtime: Handle,
    pub(super) waits: Waits,
}

struct State<W: BatchWriter> {
    waiting: VecDeque<Entry<W>>,
    idle: Vec<W>,
    busy: usize,
    is_closed: bool,
}

/// A save, and where its outcome goes.
pub(super) struct Waiting<W: BatchWriter> {
    pub(super) save: W::Save,
    pub(super) reply: Reply<W>,
    pub(super) since: Instant,
}

/// A save in the queue, with its share of the room.
pub(super) struct Entry<W: BatchWriter> {
    waiting: Waiting<W>,
    room: OwnedSemaphorePermit,
}

/// What one commit stores. The room is given back when the outcomes are known.
pub(super) struct Batch<W: BatchWriter> {
    pub(super) saves: Vec<W::Save>,
    pub(super) replies: Vec<(Reply<W>, OwnedSemaphorePermit)>,
}

impl<W: BatchWriter> Queue<W> {
    pub(super) fn new(runtime: Handle, writers: impl IntoIterator<Item = W>, waits: Waits) -> Self {
        let state = State {
            waiting: VecDeque::new(),
            idle: writers.into_iter().collect(),
            busy: 0,
            is_closed: false,
        };
        Self {
            state: Mutex::new(state),
            room: Arc::new(Semaphore::new(ROOM as usize)),
            came_back: Notify::new(),
            runtime,
            waits,
        }
    }

    fn lock(&self) -> MutexGuard<'_, State<W>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a save into the queue, now or when there is room.
    pub(super) fn admit(queue: &Arc<Self>, waiting: Waiting<W>) {
        let size = room_of(W::size(&waiting.save));
        match Arc::clone(&queue.room).try_acquire_many_owned(size) {
            Ok(room) => Self::enter(queue, Entry { waiting, room }),
            Err(TryAcquireError::Closed) => waiting.refuse(Refusal::Closed),
            Err(TryAcquireError::NoPermits) => {
                // A task waits, and not the caller: given room, a caller that is not polled would keep it from others.
                drop(
                    queue
                        .runtime
                        .spawn(Self::wait_for_room(Arc::clone(queue), waiting, size)),
                );
            }
        }
    }

    async fn wait_for_room(queue: Arc<Self>, waiting: Waiting<W>, size: u32) {
        let limit = queue.waits.limit;
        let room = Arc::clone(&queue.room).acquire_many_owned(size);
        match timeout_at(waiting.since + limit, room).await {
            // Room that comes too late is for others.
            Ok(Ok(_)) if waiting.is_late(queue.waits) => waiting.refuse(Refusal::Full { limit }),
            Ok(Ok(room)) => Self::enter(&queue, Entry { waiting, room }),
            Ok(Err(_closed)) => waiting.refuse(Refusal::Closed),
            Err(_elapsed) => waiting.refuse(Refusal::Full { limit }),
        }
    }

    fn enter(queue: &Arc<Self>, entry: Entry<W>) {
        let mut state = queue.lock();
        if state.is_closed {
            drop(state);
            return entry.refuse(Refusal::Closed);
        }
        if state.idle.is_empty() && state.busy == 0 {
            drop(state);
            return entry.refuse(Refusal::Abandoned);
        }
        state.waiting.push_back(entry);
        let is_due = state.busy == 0 || queue.waits.before_joining.is_zero();
        let idle = if is_due { queue.take_idle(&mut state) } else { None };
        drop(state);
        if let Some(writer) = idle {
            drop(begin(&queue.runtime, Arc::clone(queue).write_all(writer)));
        }
    }

    fn take_idle(self: &Arc<Self>, state: &mut State<W>) -> Option<Busy<W>> {
        let writer = state.idle.pop()?;
        state.busy += 1;
        Some(Busy {
            writer: Some(writer),
            queue: Arc::clone(self),
        })
    }

    /// Takes an idle writer for the saves that wait for busy ones.
    pub(super) fn take_spare(self: &Arc<Self>) -> Option<Busy<W>> {
        let mut state = self.lock();
        if state.waiting.is_empty() {
            return None;
        }
        self.take_idle(&mut state)
    }

    pub(super) fn has_spare(&self) -> bool {
        !self.lock().idle.is_empty()
    }

    /// Takes what waits, as much as one commit may store, and refuses what has waited for too long.
    pub(super) fn take_batch(&self) -> Batch<W> {
        let (mut batch, mut late) = (Batch::new(), Vec::new());
        let mut state = self.lock();
        while batch.saves.len() < BATCH {
            match state.waiting.pop_front() {
                Some(entry) if entry.is_late(self.waits) => late.push(entry),
                Some(entry) => batch.push(entry),
                None => break,
            }
        }
        drop(state);
        self.refuse_late(late);
        batch
    }

    /// Refuses the first saves of the queue if they have waited for too long.
    pub(super) fn refuse_late_ones(&self) {
        let mut late = Vec::new();
        let mut state = self.lock();
        while let Some(entry) = state.waiting.pop_front_if(|entry| entry.is_late(self.waits)) {
            late.push(entry);
        }
        drop(state);
        self.refuse_late(late);
    }

    fn refuse_late(&self, late: Vec<Entry<W>>) {
        let limit = self.waits.limit;
        for entry in late {
            let waited = entry.waiting.since.elapsed();
            entry.refuse(Refusal::Late { waited, limit });
        }
    }

    /// Takes the writer back, unless saves wait for it. A writer that has joined another one goes after one batch, so that
    /// batches grow again once the other one is fast.
    pub(super) fn put_back(&self, mut busy: Busy<W>) -> Option<Busy<W>> {
        let mut state = self.lock();
        let stays = state.busy == 1 || self.waits.before_joining.is_zero();
        if stays && !state.waiting.is_empty() {
            return Some(busy);
        }
        state.idle.extend(busy.writer.take());
        state.busy -= 1;
        drop(state);
        self.came_back.notify_waiters();
        None
    }

    /// Refuses further saves, and returns the writers once all are idle.
    pub(super) async fn close(&self) -> Vec<W> {
        self.room.close();
        loop {
            let came_back = pin!(self.came_back.notified());
            {
                let mut state = self.lock();
                state.is_closed = true;
                if state.busy == 0 {
                    return std::mem::take(&mut state.idle);
                }
            }
            came_back.await;
        }
    }
}

/// Returns how much room a save of `bytes` bytes takes. The largest saves take all of it.
fn room_of(bytes: usize) -> u32 {
    u32::try_from(bytes >> 10).map_or(ROOM, |kib| kib.saturating_add(ROOM_OF_A_SAVE).min(ROOM))
}

impl<W: BatchWriter> Waiting<W> {
    fn is_late(&self, waits: Waits) -> bool {
        self.since.elapsed() >= waits.limit
    }

    fn refuse(self, refusal: Refusal) {
        // The caller may be gone.
        drop(self.reply.send(Err(refusal)));
    }
}

impl<W: BatchWriter> Entry<W> {
    fn is_late(&self, waits: Waits) -> bool {
        self.waiting.is_late(waits)
    }

    fn refuse(self, refusal: Refusal) {
        self.waiting.refuse(refusal);
    }
}

impl<W: BatchWriter> Batch<W> {
    const fn new() -> Self {
        Self {
            saves: Vec::new(),
            replies: Vec::new(),
        }
    }

    fn push(&mut self, entry: Entry<W>) {
        self.saves.push(entry.waiting.save);
        self.replies.push((entry.waiting.reply, entry.room));
    }
}

/// A busy writer. If this is dropped with the writer in it, the writer panicked or its runtime was shut down, and the writer
/// is lost. Another writer takes over what waits; without one, everything that waits is refused.
pub(super) struct Busy<W: BatchWriter> {
    pub(super) writer: Option<W>,
    queue: Arc<Queue<W>>,
}

impl<W: BatchWriter> Drop for Busy<W> {
    fn drop(&mut self) {
        if self.writer.is_none() {
            return;
        }
        let queue = &self.queue;
        let mut state = queue.lock();
        state.busy -= 1;
        let (mut successor, mut abandoned) = (None, VecDeque::new());
        if state.busy == 0 && !state.waiting.is_empty() {
            successor = queue.take_idle(&mut state);
            if successor.is_none() {
                abandoned = std::mem::take(&mut state.waiting);
            }
        }
        drop(state);
        if let Some(writer) = successor {
            drop(queue.runtime.spawn(Arc::clone(queue).write_all(writer)));
        }
        for entry in abandoned {
            entry.refuse(Refusal::Abandoned);
        }
        queue.came_back.notify_waiters();
    }
}
