//! `GET /health`: whether the log can be read.

use std::{sync::Arc, time::Duration};

use axum::{
    extract::State,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use tokio::{
    sync::Mutex,
    time::{self, Instant},
};

use crate::server::{answer, service::Shared};

/// The health of the log. It is open to everybody, so it is looked at once a second at most.
pub(super) struct Health {
    shared: Arc<Shared>,
    known: Mutex<Option<(Instant, bool)>>,
}

/// How long an answer is good for.
const FRESH: Duration = Duration::from_secs(1);

impl Health {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self {
            shared,
            known: Mutex::default(),
        }
    }

    async fn is_good(&self) -> bool {
        let mut known = self.known.lock().await;
        if let Some((at, is_good)) = *known
            && at.elapsed() < FRESH
        {
            return is_good;
        }
        let read = time::timeout(self.shared.limits.read_time, self.shared.log.max_position()).await;
        let is_good = matches!(read, Ok(Ok(_)));
        *known = Some((Instant::now(), is_good));
        is_good
    }
}

pub(super) async fn health(State(health): State<Arc<Health>>) -> Response {
    let (status, body) = if health.is_good().await {
        (StatusCode::OK, r#"{"status":"up"}"#)
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, r#"{"status":"down"}"#)
    };
    let mut response = (status, body).into_response();
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response.headers_mut().extend(answer::CHANGING);
    response
}
