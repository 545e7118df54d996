//! Comparing read models with the log.

use std::collections::BTreeMap;

use es_application::prelude::*;
use es_persistence::{TrackingKey, Upstream as _};
use es_projection::{GenerationId, Views, prelude::BoxError};
use futures_util::StreamExt as _;

use crate::{journal::Tables, school::DogEvent};

/// What was found in a read model.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Audited {
    pub(crate) generations: usize,
    pub(crate) lines: usize,
}

/// Compares each generation with the fold of the log up to its position.
pub(crate) async fn audit<C: Tables>(app: &Application, views: &Views<C>) -> Result<Audited, BoxError> {
    let log = log(app).await?;
    let mut audited = Audited::default();
    for generation in views.store().generations("Journal".into()).await? {
        audited.generations += 1;
        audited.lines += compare(&log, views, &generation.id).await?;
    }
    Ok(audited)
}

async fn compare<C: Tables>(log: &[(u64, String)], views: &Views<C>, id: &GenerationId) -> Result<usize, BoxError> {
    let key = TrackingKey::new("Journal", "School");
    let store = views.store();
    let Some(checkpoint) = store.checkpoint(id.clone(), key).await? else {
        return Ok(0);
    };
    let position = checkpoint.tracking.position;
    // A victim that lives goes on between two queries: what is compared is read by one connection, and the log was read before.
    let mut reading = store.read_generation(id.clone()).await?;
    let lines = reading.lines().await?;
    let counts = reading.counts().await?;
    let expected: Vec<_> = log.iter().filter(|(at, _)| *at <= position).cloned().collect();
    if lines != expected {
        return Err(format!(
            "{id} at position {position} has {} lines instead of {}",
            lines.len(),
            expected.len()
        )
        .into());
    }
    let mut folded = BTreeMap::new();
    for (_, text) in &expected {
        *folded.entry(text.clone()).or_default() += 1;
    }
    if counts != folded {
        return Err(format!("{id} at position {position} counts {counts:?} instead of {folded:?}").into());
    }
    Ok(lines.len())
}

/// All texts of the log, with their positions.
async fn log(app: &Application) -> Result<Vec<(u64, String)>, BoxError> {
    let last = app.log().max_position().await?.unwrap_or(0);
    let mut pages = app.pages(0, DogEvent::topics(), 1000);
    let (mut texts, mut reached) = (Vec::new(), 0);
    while reached < last {
        let page = pages.next().await.transpose()?.ok_or("the log has ended")?;
        reached = page.reached;
        for event in page.events {
            for event in event.decode_all::<DogEvent>()? {
                let (DogEvent::Registered { name: text } | DogEvent::TrickAdded { trick: text }) = event.body();
                texts.push((event.position(), text.clone()));
            }
        }
    }
    Ok(texts)
}
