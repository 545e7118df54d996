//! What is read of a log, decoded.

use std::{any::Any, panic};

use es_persistence::{BoxError, EventSet, Recorded};

use super::anchor::Anchor;

/// A part of a log that was read together.
#[derive(Debug)]
pub struct Piece<E> {
    /// The index of the application among those that are followed.
    pub upstream: usize,
    /// What was read.
    pub content: Content<E>,
    /// How far the part reaches.
    pub mark: Mark,
}

/// What was read of a part of a log.
#[derive(Debug)]
pub enum Content<E> {
    /// Events that were decoded; none if nothing was selected up to the mark.
    Events(Vec<Recorded<E>>),
    /// An event that cannot be decoded.
    Broken(Recorded, BoxError),
}

/// How far a log was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    /// The position up to which the log was read.
    pub position: u64,
    /// The last event at or below the position.
    pub anchor: Option<Anchor>,
}

impl Mark {
    /// Makes the mark of a log that was read up to an event.
    pub fn at<E>(event: &Recorded<E>) -> Self {
        let anchor = Anchor {
            position: event.position(),
            event_id: event.event_id(),
        };
        Self {
            position: event.position(),
            anchor: Some(anchor),
        }
    }
}

/// Decodes an event. A panic of an upcaster or of a decoder is an error of the event.
///
/// # Errors
///
/// The error of the decoding, or the message of the panic.
pub fn decode<E: EventSet>(event: &Recorded) -> Result<Vec<Recorded<E>>, BoxError> {
    match panic::catch_unwind(panic::AssertUnwindSafe(|| event.decode_all::<E>())) {
        Ok(decoded) => Ok(decoded?),
        Err(panic) => Err(panicked(&*panic)),
    }
}

/// The error for a panic in the code of users.
pub fn panicked(panic: &(dyn Any + Send)) -> BoxError {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    format!("panicked: {}", text.unwrap_or("no message")).into()
}

/// Cuts a page into parts: one at least, and one for each event that cannot be decoded.
pub(crate) fn cut<E: EventSet>(upstream: usize, events: Vec<Recorded>, end: Mark) -> Vec<Piece<E>> {
    let mut pieces = Vec::new();
    let mut decoded = Vec::new();
    let mut before = None;
    for event in events {
        match decode(&event) {
            Ok(events) => decoded.extend(events),
            Err(error) => {
                if let Some(mark) = before {
                    let content = Content::Events(std::mem::take(&mut decoded));
                    pieces.push(Piece {
                        upstream,
                        content,
                        mark,
                    });
                }
                let mark = Mark::at(&event);
                let content = Content::Broken(event, error);
                pieces.push(Piece {
                    upstream,
                    content,
                    mark,
                });
                before = None;
                continue;
            }
        }
        before = Some(Mark::at(&event));
    }
    let is_at_end = pieces.last().is_some_and(|piece| piece.mark.position == end.position);
    if !is_at_end || !decoded.is_empty() {
        let content = Content::Events(decoded);
        pieces.push(Piece {
            upstream,
            content,
            mark: end,
        });
    }
    pieces
}
