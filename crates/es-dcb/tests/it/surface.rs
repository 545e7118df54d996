//! Metadata, encryption, older events, limits, and the names under which all of it is stored.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering::SeqCst},
};

use es_application::{Retries, prelude::*};
use es_dcb::{EventKind, Events, prelude::*};
use es_domain::{Metadata, State, Uuid, testing::Deterministic};
use es_persistence::{OriginatorId, RecorderErrorKind, Topics, cipher::create_key};
use serde::{Deserialize, Serialize};

use crate::stores;

#[derive(Tag, Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[tag(name = "room")]
pub(crate) struct RoomId(u32);

#[derive(Tag, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct GuestName {
    name: String,
}

fn priced(mut state: State) -> State {
    state.insert("price", 10_u32);
    state
}

#[derive(TaggedEvent, Clone, Debug, PartialEq, Serialize, Deserialize)]
#[tagged_event(topic = "hotel.Stay")]
pub(crate) enum StayEvent {
    #[tagged_event(upcast(priced), alias = "Stay.Began")]
    Booked {
        #[tag]
        room: RoomId,
        #[tag]
        guests: Vec<GuestName>,
        #[tag]
        payer: Option<GuestName>,
        price: u32,
    },
    #[tagged_event(topic = "hotel.Ended")]
    Left {
        #[tag]
        room: RoomId,
    },
    HotelClosed,
}

fn guest(name: &str) -> GuestName {
    GuestName { name: name.to_owned() }
}

fn booked(room: u32, guests: &[&str]) -> StayEvent {
    StayEvent::Booked {
        room: RoomId(room),
        guests: guests.iter().map(|name| guest(name)).collect(),
        payer: Some(guest("payer")),
        price: 20,
    }
}

#[test]
fn names_and_topics_are_as_they_are_written() {
    assert_eq!((RoomId::NAME, GuestName::NAME), ("room", "guest_name"));
    let topics: Vec<_> = StayEvent::KINDS.iter().map(EventKind::topic).collect();
    assert_eq!(topics, ["hotel.Stay.Booked", "hotel.Ended", "hotel.Stay.HotelClosed"]);
    let expected = Topics::families(["hotel.Stay"]).and_exact(["hotel.Ended", "Stay.Began"]);
    assert_eq!(StayEvent::topics(), expected);
    let tags = Tags::of(&RoomId(7))
        .and(&guest("ann"))
        .and(&guest("bob"))
        .and(&guest("payer"));
    assert_eq!(booked(7, &["ann", "bob", "ann"]).tags(), tags);
    assert_eq!(StayEvent::HotelClosed.tags(), Tags::none());
    assert_eq!(StayEvent::KINDS[0].version(), 2);
}

/// All stays in which somebody took part.
#[derive(Clone)]
struct Stays {
    guest: GuestName,
    stays: Vec<(StayEvent, Metadata)>,
}

impl Stays {
    fn of(name: &str) -> Self {
        let stays = Vec::new();
        Self {
            guest: guest(name),
            stays,
        }
    }
}

impl DecisionModel for Stays {
    type Events = StayEvent;

    fn tags(&self) -> Tags {
        (&self.guest).into()
    }

    fn apply(&mut self, event: &Recorded<StayEvent>) {
        self.stays.push((event.body().clone(), event.metadata().clone()));
    }
}

fn book(room: u32, name: &str) -> impl Decision<Event = StayEvent, Error = ()> {
    let event = booked(room, &[name]);
    decision(Stays::of(name), move |_| Ok(event.clone()))
}

/// What is stored of somebody's stays.
async fn stays_of(app: &Application, name: &str) -> Vec<(StayEvent, Metadata)> {
    let mut found = Vec::new();
    let look = decision(Stays::of(name), |stays: &Stays| {
        found.clone_from(&stays.stays);
        Ok::<_, ()>(Events::<StayEvent>::none())
    });
    app.decide(look).await.unwrap();
    found
}

