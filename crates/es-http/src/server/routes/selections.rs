//! `GET /log?after=…`: a selection.

use std::{sync::Arc, time::Duration};

use axum::{extract::State, http::request::Parts, response::Response};
use es_persistence::{LogPage, RecorderError, Selection, Topics};
use tokio::sync::OwnedSemaphorePermit;
use uuid::Uuid;

use crate::{
    server::{
        answer::{self, answer},
        problem::Problem,
        query::Query,
        reading,
        service::Shared,
    },
    wire::{self, Mark},
};

/// The parameters that a selection has.
pub(crate) const PARAMETERS: [&str; 7] = ["after", "up_to", "limit", "topics", "families", "wait", "seen"];

pub(super) async fn selection(State(shared): State<Arc<Shared>>, request: Parts) -> Result<Response, Problem> {
    let mut grant = shared.authorize(&request).await?;
    let query = Query::parse(request.uri.query(), &PARAMETERS)?;
    let after = query.after.unwrap_or(0);
    let mut wait = query.wait.filter(|_| may_come(&query, after));
    let seen = query.seen.map_or(0, |seen| seen.position);
    loop {
        let topics = grant.narrow(query.topics.clone())?;
        let is_whole = topics.is_none();
        let (page, permit) = shared
            .read(read(&shared, selection_of(&query, after, topics), query.seen))
            .await?;
        let page = page.map_err(|(seen, found)| Problem::Rewound { seen, found })?;
        match wait.take().filter(|_| page.reached <= after) {
            None => return Ok(sent(&shared, &page, is_whole, permit)),
            Some(wait) => {
                drop(permit);
                shared.wait(&request, wait, |last| last > after || last < seen).await?;
                grant = shared.authorize(&request).await?;
            }
        }
    }
}

/// Returns `true` if there is time for events that are stored later, and they may be selected.
fn may_come(query: &Query, after: u64) -> bool {
    query.wait != Some(Duration::ZERO) && query.limit != Some(0) && query.up_to.is_none_or(|upper| upper > after)
}

fn selection_of(query: &Query, after: u64, topics: Option<Topics>) -> Selection {
    let mut selection = Selection::after(after);
    if let Some(upper) = query.up_to {
        selection = selection.up_to(upper);
    }
    if let Some(limit) = query.limit {
        selection = selection.limit(limit);
    }
    match topics {
        Some(topics) => selection.of_topics(topics),
        None => selection,
    }
}

/// Reads a page, and then looks whether the log still has the event that the reader has seen.
///
/// A log that was rewound before the page was read is noticed before the page counts.
async fn read(
    shared: &Shared,
    selection: Selection,
    seen: Option<Mark>,
) -> Result<Result<LogPage, (Mark, Option<Uuid>)>, RecorderError> {
    let page = reading::page(&*shared.log, selection, &shared.limits).await?;
    let Some(seen) = seen else { return Ok(Ok(page)) };
    let rewound = reading::rewound(&*shared.log, seen).await?;
    Ok(rewound.map_or(Ok(page), |found| Err((seen, found))))
}

fn sent(shared: &Shared, page: &LogPage, is_whole: bool, permit: OwnedSemaphorePermit) -> Response {
    let page = wire::Page {
        items: page.notifications.iter().map(wire::Item::from).collect(),
        reached: page.reached,
        contiguous: is_whole && shared.capabilities().contiguous_positions,
    };
    let mut response = answer(answer::json(&page), permit, shared.limits.send_time);
    response.headers_mut().extend(answer::CHANGING);
    response
}
