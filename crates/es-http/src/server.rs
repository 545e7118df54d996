//! The service that lets others read the log of an application.
//!
//! A [`LogService`] makes an axum router, which is nested into a service of the user's own:
//!
//! | request | answer |
//! |---|---|
//! | `GET /log/1,10` | a section: the events at positions 1 to 10, and the ID of the next section |
//! | `GET /log?after=&up_to=&limit=&topics=&families=` | a selection: events, and how far the read has looked |
//! | `GET /log/last` | the position of the last event |
//! | `GET /health` | `200` if the log can be read, else `503` |
//!
//! With `wait=` seconds, a selection is held back until there is something after `after`, and the last position until it is
//! another one than `after`.
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
mod token;
mod tokens;

pub use self::{
    access::{AccessPolicy, Denial},
    grant::Grant,
    limits::Limits,
    service::LogService,
    token::{InvalidToken, Token, TokenHash},
    tokens::{Permission, Tokens},
};
