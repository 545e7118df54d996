//! One request, and an answer of bounded size.

use std::time::Duration;

use reqwest::{
    Client, Response, StatusCode, Url,
    header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue, RETRY_AFTER},
};
use serde::Deserialize;

use super::{Fault, RemoteError, base::Base};
use crate::wire::{Mark, REWOUND, Rewinding};

/// What sends requests.
pub(crate) struct Transport {
    pub(crate) http: Client,
    pub(crate) base: Base,
    pub(crate) token: Option<HeaderValue>,
    pub(crate) body_cap: usize,
    pub(crate) request_time: Duration,
}

/// How large an answer may be that says what is wrong.
const PROBLEM_CAP: usize = 16 * 1024;

/// How much of what the server says is put into errors.
const TITLE_LEN: usize = 200;

/// How long a server can make a client wait.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

#[derive(Deserialize)]
struct Problem {
    #[serde(default)]
    r#type: String,
    #[serde(default)]
    title: String,
    detail: Option<String>,
    #[serde(flatten)]
    rewinding: Option<Rewinding>,
}

impl Transport {
    /// Returns the body of the answer to `GET url`. The whole of it has to arrive within the time of a request and `wait`.
    pub(crate) async fn get(&self, url: Url, wait: Duration) -> Result<Vec<u8>, RemoteError> {
        let mut request = self
            .http
            .get(url)
            .header(ACCEPT, HeaderValue::from_static("application/json"));
        if let Some(token) = &self.token {
            request = request.header(AUTHORIZATION, token.clone());
        }
        let response = request
            .timeout(self.request_time.saturating_add(wait))
            .send()
            .await
            .map_err(unreachable)?;
        match response.status() {
            StatusCode::OK if !is_json(&response) => Err(Fault::ContentType.into()),
            StatusCode::OK => body(response, self.body_cap).await,
            status if status.is_redirection() => Err(RemoteError::Redirect {
                status: status.as_u16(),
            }),
            status => Err(failure(status, response).await),
        }
    }
}

fn is_json(response: &Response) -> bool {
    let value = response
        .headers()
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let kind = value.and_then(|value| value.split(';').next());
    kind.is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"))
}

/// The error's own text has the URL, and the URL has positions and topics.
fn unreachable(error: reqwest::Error) -> RemoteError {
    RemoteError::Unreachable(error.without_url().into())
}

async fn body(mut response: Response, cap: usize) -> Result<Vec<u8>, RemoteError> {
    let told = response
        .content_length()
        .and_then(|len| usize::try_from(len).ok())
        .unwrap_or(0);
    if told > cap {
        return Err(RemoteError::TooLarge { cap });
    }
    // What the server tells is good for a first guess, and for no more.
    let mut body = Vec::with_capacity(told.min(1024 * 1024));
    while let Some(piece) = response.chunk().await.map_err(unreachable)? {
        if piece.len() > cap - body.len() {
            return Err(RemoteError::TooLarge { cap });
        }
        body.extend_from_slice(&piece);
    }
    Ok(body)
}

async fn failure(status: StatusCode, response: Response) -> RemoteError {
    let retry_after = response
        .headers()
        .get(RETRY_AFTER)
        .and_then(|value| value.to_str().ok()?.parse().ok());
    let retry_after = retry_after.map(|seconds| Duration::from_secs(seconds).min(LONGEST_PAUSE));
    let body = body(response, PROBLEM_CAP).await.unwrap_or_default();
    let problem: Option<Problem> = serde_json::from_slice(&body).ok();
    if let Some(rewound) = problem.as_ref().and_then(|problem| rewound(status, problem)) {
        return RemoteError::Rewound(rewound);
    }
    let title = problem.as_ref().map(said).unwrap_or_default();
    let status_code = status.as_u16();
    match status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => RemoteError::Refused {
            status: status_code,
            title,
        },
        StatusCode::REQUEST_TIMEOUT
        | StatusCode::TOO_MANY_REQUESTS
        | StatusCode::BAD_GATEWAY
        | StatusCode::SERVICE_UNAVAILABLE
        | StatusCode::GATEWAY_TIMEOUT => RemoteError::Unavailable {
            status: status_code,
            title,
            retry_after,
        },
        _ => RemoteError::Status {
            status: status_code,
            title,
        },
    }
}

fn rewound(status: StatusCode, problem: &Problem) -> Option<es_persistence::Rewound> {
    let rewinding = problem.rewinding.as_ref()?;
    let seen: Mark = rewinding.seen.parse().ok()?;
    (status == StatusCode::CONFLICT && problem.r#type == REWOUND).then_some(es_persistence::Rewound {
        position: seen.position,
        seen: seen.event_id,
        found: rewinding.found,
    })
}

/// The beginning of what a server says, fit for a log of one line.
fn said(problem: &Problem) -> String {
    let text = match &problem.detail {
        Some(detail) => format!("{}: {detail}", problem.title),
        None => problem.title.clone(),
    };
    text.chars()
        .filter(|letter| !letter.is_control())
        .take(TITLE_LEN)
        .collect()
}
