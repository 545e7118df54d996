//! Nothing secret is in the traces, at any level, of any crate.

use std::{
    fmt::Write as _,
    sync::{Arc, Mutex},
};

use es_persistence::{ReadableLog as _, Selection};
use tracing::{
    Event, Metadata, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
};

use crate::{
    school::dog,
    served::{Served, http},
    world::app,
};

/// Writes down everything that is traced.
#[derive(Clone, Default)]
struct Scribe(Arc<Mutex<String>>);

impl Visit for &Scribe {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        write!(self.0.lock().unwrap(), "{field}={value:?} ").unwrap();
    }
}

impl Subscriber for Scribe {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        span.record(&mut &*self);
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, values: &Record<'_>) {
        values.record(&mut &*self);
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        event.record(&mut &*self);
        self.0.lock().unwrap().push('\n');
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

#[tokio::test]
async fn neither_tokens_nor_states_are_traced() {
    let scribe = Scribe::default();
    let written = Arc::clone(&scribe.0);
    let _guard = tracing::subscriber::set_default(scribe);
    let app = app().await;
    dog(&app, "a very secret dog", &[]).await;
    let served = Served::of(&app).await;
    let log = served.log();
    log.select_notifications(Selection::all()).await.unwrap();
    log.select_notifications(Selection::all().topics(["x"]).up_to(1))
        .await
        .unwrap();
    for path in ["/log/1,1", "/log?after=x", "/log/tail?after=x", "/nothing"] {
        served.get(path).await;
    }
    let wrong = "w".repeat(50);
    http()
        .get(format!("{}/log", served.base()))
        .bearer_auth(&wrong)
        .send()
        .await
        .unwrap();
    tracing::info!("the scribe writes");
    let written = written.lock().unwrap();
    assert!(written.contains("the scribe writes"));
    let secret = served.token.reveal().strip_prefix("es_").unwrap();
    for text in [secret, &wrong, "secret dog", "YSB2ZXJ5IHNlY3JldCBkb2"] {
        assert!(!written.contains(text), "{text}: {written}");
    }
}
