//! No error, no trace and no `Debug` of an application quotes what a cipher protects.
//!
//! Each fault is provoked twice: with a cipher, when no text may have the secret, and without one, when texts have it. The
//! second run shows that the first would find a secret.

use std::{
    cell::Cell,
    collections::BTreeSet,
    error::Error,
    fmt::{self, Write as _},
    sync::{Arc, Mutex},
};

use es_application::prelude::*;
use es_domain::prelude::*;
use futures_util::StreamExt as _;
use serde::{Deserializer, Serializer, de, ser};
use tracing::{
    Event as Trace, Metadata as TraceMetadata, Subscriber,
    field::{Field, Visit},
    span,
};

use crate::stores;

const SECRET: &str = "swordfish";
const KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

thread_local! {
    /// What of a `Word` fails.
    static FAULT: Cell<Fault> = const { Cell::new(Fault::None) };
}

#[derive(Clone, Copy, PartialEq)]
enum Fault {
    None,
    Writing,
    Reading,
    Applying,
}

/// A text whose own code quotes it in errors.
#[derive(Clone, Debug, Default, PartialEq)]
struct Word(String);

impl Serialize for Word {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if FAULT.get() == Fault::Writing {
            return Err(ser::Error::custom(format!("cannot write {}", self.0)));
        }
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Word {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if FAULT.get() == Fault::Reading {
            return Err(de::Error::custom(format!("cannot read {text}")));
        }
        Ok(Self(text))
    }
}

#[derive(Debug, PartialEq, thiserror::Error)]
#[error("{} is wrong", .0.0)]
struct Wrong(Word);

#[derive(Aggregate, Clone, Debug, Default, Serialize, Deserialize)]
struct Vault {
    root: Root<Self>,
    word: Word,
}

#[events]
impl Vault {
    #[event(Filled)]
    fn fill(word: Word) -> Self {
        Self {
            word,
            ..Self::default()
        }
    }

    #[event(Opened)]
    fn open(&mut self, word: Word) -> Result<(), Wrong> {
        if FAULT.get() == Fault::Applying {
            return Err(Wrong(word));
        }
        Ok(())
    }
}

/// What was said of each fault: its name and all texts.
type Texts = Vec<(&'static str, String)>;

/// Everything that an error can print.
fn texts(error: &dyn Error) -> String {
    let mut texts = String::new();
    let mut next = Some(error);
    while let Some(error) = next {
        write!(texts, "{error}\n{error:#}\n{error:?}\n{error:#?}\n").unwrap();
        next = error.source();
    }
    texts
}

fn failure<T>(name: &str, result: Result<T, impl Error>) -> String {
    match result {
        Ok(_) => panic!("{name} does not fail"),
        Err(error) => texts(&error),
    }
}

fn saved() -> Vault {
    FAULT.set(Fault::None);
    let mut vault = Vault::fill(Word(SECRET.to_owned()));
    vault.open(Word(SECRET.to_owned())).unwrap();
    vault
}

async fn faults_of_writing(app: &Application, said: &mut Texts) {
    let mut vault = saved();
    FAULT.set(Fault::Writing);
    said.push(("save", failure("save", app.save(&mut vault).await)));
    said.push(("prepare", failure("prepare", app.prepare(&mut vault).map(drop))));
}

async fn faults_of_reading(app: &Application, said: &mut Texts) {
    let mut vault = saved();
    app.save(&mut vault).await.unwrap();
    let (id, repository) = (vault.id(), app.repository());
    for (fault, names) in [
        (Fault::Reading, ["get", "get_at", "history", "log", "execute"]),
        (Fault::Applying, ["apply", "apply at", "", "", "execute that applies"]),
    ] {
        FAULT.set(fault);
        said.push((names[0], failure(names[0], repository.get(id).await)));
        said.push((names[1], failure(names[1], repository.get_at(id, 2).await)));
        let executed = app.execute(id, |vault| vault.open(Word("x".to_owned()))).await;
        said.push((names[4], failure(names[4], executed)));
        if fault == Fault::Reading {
            let history = repository.history(id, |events| events).await;
            said.push((names[2], failure(names[2], history)));
            let recorded = app.subscribe(Selection::after(0)).next().await.unwrap().unwrap();
            said.push((names[3], failure(names[3], recorded.decode::<VaultEvent>())));
            said.push(("Debug of what is not decoded", format!("{recorded:?} {recorded:#?}")));
        }
    }
    FAULT.set(Fault::None);
}

fn debugs(app: &Application, said: &mut Texts) {
    said.push((
        "Debug",
        format!("{app:?} {app:#?} {:?} {:?}", app.repository(), app.notification_log()),
    ));
}

/// What the application says in traces when a snapshot cannot be read.
async fn faults_of_snapshots(app: &Application, traces: &Traces) -> String {
    let mut vault = saved();
    app.save(&mut vault).await.unwrap();
    app.take_snapshot(vault.id()).await.unwrap();
    let _guard = tracing::subscriber::set_default(traces.clone());
    FAULT.set(Fault::Reading);
    drop(app.repository().get(vault.id()).await);
    FAULT.set(Fault::None);
    traces.0.lock().unwrap().clone()
}

/// Keeps the texts of all traces.
#[derive(Clone, Default)]
struct Traces(Arc<Mutex<String>>);

impl Visit for Traces {
    fn record_error(&mut self, _: &Field, error: &(dyn Error + 'static)) {
        self.0.lock().unwrap().push_str(&texts(error));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        writeln!(self.0.lock().unwrap(), "{field} {value:?}").unwrap();
    }
}

impl Subscriber for Traces {
    fn enabled(&self, _: &TraceMetadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &span::Attributes<'_>) -> span::Id {
        span.record(&mut self.clone());
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, values: &span::Record<'_>) {
        values.record(&mut self.clone());
    }

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn event(&self, event: &Trace<'_>) {
        event.record(&mut self.clone());
    }

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

/// What is said on all stores, with or without a cipher.
async fn said(is_encrypted: bool) -> Texts {
    let settings = |environment: Environment| {
        let environment = environment.with("IS_SNAPSHOTTING_ENABLED", "y");
        if is_encrypted {
            environment.with("CIPHER_KEY", KEY)
        } else {
            environment
        }
    };
    let mut said = Texts::new();
    for store in stores::all_with(settings, |builder| builder).await {
        faults_of_writing(&store.app, &mut said).await;
        faults_of_reading(&store.app, &mut said).await;
        debugs(&store.app, &mut said);
    }
    for store in stores::all_with(settings, |builder| builder).await {
        let traces = faults_of_snapshots(&store.app, &Traces::default()).await;
        assert!(traces.contains("a snapshot is left out"), "{traces}");
        said.push(("traces", traces));
    }
    said
}

#[tokio::test]
async fn nothing_that_is_said_quotes_what_a_cipher_protects() {
    for (name, text) in said(true).await {
        assert!(!text.contains(SECRET), "{name}: {text}");
        assert!(!text.contains("AAECAwQ"), "{name}: {text}");
    }
}

#[tokio::test]
async fn without_a_cipher_texts_quote_the_state_so_that_this_test_can_fail() {
    let said = said(false).await;
    let quoting = said.iter().filter(|(_, text)| text.contains(SECRET));
    let names: BTreeSet<_> = quoting.map(|(name, _)| *name).collect();
    for name in [
        "save", "prepare", "get", "get_at", "history", "log", "execute", "apply", "traces",
    ] {
        assert!(names.contains(name), "{name} of {names:?}");
    }
}
