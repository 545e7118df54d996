//! A tail: the events of a log, as server-sent events, without end.

use std::{fmt::Write as _, sync::Arc, time::Duration};

use axum::{body::Bytes, http::request::Parts};
use es_persistence::{LogPage, Selection, Topics};
use tokio::{
    sync::OwnedSemaphorePermit,
    time::{self, Instant},
};
use uuid::Uuid;

use super::{
    Limits, answer,
    problem::Problem,
    reading,
    service::{Shared, Waited},
};
use crate::wire::{Cursor, Item, Mark, Rewinding};

/// One reader of a tail. It holds one page at most, which is given away before the next one is read.
pub(crate) struct Tail {
    shared: Arc<Shared>,
    request: Parts,
    wanted: Option<Topics>,
    /// What is selected: what the reader wants, as far as it may read.
    topics: Option<Topics>,
    cursor: Cursor,
    /// When the policy is asked again.
    next_check: Instant,
    /// The log may have events after the cursor.
    may_have_more: bool,
    is_over: bool,
    _place: OwnedSemaphorePermit,
}

/// How many events a tail reads at once.
const PAGE_LEN: usize = 100;

/// How many bytes of JSON a tail reads at once, about.
const PAGE_BYTES: usize = 256 * 1024;

/// How long a tail waits for its turn when the service is busy.
const TURN: Duration = Duration::from_millis(50);

/// Keeps the connection alive.
const HEARTBEAT: &[u8] = b":\n\n";

/// What a read has found.
enum Found {
    Page(LogPage),
    Rewound(Mark, Option<Uuid>),
}

impl Tail {
    pub(crate) fn new(
        shared: Arc<Shared>,
        request: Parts,
        wanted: Option<Topics>,
        cursor: Cursor,
        place: OwnedSemaphorePermit,
    ) -> Self {
        Self {
            topics: None,
            // It is asked before the first page is read.
            next_check: Instant::now(),
            shared,
            request,
            wanted,
            cursor,
            may_have_more: true,
            is_over: false,
            _place: place,
        }
    }

    /// Returns what is to be sent next, or `None` when the tail has ended: the service shuts down, the reader may no longer
    /// read, or the log cannot be read.
    pub(crate) async fn next(mut self) -> Option<(Bytes, Self)> {
        loop {
            if self.is_over {
                return None;
            }
            let piece = if self.may_have_more {
                self.read().await?
            } else {
                self.wait().await?
            };
            if !piece.is_empty() {
                return Some((piece, self));
            }
        }
    }

    /// Waits for new events. Returns a sign of life if none have come for a while.
    async fn wait(&mut self) -> Option<Bytes> {
        let (reached, seen) = (self.cursor.reached, self.cursor.seen.map_or(0, |seen| seen.position));
        let heartbeat = Instant::now() + self.shared.limits.heartbeat;
        loop {
            let until = heartbeat.min(self.next_check);
            let moved = self.shared.wait_until(until, |last| last > reached || last < seen);
            match moved.await {
                Waited::Closing => return None,
                Waited::Moved => {
                    self.may_have_more = true;
                    return Some(Bytes::new());
                }
                Waited::TimedOut => {
                    self.check().await?;
                    if heartbeat <= Instant::now() {
                        return Some(Bytes::from_static(HEARTBEAT));
                    }
                }
            }
        }
    }

    /// Reads a page and returns it as server-sent events.
    async fn read(&mut self) -> Option<Bytes> {
        self.check().await?;
        let selection = Selection::after(self.cursor.reached);
        let selection = match self.topics.clone() {
            Some(topics) => selection.of_topics(topics),
            None => selection,
        };
        let found = match self.page(selection).await {
            Ok(found) => found,
            Err(Problem::Busy | Problem::Slow) => {
                time::sleep(TURN).await;
                return Some(Bytes::new());
            }
            Err(_problem) => return None,
        };
        match found {
            Found::Page(page) => Some(self.sent(&page)),
            Found::Rewound(seen, found) => {
                self.is_over = true;
                Some(rewound(seen, found))
            }
        }
    }

    async fn page(&self, selection: Selection) -> Result<Found, Problem> {
        let shared = &*self.shared;
        let limits = Limits {
            page_len: PAGE_LEN.min(shared.limits.page_len),
            page_bytes: PAGE_BYTES.min(shared.limits.page_bytes),
            ..shared.limits
        };
        let seen = self.cursor.seen;
        let read = async {
            let page = reading::page(&*shared.log, selection, &limits).await?;
            let Some(seen) = seen else { return Ok(Found::Page(page)) };
            let rewound = reading::rewound(&*shared.log, seen).await?;
            Ok(rewound.map_or(Found::Page(page), |found| Found::Rewound(seen, found)))
        };
        shared.read(read).await.map(|(found, _permit)| found)
    }

    /// Writes the events of a page, and moves the cursor.
    fn sent(&mut self, page: &LogPage) -> Bytes {
        self.may_have_more = page.reached > self.cursor.reached;
        let mut text = String::new();
        for notification in &page.notifications {
            let seen = Some(Mark {
                position: notification.position,
                event_id: notification.event.event_id,
            });
            self.cursor = Cursor {
                reached: notification.position,
                seen,
            };
            let json = answer::text(&Item::from(notification));
            // Writing into a string does not fail.
            let _written = write!(text, "id: {}\ndata: {json}\n\n", self.cursor);
        }
        if page.reached > self.cursor.reached {
            self.cursor.reached = page.reached;
            let _written = write!(text, "id: {}\n\n", self.cursor);
        }
        text.into()
    }

    /// Asks the policy again if it is time. Returns `None` if the reader may no longer read.
    async fn check(&mut self) -> Option<()> {
        if self.next_check <= Instant::now() {
            let grant = self.shared.authorize(&self.request).await.ok()?;
            self.topics = grant.narrow(self.wanted.clone()).ok()?;
            self.next_check = Instant::now() + self.shared.limits.recheck;
        }
        Some(())
    }
}

/// The event that says that the log was rewound.
fn rewound(seen: Mark, found: Option<Uuid>) -> Bytes {
    let rewinding = Rewinding {
        seen: seen.to_string(),
        found,
    };
    format!("event: rewound\ndata: {}\n\n", answer::text(&rewinding)).into()
}
