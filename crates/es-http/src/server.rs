//! The service that lets others read the log of an application.
//!
//! A [`LogService`] makes an axum router, which is nested into a service of the user's own. A [`Server`]
//! accepts connections within limits, for those who have no server yet:
//!
//! | request | answer |
//! |---|---|
//! | `GET /log/1,10` | a section: the events at positions 1 to 10, and the ID of the next section |
//! | `GET /log?after=&up_to=&limit=&topics=&families=` | a selection: events, and how far the read has looked |
//! | `GET /log/tail?after=&topics=&families=` | a tail: server-sent events, first the stored ones, then new ones as they come |
//! | `GET /log/last` | the position of the last event |
//! | `GET /health` | `200` if the log can be read, else `503` |
//! | `GET /openapi.json` | the contract of all of this (OpenAPI 3.1) |
//!
//! With `wait=` seconds, a selection is held back until there is something after `after`, and the last position until it is
//! another one than `after`. A tail goes on after the `Last-Event-ID` that the reader sends, and says so with an event `rewound` if
//! the log does not have that event any more.
//!
//! Nobody may read unless an [`AccessPolicy`] grants it. [`Tokens`] is the policy for bearer tokens; the policy for client
//! certificates or an identity provider is a short implementation of the trait.

mod access;
mod answer;
mod grant;
mod head;
mod limits;
mod problem;
mod query;
mod reading;
mod routes;
mod section;
mod service;
mod serving;
mod stalling;
mod tail;
mod token;
mod tokens;

pub use self::{
    access::{AccessPolicy, Denial},
    grant::Grant,
    limits::Limits,
    service::LogService,
    serving::Server,
    token::{InvalidToken, Token, TokenHash},
    tokens::{Permission, Tokens},
};