#[tokio::test]
async fn events_of_a_decision_have_the_metadata_the_clock_and_the_ids_of_the_application() {
    let fixed = Deterministic::new();
    for opened in stores::all_with(
        |environment| environment,
        |builder| builder.clock(fixed.clone()).id_source(fixed.clone()),
    )
    .await
    {
        let app = opened
            .app
            .with_metadata(Metadata::new().correlation_id("request-1").with("user", "ann"));
        let decided = app.decide(book(1, "ann")).await.unwrap();
        let recording = &decided.recordings()[0];
        assert!(recording.timestamp().to_string().starts_with("2000-01-01T"));
        assert_eq!(*recording.originator(), OriginatorId::Uuid(recording.event_id()));
        assert_eq!(recording.originator_version(), 1);
        let stays = stays_of(&app, "ann").await;
        assert_eq!(stays[0].1.get("user"), Some("ann"));
        assert_eq!(stays[0].1.get("correlation_id"), Some("request-1"));
    }
}

#[tokio::test]
async fn events_with_tags_are_compressed_and_encrypted_as_the_settings_say() {
    let key = create_key(32).unwrap();
    let settings = |environment: Environment| {
        let environment = environment.with("CIPHER_KEY", key.as_str());
        environment.with("COMPRESSOR_TOPIC", "zlib")
    };
    for opened in stores::all_with(settings, |builder| builder).await {
        let app = &opened.app;
        let decided = app.decide(book(1, "confidential")).await.unwrap();
        let state = &decided.recordings()[0].notification().event.state;
        assert!(!state.windows(12).any(|part| part == b"confidential"));
        assert_eq!(stays_of(app, "confidential").await.len(), 1);
        assert_eq!(stays_of(app, "somebody").await.len(), 0);
    }
}

/// Asserts what is stored of the decisions that were made under `keys`, each with the number of stays that it was made on.
async fn stay_after(environment: &Environment, settings: &[(&str, &str)], expected: usize) {
    let environment = settings.iter().fold(environment.clone(), |environment, (key, value)| {
        environment.with(*key, (*value).to_owned())
    });
    let app = stores::open(&environment).await;
    assert_eq!(stays_of(&app, "ann").await.len(), expected, "{settings:?}");
    let stays = Stays::of("ann");
    let last = decision((stays, LastStay::of("ann")), |(stays, last): &(Stays, LastStay)| {
        assert_eq!(
            last.0.stays.len(),
            stays.stays.len().min(1),
            "only the last one is read"
        );
        Ok::<_, ()>(booked(1, &["ann"]))
    });
    app.decide(last).await.unwrap();
    app.close().await;
}

/// The last stay of a guest.
#[derive(Clone)]
struct LastStay(Stays);

impl LastStay {
    fn of(name: &str) -> Self {
        Self(Stays::of(name))
    }
}

impl DecisionModel for LastStay {
    type Events = StayEvent;

    const LAST_ONLY: bool = true;

    fn tags(&self) -> Tags {
        self.0.tags()
    }

    fn apply(&mut self, event: &Recorded<StayEvent>) {
        self.0.apply(event);
    }
}

#[tokio::test]
async fn events_are_found_by_their_tags_when_encryption_begins_and_keys_change() {
    let [old, new] = [create_key(32).unwrap(), create_key(32).unwrap()];
    let (both, swapped) = (format!("1:{},2:{}", *old, *new), format!("2:{},1:{}", *new, *old));
    for opened in stores::all().await.into_iter().skip(1) {
        opened.app.clone().close().await;
        let environment = &opened.environment;
        stay_after(environment, &[], 0).await;
        stay_after(environment, &[("CIPHER_KEY", &old), ("CIPHER_ACCEPT_PLAIN", "y")], 1).await;
        stay_after(environment, &[("CIPHER_KEY", &both), ("CIPHER_ACCEPT_PLAIN", "y")], 2).await;
        stay_after(
            environment,
            &[("CIPHER_KEY", &swapped), ("CIPHER_ACCEPT_PLAIN", "y")],
            3,
        )
        .await;
        stay_after(environment, &[("CIPHER_KEY", &swapped), ("CIPHER_TOPIC", "none")], 4).await;
    }
}

