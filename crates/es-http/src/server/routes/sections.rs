//! `GET /log/1,10`: a section.

use std::sync::Arc;

use axum::{
    extract::{Path, State, rejection::PathRejection},
    http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse as _, Response},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest as _, Sha256};

use crate::{
    server::{
        answer::{self, answer},
        problem::Problem,
        query::Query,
        section::{Found, SectionId},
        service::Shared,
    },
    wire,
};

/// A full section never changes.
const FINAL: HeaderValue = HeaderValue::from_static("private, max-age=86400, immutable");

pub(super) async fn section(
    State(shared): State<Arc<Shared>>,
    id: Result<Path<String>, PathRejection>,
    request: Parts,
) -> Result<Response, Problem> {
    let grant = shared.authorize(&request).await?;
    let Path(id) = id.ok().ok_or(Problem::NotFound)?;
    let id: SectionId = id.parse()?;
    Query::parse(request.uri.query(), &[])?;
    let topics = grant.narrow(None)?;
    let (found, permit) = shared.read(id.read(&*shared.log, topics, &shared.limits)).await?;
    let body = answer::json(&sent(&found));
    let tag = found.is_final.then(|| tag(&body));
    if tag.as_ref().is_some_and(|tag| is_known(&request.headers, tag)) {
        let mut response = StatusCode::NOT_MODIFIED.into_response();
        cache(response.headers_mut(), tag);
        return Ok(response);
    }
    let mut response = answer(body, permit, shared.limits.send_time);
    cache(response.headers_mut(), tag);
    Ok(response)
}

fn sent(found: &Found) -> wire::Section<'_> {
    let notifications = &found.page.notifications;
    let ends = notifications.first().zip(notifications.last());
    wire::Section {
        id: ends.map(|(first, last)| format!("{},{}", first.position, last.position)),
        next_id: found.next_id.clone(),
        items: notifications.iter().map(wire::Item::from).collect(),
    }
}

/// The tag of a body. It is weak, because the same body may be sent compressed.
fn tag(body: &[u8]) -> HeaderValue {
    let hash: [u8; 32] = Sha256::digest(body).into();
    let digits = URL_SAFE_NO_PAD.encode(hash);
    HeaderValue::from_str(&format!("W/\"{digits}\"")).unwrap_or(HeaderValue::from_static("W/\"\""))
}

fn is_known(headers: &HeaderMap, tag: &HeaderValue) -> bool {
    let weak = |text: &str| text.trim().trim_start_matches("W/").to_owned();
    let tag = tag.to_str().map(weak).unwrap_or_default();
    let known = headers.get_all(header::IF_NONE_MATCH).iter();
    let mut known = known
        .filter_map(|value| value.to_str().ok())
        .flat_map(|list| list.split(','));
    known.any(|one| one.trim() == "*" || weak(one) == tag)
}

fn cache(headers: &mut HeaderMap, tag: Option<HeaderValue>) {
    match tag {
        None => headers.extend(answer::CHANGING),
        Some(tag) => {
            headers.insert(header::CACHE_CONTROL, FINAL);
            headers.insert(header::ETAG, tag);
            // What one reader may see, another may not.
            headers.insert(header::VARY, HeaderValue::from_static("authorization"));
        }
    }
}
