//! Who may read a log.

use std::fmt;

use axum::http::request::Parts;
use es_persistence::BoxFuture;

use super::Grant;

/// Decides who may read the log of an application.
///
/// [`Tokens`](super::Tokens) implements it for bearer tokens. For client certificates or an identity provider it is implemented by
/// the user:
///
/// ```
/// use axum::http::request::Parts;
/// use es_http::server::{AccessPolicy, Denial, Grant};
/// use es_persistence::{BoxFuture, Topics};
///
/// /// What the user's TLS acceptor puts into the extensions of each request.
/// #[derive(Clone)]
/// struct PeerName(String);
///
/// #[derive(Debug)]
/// struct ByCertificate;
///
/// impl AccessPolicy for ByCertificate {
///     fn authorize<'a>(&'a self, request: &'a Parts, application: &'a str) -> BoxFuture<'a, Result<Grant, Denial>> {
///         Box::pin(async move {
///             match request.extensions.get::<PeerName>() {
///                 Some(PeerName(name)) if name == "billing" && application == "School" => {
///                     Ok(Grant::of_topics(Topics::families(["Dog"])))
///                 }
///                 Some(_) => Err(Denial::Forbidden),
///                 None => Err(Denial::Unauthenticated),
///             }
///         })
///     }
/// }
/// ```
pub trait AccessPolicy: fmt::Debug + Send + Sync + 'static {
    /// Returns what the sender of `request` may read of the log of `application`.
    ///
    /// It is called for each request, and again and again while a request waits or a tail goes on, so that a permission that has
    /// ended ends the tail. A policy that asks another service keeps the answers for a while.
    ///
    /// # Errors
    ///
    /// [`Denial`] if the sender may not read, or if that is unknown.
    ///
    /// # Cancel safety
    ///
    /// The future is dropped when the client has gone.
    fn authorize<'a>(&'a self, request: &'a Parts, application: &'a str) -> BoxFuture<'a, Result<Grant, Denial>>;
}

/// The reason why a request is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Denial {
    /// The request does not say who sends it, or cannot prove it: status 401.
    Unauthenticated,
    /// The sender is known, and may not read this log: status 403.
    Forbidden,
    /// The policy cannot decide at present: status 503. The client tries again.
    Undecided,
}

/// Lets everybody read everything.
#[derive(Debug)]
pub(crate) struct OpenToEveryone;

impl AccessPolicy for OpenToEveryone {
    fn authorize<'a>(&'a self, _request: &'a Parts, _application: &'a str) -> BoxFuture<'a, Result<Grant, Denial>> {
        Box::pin(std::future::ready(Ok(Grant::whole_log())))
    }
}
