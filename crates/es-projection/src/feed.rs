//! Reading logs ahead of the transactions.

mod anchor;
mod piece;

use std::{fmt, sync::Arc};

use es_persistence::{EventSet, RecordedPage, RecorderError, RecorderErrorKind, Upstream};
use futures_util::StreamExt as _;
use tokio::{sync::mpsc, task::JoinSet};
use uuid::Uuid;

pub(crate) use self::piece::cut;
pub use self::{
    anchor::Anchor,
    piece::{Content, Mark, Piece, decode, panicked},
};

/// Reads several logs, each by a task of its own that decodes and is a few pages ahead. Dropped, it stops reading.
pub struct Feed<E> {
    pieces: mpsc::Receiver<Result<Piece<E>, FeedError>>,
    next: Option<Result<Piece<E>, FeedError>>,
    tasks: JoinSet<()>,
}

/// Why reading has ended.
#[derive(Debug)]
pub enum FeedError {
    /// The log cannot be read.
    Recorder(RecorderError),
    /// The log does not have the event that was read last.
    Rewound {
        /// The index of the log.
        upstream: usize,
        /// The position that was read last.
        position: u64,
        /// The ID of the event there, as it was read.
        seen: Uuid,
        /// The ID of the event there, as the log has it now.
        found: Option<Uuid>,
    },
    /// The tasks are gone, with the runtime.
    Ended,
}

/// How many pages of all logs together are read ahead.
const AHEAD: usize = 4;

impl<E: EventSet> Feed<E> {
    /// Begins to read each log after its mark.
    pub fn start(upstreams: &[Arc<dyn Upstream>], marks: &[Mark], batch: usize) -> Self {
        let (sender, pieces) = mpsc::channel(AHEAD);
        let mut tasks = JoinSet::new();
        for (index, (upstream, mark)) in upstreams.iter().zip(marks).enumerate() {
            let reader = Reader {
                index,
                upstream: Arc::clone(upstream),
                mark: *mark,
                sender: sender.clone(),
            };
            tasks.spawn(reader.run(batch));
        }
        Self {
            pieces,
            next: None,
            tasks,
        }
    }

    /// Waits for the next part of any log.
    ///
    /// # Errors
    ///
    /// [`FeedError`] when a log cannot be read or was rewound.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost when the future is dropped.
    pub async fn next(&mut self) -> Result<Piece<E>, FeedError> {
        match self.next.take() {
            Some(piece) => piece,
            None => self.pieces.recv().await.unwrap_or(Err(FeedError::Ended)),
        }
    }

    /// Adds to a part what was read after it of the same log, while the part has fewer than `batch` events.
    pub fn fill(&mut self, piece: &mut Piece<E>, batch: usize) {
        let Content::Events(events) = &mut piece.content else {
            return;
        };
        while events.len() < batch {
            match self.pieces.try_recv() {
                Ok(Ok(Piece {
                    upstream,
                    content: Content::Events(mut more),
                    mark,
                })) if upstream == piece.upstream => {
                    events.append(&mut more);
                    piece.mark = mark;
                }
                Ok(other) => {
                    self.next = Some(other);
                    return;
                }
                Err(_empty) => return,
            }
        }
    }

    /// Ends the tasks and waits for them.
    pub async fn stop(mut self) {
        self.tasks.shutdown().await;
    }
}

impl<E> fmt::Debug for Feed<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Feed").finish_non_exhaustive()
    }
}

/// The task that reads one log.
struct Reader<E> {
    index: usize,
    upstream: Arc<dyn Upstream>,
    mark: Mark,
    sender: mpsc::Sender<Result<Piece<E>, FeedError>>,
}

impl<E: EventSet> Reader<E> {
    async fn run(mut self, batch: usize) {
        let mut pages = self.upstream.pages(self.mark.position, E::topics(), batch);
        while let Some(page) = pages.next().await {
            let pieces = match page {
                Ok(page) => self.pieces(page).await,
                Err(error) => Err(error.into()),
            };
            let pieces = pieces.map_err(|error| error.of(self.index));
            let is_over = pieces.is_err();
            if !self.send(pieces).await || is_over {
                return;
            }
        }
    }

    /// Returns `false` if nobody takes what is read.
    async fn send(&self, pieces: Result<Vec<Piece<E>>, FeedError>) -> bool {
        match pieces {
            Ok(pieces) => {
                for piece in pieces {
                    if self.sender.send(Ok(piece)).await.is_err() {
                        return false;
                    }
                }
                true
            }
            Err(error) => self.sender.send(Err(error)).await.is_ok(),
        }
    }

    async fn pieces(&mut self, page: RecordedPage) -> Result<Vec<Piece<E>>, FeedError> {
        check(self.index, &*self.upstream, self.mark).await?;
        let end = self.end_of(&page).await?;
        self.mark = end;
        Ok(cut(self.index, page.events, end))
    }

    /// The end of a page, with the last event that was read, also if it was not selected.
    async fn end_of(&self, page: &RecordedPage) -> Result<Mark, FeedError> {
        let last = page.events.last().map(Mark::at);
        if let Some(last) = last.filter(|last| last.position == page.reached) {
            return Ok(last);
        }
        let anchor = Anchor::find(&**self.upstream.log(), page.reached).await?;
        Ok(Mark {
            position: page.reached,
            anchor,
        })
    }
}

/// Compares the event that was read last with the one that the log has there.
///
/// It is asked after a page was read: a log that was rewound before the page was read is noticed before the page counts.
///
/// # Errors
///
/// [`FeedError`] when the log cannot be read or has another event there.
///
/// # Cancel safety
///
/// Reading changes nothing; the future may be dropped.
pub async fn check(index: usize, upstream: &dyn Upstream, mark: Mark) -> Result<(), FeedError> {
    let Some(anchor) = mark.anchor else { return Ok(()) };
    let log = &**upstream.log();
    if anchor.holds(log).await? {
        return Ok(());
    }
    let found = Anchor::find(log, mark.position).await?;
    Err(FeedError::Rewound {
        upstream: index,
        position: mark.position,
        seen: anchor.event_id,
        found: found.map(|found| found.event_id),
    })
}

impl FeedError {
    /// Returns the same error of the log `index`: one that was rewound may say so by itself, as remote ones do.
    pub(super) fn of(self, index: usize) -> Self {
        match self {
            Self::Recorder(error) => match error.kind() {
                RecorderErrorKind::Rewound(rewound) => Self::Rewound {
                    upstream: index,
                    position: rewound.position,
                    seen: rewound.seen,
                    found: rewound.found,
                },
                _ => Self::Recorder(error),
            },
            other => other,
        }
    }
}

impl From<RecorderError> for FeedError {
    fn from(error: RecorderError) -> Self {
        Self::Recorder(error)
    }
}
