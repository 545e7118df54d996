//! The paths of the service.

mod document;
mod health;
mod last;
mod sections;
mod selections;
mod tails;

use std::sync::Arc;

use axum::{Router, routing::get};

use self::health::Health;
use super::{problem::Problem, service::Shared};

/// Makes the router of one log.
pub(crate) fn router<S: Clone + Send + Sync + 'static>(shared: Arc<Shared>) -> Router<S> {
    let health = Router::new().route("/health", get(health::health));
    let health = health.with_state(Arc::new(Health::new(Arc::clone(&shared))));
    let router = Router::new()
        .route("/log", get(selections::selection))
        .route("/log/last", get(last::last))
        .route("/log/tail", get(tails::tail))
        .route("/log/{section}", get(sections::section))
        .with_state(shared)
        .merge(health)
        .route("/openapi.json", get(document::document))
        .fallback(async || Problem::NotFound)
        .method_not_allowed_fallback(async || Problem::Method);
    compressed(router)
}

#[cfg(feature = "gzip")]
fn compressed<S: Clone + Send + Sync + 'static>(router: Router<S>) -> Router<S> {
    router.layer(tower_http::compression::CompressionLayer::new())
}

#[cfg(not(feature = "gzip"))]
fn compressed<S>(router: Router<S>) -> Router<S> {
    router
}
