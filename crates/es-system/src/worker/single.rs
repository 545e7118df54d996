//! Work in steps of the caller: one event at a time.

use std::{collections::VecDeque, sync::Arc};

use es_persistence::{BoxFuture, Recorded};
use es_projection::__private::{Anchor, Content, Mark, Piece, decode};
use futures_util::StreamExt as _;

use super::{
    Reaction, Worker,
    halt::Halt,
    session::{Session, topics},
};
use crate::FollowerError;

/// A follower that works in steps of the caller.
pub(crate) trait Stepper: Send + Sync {
    /// Takes the next event of the log with this index, or returns `None` if there is none.
    fn step(&mut self, upstream: usize) -> BoxFuture<'_, Result<Option<Taken>, FollowerError>>;

    /// Tries events again that are set aside, if that was asked for.
    fn look_around(&mut self) -> BoxFuture<'_, Result<(), FollowerError>>;
}

/// An event that was taken.
#[derive(Debug)]
pub(crate) struct Taken {
    pub(crate) position: u64,
    pub(crate) topic: String,
    /// How many events have come of it.
    pub(crate) produced: usize,
}

/// How many events are read at once.
const PAGE: usize = 500;

pub(super) struct Single<R> {
    worker: Arc<Worker<R>>,
    /// `None` before the first step, and after a failure: then it is read from the store what is true.
    session: Option<Session<R>>,
    /// What was read of each log and not taken yet, and how far that was read.
    ahead: Vec<Ahead>,
}

struct Ahead {
    events: VecDeque<Recorded>,
    reached: u64,
}

impl<R: Reaction> Single<R> {
    pub(super) const fn new(worker: Arc<Worker<R>>) -> Self {
        Self {
            worker,
            session: None,
            ahead: Vec::new(),
        }
    }

    async fn take_next(&mut self, upstream: usize) -> Result<Option<Taken>, Halt> {
        let mut session = self.open().await?;
        self.read_ahead(&mut session, upstream).await?;
        let Some(event) = self.ahead[upstream].events.pop_front() else {
            session.flush().await?;
            self.session = Some(session);
            return Ok(None);
        };
        let produced = session.take(piece(upstream, &event)).await?;
        self.session = Some(session);
        Ok(Some(Taken {
            position: event.position(),
            topic: event.topic().to_owned(),
            produced,
        }))
    }

    /// Takes the session out, or opens one. It is put back when nothing has failed.
    async fn open(&mut self) -> Result<Session<R>, Halt> {
        if let Some(session) = self.session.take() {
            return Ok(session);
        }
        let session = Session::open(Arc::clone(&self.worker), None).await?;
        let ahead = session.tracks.iter().map(|track| Ahead {
            events: VecDeque::new(),
            reached: track.read.position,
        });
        self.ahead = ahead.collect();
        Ok(session)
    }

    /// Reads events if none are left. Positions up to which nothing is selected are stored.
    async fn read_ahead(&mut self, session: &mut Session<R>, upstream: usize) -> Result<(), Halt> {
        let log = Arc::clone(&self.worker.shared.upstreams[upstream]);
        let ahead = &mut self.ahead[upstream];
        while ahead.events.is_empty() {
            let last = log.log().max_position().await?.unwrap_or(0);
            if last <= ahead.reached {
                return Ok(());
            }
            let mut pages = log.pages(ahead.reached, topics::<R>(), PAGE);
            let Some(page) = pages.next().await.transpose()? else {
                return Ok(());
            };
            ahead.events = page.events.into();
            ahead.reached = page.reached;
            if ahead.events.is_empty() {
                let anchor = Anchor::find(&**log.log(), page.reached).await?;
                let mark = Mark {
                    position: page.reached,
                    anchor,
                };
                session.tracks[upstream].read = mark;
                session.store_mark(upstream, mark).await?;
            }
        }
        Ok(())
    }

    /// What an end means to whoever takes steps. That another instance was faster is no error.
    fn failed(&self, halt: Halt) -> Result<(), FollowerError> {
        let name = Arc::clone(&self.worker.shared.name);
        match halt {
            Halt::Lost => Ok(()),
            Halt::Ended => Err(FollowerError::Ended { name }),
            Halt::Stopped(error) => Err(error),
            Halt::Store(source) => Err(FollowerError::Recorder { name, source }),
        }
    }
}

/// One event as a part of a log.
fn piece<E: es_persistence::EventSet>(upstream: usize, event: &Recorded) -> Piece<E> {
    let content = match decode(event) {
        Ok(events) => Content::Events(events),
        Err(error) => Content::Broken(event.clone(), error),
    };
    Piece {
        upstream,
        content,
        mark: Mark::at(event),
    }
}

impl<R: Reaction> Stepper for Single<R> {
    fn step(&mut self, upstream: usize) -> BoxFuture<'_, Result<Option<Taken>, FollowerError>> {
        Box::pin(async move {
            loop {
                match self.take_next(upstream).await {
                    Ok(taken) => return Ok(taken),
                    Err(halt) => self.failed(halt)?,
                }
            }
        })
    }

    fn look_around(&mut self) -> BoxFuture<'_, Result<(), FollowerError>> {
        Box::pin(async move {
            let looking = async {
                let mut session = self.open().await?;
                session.look_around().await?;
                self.session = Some(session);
                Ok(())
            };
            match looking.await {
                Ok(()) => Ok(()),
                Err(halt) => self.failed(halt),
            }
        })
    }
}
