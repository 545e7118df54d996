//! `GET /log/tail`: server-sent events.

use std::{convert::Infallible, sync::Arc};

use axum::{
    body::{Body, Bytes},
    extract::State,
    http::{HeaderName, HeaderValue, header, request::Parts},
    response::Response,
};
use futures_util::{StreamExt as _, stream};

use crate::{
    server::{answer, problem::Problem, query::Query, reading, service::Shared, tail::Tail},
    wire::Cursor,
};

/// The parameters that a tail has.
pub(crate) const PARAMETERS: [&str; 3] = ["after", "topics", "families"];

/// Says where a reader goes on.
const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// Tells the reader to connect again after a second when the tail ends.
const GREETING: &[u8] = b"retry: 1000\n\n";

pub(super) async fn tail(State(shared): State<Arc<Shared>>, request: Parts) -> Result<Response, Problem> {
    let grant = shared.authorize(&request).await?;
    let query = Query::parse(request.uri.query(), &PARAMETERS)?;
    let cursor = cursor(&query, &request)?;
    grant.narrow(query.topics.clone())?;
    let place = shared.place_to_wait()?;
    if let Some(seen) = cursor.seen {
        let (rewound, _permit) = shared.read(reading::rewound(&*shared.log, seen)).await?;
        rewound.map_or(Ok(()), |found| Err(Problem::Rewound { seen, found }))?;
    }
    let tail = Tail::new(shared, request, query.topics, cursor, place);
    let greeting = stream::iter([Bytes::from_static(GREETING)]);
    let pieces = greeting.chain(stream::unfold(tail, Tail::next));
    let mut response = Response::new(Body::from_stream(pieces.map(Ok::<_, Infallible>)));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(
        HeaderName::from_static("x-accel-buffering"),
        HeaderValue::from_static("no"),
    );
    headers.extend(answer::CHANGING);
    Ok(response)
}

fn cursor(query: &Query, request: &Parts) -> Result<Cursor, Problem> {
    let Some(sent) = request.headers.get(LAST_EVENT_ID) else {
        return Ok(Cursor {
            reached: query.after.unwrap_or(0),
            seen: None,
        });
    };
    let cursor = sent.to_str().ok().and_then(|text| text.parse().ok());
    cursor.ok_or_else(|| Problem::Invalid("`Last-Event-ID` is the ID of an event of this tail".to_owned()))
}
