//! The log of an application over HTTP: served to other machines, and followed from them.
//!
//! With the feature `server`, a [`LogService`](server::LogService) makes an axum router that lets others read the log of an
//! application. With the feature `client`, a [`RemoteLog`](client::RemoteLog) is that log on another machine: it implements
//! [`ReadableLog`](es_persistence::ReadableLog), so subscriptions, projections and systems follow a remote application as
//! they follow a local one.
//!
//! | to do | look at |
//! |---|---|
//! | let others read a log | [`server::LogService`] |
//! | say who may read | [`server::Tokens`], [`server::AccessPolicy`] |
//! | accept connections within limits | [`server::Server`] |
//! | follow a log of another machine | [`client::RemoteLog`] |
//! | follow an application of the Python library | [`client::PythonLog`] |
//!
//! Events leave as they are stored. An encrypted state stays encrypted, and the consumer has the keys.
//!
//! ```
//! # #[cfg(all(feature = "client", feature = "server"))]
//! # async fn run(
//! #     app: es_persistence::Source,
//! #     mapper: es_persistence::Mapper,
//! # ) -> Result<(), Box<dyn std::error::Error>> {
//! use es_http::{client::RemoteLog, server::{LogService, Permission, Token, Tokens}};
//! use es_persistence::Source;
//!
//! // The machine that has the events:
//! let (tokens, token) = (Tokens::new(), Token::generate()?);
//! tokens.admit(token.hash(), Permission::to_read("School"));
//! let router: axum::Router = axum::Router::new().nest("/school", LogService::new(&app, tokens).router());
//!
//! // The machine that follows them:
//! let log = RemoteLog::builder("https://school.example/school").token(token.reveal()).build()?;
//! let school = Source::new("School", std::sync::Arc::new(log), mapper);
//! # Ok(())
//! # }
//! ```
//!
//! # Cargo features
//!
//! All are on by default: `server`, `client`, `rustls` (HTTPS in the client) and `gzip` (compressed answers, on both sides).
//! A program that only follows needs `client` and `rustls`, one that only serves needs `server`.

#[cfg(any(feature = "client", feature = "server"))]
mod wire;

#[cfg(feature = "client")]
pub mod client;
#[cfg(feature = "server")]
pub mod server;
