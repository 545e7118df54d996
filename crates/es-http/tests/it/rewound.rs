//! A log that was rewound is noticed, by position and event ID.

use std::sync::{Arc, Mutex};

use es_application::prelude::*;
use es_persistence::{
    BoxFuture, Capabilities, LogPage, Mapper, ReadableLog, RecorderError, RecorderErrorKind, Rewound, Source,
    Subscription, Upstream as _, Wakeup,
};
use es_projection::{ProjectionError, WaitError};
use futures_util::StreamExt as _;
use tokio::time::timeout;

use crate::{
    follow::{Rows, runner},
    school::dog,
    served::{LONG, Served},
    world::{World, app, on_every_store},
};

on_every_store! {
    a_projection_stops_when_the_log_was_rewound,
}

/// A log that another one takes the place of, as after a restore.
#[derive(Clone, Debug)]
pub(crate) struct Switchable(Arc<Mutex<Arc<dyn ReadableLog>>>);

impl Switchable {
    pub(crate) fn of(app: &Application) -> Self {
        Self(Arc::new(Mutex::new(Arc::clone(app.log()))))
    }

    pub(crate) fn switch(&self, app: &Application) {
        *self.0.lock().unwrap() = Arc::clone(app.log());
    }

    fn log(&self) -> Arc<dyn ReadableLog> {
        Arc::clone(&self.0.lock().unwrap())
    }

    pub(crate) fn source(&self) -> Source {
        let mapper = Mapper::from_environment(&Environment::new("School")).unwrap();
        Source::new("School", Arc::new(self.clone()), mapper)
    }
}

impl ReadableLog for Switchable {
    fn select_notifications(&self, selection: Selection) -> BoxFuture<'_, Result<LogPage, RecorderError>> {
        let log = self.log();
        Box::pin(async move { log.select_notifications(selection).await })
    }

    fn max_position(&self) -> BoxFuture<'_, Result<Option<u64>, RecorderError>> {
        let log = self.log();
        Box::pin(async move { log.max_position().await })
    }

    fn wakeup(&self) -> Wakeup {
        self.log().wakeup().at_least_every(std::time::Duration::from_millis(10))
    }

    fn capabilities(&self) -> Capabilities {
        self.log().capabilities()
    }
}

fn rewinding(error: &RecorderError) -> Rewound {
    match error.kind() {
        RecorderErrorKind::Rewound(rewound) => *rewound,
        other => panic!("it was to be noticed: {other:?}"),
    }
}

#[tokio::test]
async fn a_subscription_ends_when_the_log_was_rewound() {
    for tricks in [&[][..], &["sit"], &["sit", "jump", "fetch"]] {
        let (before, restored) = (app().await, app().await);
        let log = Switchable::of(&before);
        let served = Served::of(&log.source()).await;
        dog(&before, "Fido", &["sit"]).await;
        let remote = Arc::new(served.log());
        let mut events = Subscription::new(Arc::clone(&remote) as _, Selection::after(0));
        let _first = timeout(LONG, events.next()).await.unwrap().unwrap().unwrap();
        let second = timeout(LONG, events.next()).await.unwrap().unwrap().unwrap();

        dog(&restored, "Rex", tricks).await;
        log.switch(&restored);
        let error = timeout(LONG, events.next()).await.unwrap().unwrap().unwrap_err();
        let rewound = rewinding(&error);
        assert_eq!((rewound.position, rewound.seen), (2, second.event.event_id));
        assert_eq!(rewound.found.is_some(), !tricks.is_empty());
        assert!(error.to_string().contains("the log was rewound"), "{error}");

        // Told once, a reader that goes on reads the log as it is now.
        let page = remote.select_notifications(Selection::after(2)).await.unwrap();
        assert_eq!(page.notifications.len(), tricks.len().saturating_sub(1));
    }
}

#[tokio::test]
async fn a_reader_that_resumes_knows_what_it_has_seen() {
    let (before, restored) = (app().await, app().await);
    for app in [&before, &restored] {
        dog(app, "Fido", &["sit", "jump"]).await;
    }
    let events = before.notification_log().select(Selection::all()).await.unwrap();
    let (position, event_id) = (events[1].position(), events[1].event_id());
    let served = Served::of(&before).await;
    let page = served
        .log()
        .resuming(position, event_id)
        .select_notifications(Selection::after(position))
        .await;
    assert_eq!(page.unwrap().notifications.len(), 1);
    let served = Served::of(&restored).await;
    let log = served.log().resuming(position, event_id);
    let error = log.select_notifications(Selection::after(position)).await.unwrap_err();
    assert_eq!(rewinding(&error).seen, event_id);
}

async fn a_projection_stops_when_the_log_was_rewound<C: Rows>(world: World<C>) {
    let log = Switchable::of(&world.app);
    let served = Served::of(&log.source()).await;
    let running = runner(&world.views, &served.source()).start().await.unwrap();
    dog(&world.app, "Fido", &["sit"]).await;
    running.wait_for_at_most(2, LONG).await.unwrap();

    let restored = app().await;
    dog(&restored, "Rex", &["sit", "jump"]).await;
    log.switch(&restored);
    match running.wait_for_at_most(3, LONG).await {
        Err(WaitError::Projection(ProjectionError::LogRewound { position, found, .. })) => {
            assert_eq!(position, 2);
            assert!(found.is_some());
        }
        other => panic!("it was to be noticed: {other:?}"),
    }
    assert_eq!(running.read().await.unwrap().all().await.unwrap(), ["Fido", "sit"]);

    // A rebuild is the remedy.
    running.rebuild().await.unwrap();
    running.resume();
    running.wait_for_at_most(3, LONG).await.unwrap();
    assert_eq!(
        running.read().await.unwrap().all().await.unwrap(),
        ["Rex", "sit", "jump"]
    );
}
