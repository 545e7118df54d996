//! Answers that hold their place among the requests until they are sent.

use std::{
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    body::{Body, Bytes, HttpBody},
    http::{HeaderName, HeaderValue, header},
    response::Response,
};
use serde::Serialize;
use tokio::{sync::OwnedSemaphorePermit, time::Instant};

/// The headers of answers that may change with the next event.
pub(crate) const CHANGING: [(HeaderName, HeaderValue); 1] =
    [(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))];

/// Writes a value as JSON.
pub(crate) fn json(value: &impl Serialize) -> Bytes {
    // The texts and numbers of an answer can always be written as JSON.
    serde_json::to_vec(value).unwrap_or_default().into()
}

/// Writes a value as JSON text, without line breaks.
pub(crate) fn text(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

/// Makes the answer with a JSON body that is sent within `time`, and then gives `permit` back.
pub(crate) fn answer(body: Bytes, permit: OwnedSemaphorePermit, time: Duration) -> Response {
    let body = Sending {
        rest: body,
        deadline: Instant::now() + time,
        _permit: permit,
    };
    let mut response = Response::new(Body::new(body));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

/// A body that is given away piece by piece, and cut off when its time is over.
struct Sending {
    rest: Bytes,
    deadline: Instant,
    _permit: OwnedSemaphorePermit,
}

/// How many bytes are given away at once.
const PIECE: usize = 64 * 1024;

/// The reader was too slow.
#[derive(Debug, thiserror::Error)]
#[error("the answer was not taken in time")]
struct TooSlow;

impl HttpBody for Sending {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<http_body::Frame<Bytes>, axum::Error>>> {
        if self.rest.is_empty() {
            return Poll::Ready(None);
        }
        if self.deadline <= Instant::now() {
            self.rest.clear();
            return Poll::Ready(Some(Err(axum::Error::new(TooSlow))));
        }
        let len = PIECE.min(self.rest.len());
        Poll::Ready(Some(Ok(http_body::Frame::data(self.rest.split_to(len)))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty()
    }

    fn size_hint(&self) -> http_body::SizeHint {
        http_body::SizeHint::with_exact(self.rest.len() as u64)
    }
}