#[tokio::test]
async fn values_of_tags_are_not_in_the_file_when_there_is_a_key() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("school.sqlite");
    let environment = Environment::new("School")
        .with("PERSISTENCE_MODULE", "sqlite")
        .with("SQLITE_DBNAME", path.to_str().unwrap());
    let is_there = |path: &std::path::Path| {
        let bytes = std::fs::read(path).unwrap();
        bytes.windows(12).any(|part| part == b"confidential")
    };
    for (key, expected) in [(Some(create_key(32).unwrap()), false), (None, true)] {
        let environment = key.iter().fold(environment.clone(), |environment, key| {
            environment.with("CIPHER_KEY", key.as_str())
        });
        let environment = environment.with("CIPHER_ACCEPT_PLAIN", if key.is_some() { "y" } else { "n" });
        let app = stores::open(&environment).await;
        app.decide(book(1, "confidential")).await.unwrap();
        app.close().await;
        assert_eq!(is_there(&path), expected);
        std::fs::remove_file(&path).unwrap();
    }
}

/// The events of an older program.
mod before {
    use super::{GuestName, RoomId};
    use es_dcb::prelude::*;
    use serde::{Deserialize, Serialize};

    #[derive(TaggedEvent, Clone, Debug, Serialize, Deserialize)]
    pub(crate) enum StayEvent {
        Began {
            #[tag]
            room: RoomId,
            #[tag]
            guests: Vec<GuestName>,
            payer: Option<GuestName>,
        },
        Moved {
            #[tag]
            guest: GuestName,
        },
    }
}

#[tokio::test]
async fn older_events_are_found_under_their_old_topics_and_brought_up_to_date() {
    for opened in stores::all().await {
        let app = &opened.app;
        let began = before::StayEvent::Began {
            room: RoomId(3),
            guests: vec![guest("ann")],
            payer: None,
        };
        let began = decision((), move |()| Ok::<_, ()>(began.clone()));
        app.decide(began).await.unwrap();
        let expected = StayEvent::Booked {
            room: RoomId(3),
            guests: vec![guest("ann")],
            payer: None,
            price: 10,
        };
        let stays = stays_of(app, "ann").await;
        assert_eq!(stays.into_iter().map(|(stay, _)| stay).collect::<Vec<_>>(), [expected]);
        let moved = before::StayEvent::Moved { guest: guest("ann") };
        app.decide(decision((), move |()| Ok::<_, ()>(moved.clone())))
            .await
            .unwrap();
        assert_eq!(
            stays_of(app, "ann").await.len(),
            1,
            "the other event is of another family"
        );
    }
}

/// The events of a newer program.
mod after {
    use super::GuestName;
    use es_dcb::prelude::*;
    use serde::{Deserialize, Serialize};

    #[derive(TaggedEvent, Clone, Debug, Serialize, Deserialize)]
    #[tagged_event(topic = "hotel.Stay")]
    pub(crate) enum StayEvent {
        Upgraded {
            #[tag]
            guest: GuestName,
        },
    }
}

