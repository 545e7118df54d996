//! Answers that say what is wrong (RFC 9457).

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use es_persistence::{RecorderError, RecorderErrorKind};
use serde::Serialize;
use uuid::Uuid;

use super::{Denial, grant::Excess};
use crate::wire::{Mark, REWOUND, Rewinding};

/// What is wrong with a request, or with the service.
#[derive(Clone, Debug)]
pub(crate) enum Problem {
    /// The request is wrong: which part, and what would be right.
    Invalid(String),
    Denied(Denial),
    /// The request names topics that its sender may not read.
    Excess,
    NotFound,
    Method,
    /// The log does not have the event that the reader has seen.
    Rewound {
        seen: Mark,
        found: Option<Uuid>,
    },
    /// There are too many requests.
    Busy,
    /// The service is shutting down.
    Closing,
    /// The log could not be read in time.
    Slow,
    /// The store cannot be reached.
    Unavailable,
    /// The store fails.
    Failed,
}

#[derive(Serialize)]
struct Body<'a> {
    r#type: &'static str,
    title: &'static str,
    status: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<&'a str>,
    #[serde(flatten)]
    rewinding: Option<Rewinding>,
}

impl Problem {
    /// Sorts an error of the store, and logs it: its text may name hosts and files, which are none of the client's business.
    pub(crate) fn of_store(error: &RecorderError, application: &str) -> Self {
        let cause = std::error::Error::source(error);
        tracing::warn!(application, %error, cause, "the log cannot be read");
        match error.kind() {
            RecorderErrorKind::Unavailable | RecorderErrorKind::NotStored | RecorderErrorKind::Closed => {
                Self::Unavailable
            }
            _ => Self::Failed,
        }
    }

    const fn status(&self) -> StatusCode {
        match self {
            Self::Invalid(_) => StatusCode::BAD_REQUEST,
            Self::Denied(Denial::Unauthenticated) => StatusCode::UNAUTHORIZED,
            Self::Denied(Denial::Forbidden) | Self::Excess => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Method => StatusCode::METHOD_NOT_ALLOWED,
            Self::Rewound { .. } => StatusCode::CONFLICT,
            Self::Failed => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Denied(Denial::Undecided) | Self::Busy | Self::Closing | Self::Slow | Self::Unavailable => {
                StatusCode::SERVICE_UNAVAILABLE
            }
        }
    }

    const fn title(&self) -> &'static str {
        match self {
            Self::Invalid(_) => "The request is invalid",
            Self::Denied(Denial::Unauthenticated) => "Authentication is required",
            Self::Denied(Denial::Forbidden) => "The sender may not read this log",
            Self::Denied(Denial::Undecided) => "Whether the sender may read is not known at present",
            Self::Excess => "The request names topics that the sender may not read",
            Self::NotFound => "There is nothing at this path",
            Self::Method => "Only GET is allowed",
            Self::Rewound { .. } => "The log was rewound",
            Self::Busy => "There are too many requests",
            Self::Closing => "The service is shutting down",
            Self::Slow => "The log could not be read in time",
            Self::Unavailable => "The log cannot be reached",
            Self::Failed => "The log cannot be read",
        }
    }

    fn body(&self) -> Body<'_> {
        Body {
            r#type: match self {
                Self::Rewound { .. } => REWOUND,
                _ => "about:blank",
            },
            title: self.title(),
            status: self.status().as_u16(),
            detail: match self {
                Self::Invalid(detail) => Some(detail),
                _ => None,
            },
            rewinding: match self {
                Self::Rewound { seen, found } => Some(Rewinding {
                    seen: seen.to_string(),
                    found: *found,
                }),
                _ => None,
            },
        }
    }
}

impl From<Denial> for Problem {
    fn from(denial: Denial) -> Self {
        Self::Denied(denial)
    }
}

impl From<Excess> for Problem {
    fn from(_: Excess) -> Self {
        Self::Excess
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = self.status();
        // Texts and numbers can always be written as JSON.
        let body = serde_json::to_vec(&self.body()).unwrap_or_default();
        let mut response = (status, body).into_response();
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if status == StatusCode::SERVICE_UNAVAILABLE {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        if status == StatusCode::METHOD_NOT_ALLOWED {
            headers.insert(header::ALLOW, HeaderValue::from_static("GET, HEAD"));
        }
        response
    }
}
