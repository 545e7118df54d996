//! `GET /log/last`: the position of the last event.
//!
//! With `after` and `wait`, the answer waits until the position is another one: greater, or smaller if the log was rewound.

use std::sync::Arc;

use axum::{extract::State, http::request::Parts, response::Response};

use crate::{
    server::{
        answer::{self, answer},
        problem::Problem,
        query::Query,
        service::Shared,
    },
    wire,
};

/// The parameters of the request.
pub(crate) const PARAMETERS: [&str; 2] = ["after", "wait"];

pub(super) async fn last(State(shared): State<Arc<Shared>>, request: Parts) -> Result<Response, Problem> {
    shared.authorize(&request).await?;
    let query = Query::parse(request.uri.query(), &PARAMETERS)?;
    let after = query.after.unwrap_or(0);
    let mut wait = query.wait.filter(|wait| !wait.is_zero());
    loop {
        let (position, permit) = shared.read(shared.log.max_position()).await?;
        match wait.take().filter(|_| position.unwrap_or(0) == after) {
            None => return Ok(sent(&shared, position, permit)),
            Some(wait) => {
                drop(permit);
                shared.wait(&request, wait, |last| last != after).await?;
                shared.authorize(&request).await?;
            }
        }
    }
}

fn sent(shared: &Shared, position: Option<u64>, permit: tokio::sync::OwnedSemaphorePermit) -> Response {
    let capabilities = shared.capabilities();
    let last = wire::Last {
        position,
        contiguous: capabilities.contiguous_positions,
        durable: capabilities.durable,
    };
    let mut response = answer(answer::json(&last), permit, shared.limits.send_time);
    response.headers_mut().extend(answer::CHANGING);
    response
}