#[tokio::test]
async fn an_event_that_only_a_newer_program_knows_is_an_error_and_is_not_passed_over() {
    for opened in stores::all().await {
        let app = &opened.app;
        let upgraded = after::StayEvent::Upgraded { guest: guest("ann") };
        let upgraded = decision((), move |()| Ok::<_, ()>([upgraded.clone()]));
        app.decide(upgraded).await.unwrap();
        let error = app.decide(book(1, "ann")).await.unwrap_err();
        let ExecuteError::Application(error @ ApplicationError::Mapper(_)) = error else {
            panic!("{error:?}")
        };
        assert!(error.to_string().contains("Upgraded"), "{error}");
        app.decide(book(1, "bob")).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_decision_is_tried_again_when_something_that_matters_has_come_in_between() {
    for opened in stores::all().await {
        let (app, attempts) = (&opened.app, Arc::new(AtomicU32::new(0)));
        let counted = |limit: u32| {
            let (app, attempts) = (app.clone(), Arc::clone(&attempts));
            decision(Stays::of("ann"), move |stays: &Stays| {
                let attempt = attempts.fetch_add(1, SeqCst) + 1;
                if attempt <= limit {
                    interfere(&app);
                }
                Ok::<_, ()>(booked(u32::try_from(stays.stays.len()).unwrap(), &["ann"]))
            })
        };
        let decided = app.decide(counted(3)).await.unwrap();
        assert_eq!(attempts.swap(0, SeqCst), 4);
        assert_eq!(decided.events(), [booked(3, &["ann"])]);
        let stubborn = app.with_retries(Retries::default().attempts(3));
        let error = stubborn.decide(counted(10)).await.unwrap_err();
        let ExecuteError::Application(ApplicationError::Recorder(error)) = error else {
            panic!("{error:?}")
        };
        assert_eq!(*error.kind(), RecorderErrorKind::ConditionFailed);
        assert_eq!(attempts.load(SeqCst), 3);
    }
}

/// Stores an event while somebody else decides.
fn interfere(app: &Application) {
    std::thread::scope(|scope| {
        let store = || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime
                .block_on(app.decide(decision((), |()| Ok::<_, ()>(booked(9, &["ann"])))))
                .unwrap();
        };
        scope.spawn(store).join().unwrap();
    });
}

#[tokio::test]
async fn a_tag_that_no_store_can_keep_is_refused() {
    for opened in stores::all().await {
        for name in ["a\0b", &"x".repeat(2000)] {
            let error = opened.app.decide(book(1, name)).await.unwrap_err();
            let ExecuteError::Application(ApplicationError::Recorder(error)) = error else {
                panic!("{error:?}")
            };
            assert_eq!(*error.kind(), RecorderErrorKind::Invalid);
        }
    }
}

#[tokio::test]
async fn several_events_and_lists_of_models_are_decided_together() {
    for opened in stores::all().await {
        let app = &opened.app;
        let models = (
            vec![Stays::of("ann"), Stays::of("bob")],
            [Stays::of("eve")],
            Some(Stays::of("ann")),
        );
        let both = decision(models, |(list, [eve], again)| {
            assert_eq!((list.len(), eve.stays.len()), (2, 0));
            let again = again.as_ref().map(|again| again.stays.len());
            assert_eq!(again, Some(list[0].stays.len()));
            Ok::<_, ()>(vec![booked(1, &["ann"]), StayEvent::Left { room: RoomId(1) }])
        });
        let decided = app.decide(both).await.unwrap();
        assert_eq!(
            decided.recordings()[1].position(),
            decided.recordings()[0].position() + 1
        );
        assert_eq!(decided.events().len(), 2);
    }
}

#[tokio::test]
async fn a_store_that_is_opened_again_finds_events_by_their_tags() {
    for opened in stores::all().await.into_iter().skip(1) {
        opened.app.decide(book(1, "ann")).await.unwrap();
        opened.app.clone().close().await;
        let again = stores::open(&opened.environment).await;
        assert_eq!(stays_of(&again, "ann").await.len(), 1);
        again.close().await;
    }
}

/// A command that is sent around.
struct Book(u32, &'static str);

impl Decision for Book {
    type Models = Stays;
    type Event = StayEvent;
    type Error = &'static str;

    fn models(&self) -> Stays {
        Stays::of(self.1)
    }

    fn decide(&mut self, stays: &Stays) -> Result<Events<StayEvent>, &'static str> {
        if stays.stays.is_empty() {
            return Ok(booked(self.0, &[self.1]).into());
        }
        Err("the guest has a room")
    }
}

#[tokio::test]
async fn a_struct_is_a_decision_too() {
    let app = Application::builder("Hotel").open().await.unwrap();
    app.decide(Book(1, "ann")).await.unwrap();
    let refused = app.decide(Book(2, "ann")).await.unwrap_err();
    assert!(matches!(refused, ExecuteError::Command("the guest has a room")));
    let room = Uuid::nil();
    assert_eq!(room.to_string().len(), 36);
}
