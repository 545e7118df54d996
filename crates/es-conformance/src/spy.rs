//! A log that counts what is read, and can interfere with a read.

use std::{
    fmt,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use es_persistence::{
    ApplicationRecorder, BoxFuture, Capabilities, LogPage, Operation, ReadableLog, RecorderError, RecorderErrorKind,
    Selection, StoredEvent, Wakeup,
};

/// Forwards to a recorder, counts the notifications that are read, and interferes once after a page was read.
pub(crate) struct Spy {
    recorder: Arc<dyn ApplicationRecorder>,
    read: AtomicUsize,
    next: Mutex<Option<Interference>>,
}

/// What happens once.
pub(crate) enum Interference {
    /// Events are stored after an empty page was read and before the reader gets it.
    StoreAfterEmptyPage(Vec<StoredEvent>),
    /// Reading fails.
    Fail,
}

impl Spy {
    pub(crate) fn new(recorder: Arc<dyn ApplicationRecorder>) -> Arc<Self> {
        Arc::new(Self {
            recorder,
            read: AtomicUsize::new(0),
            next: Mutex::new(None),
        })
    }

    /// Has `interference` happen at the next occasion.
    pub(crate) fn interfere(&self, interference: Interference) {
        *self.next.lock().unwrap_or_else(PoisonError::into_inner) = Some(interference);
    }

    /// Returns how many notifications were read so far.
    pub(crate) fn count(&self) -> usize {
        self.read.load(Ordering::SeqCst)
    }

    fn take(&self, page: &LogPage) -> Option<Interference> {
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        match &*next {
            Some(Interference::StoreAfterEmptyPage(_)) if !page.notifications.is_empty() => None,
            _ => next.take(),
        }
    }
}

impl fmt::Debug for Spy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Spy")
            .field("recorder", &self.recorder)
            .finish_non_exhaustive()
    }
}

impl ReadableLog for Spy {
    fn select_notifications(&self, selection: Selection) -> BoxFuture<'_, Result<LogPage, RecorderError>> {
        Box::pin(async move {
            let page = self.recorder.select_notifications(selection).await?;
            self.read.fetch_add(page.notifications.len(), Ordering::SeqCst);
            match self.take(&page) {
                None => {}
                Some(Interference::StoreAfterEmptyPage(events)) => drop(self.recorder.insert_events(events).await?),
                Some(Interference::Fail) => {
                    let operation = Operation::SelectNotifications;
                    return Err(RecorderError::new("spy", operation, RecorderErrorKind::Unavailable));
                }
            }
            Ok(page)
        })
    }

    fn max_position(&self) -> BoxFuture<'_, Result<Option<u64>, RecorderError>> {
        self.recorder.max_position()
    }

    fn wakeup(&self) -> Wakeup {
        self.recorder.wakeup()
    }

    fn capabilities(&self) -> Capabilities {
        self.recorder.capabilities()
    }
}
