//! Histories, earlier states, and which aggregates there are.

use es_application::prelude::*;
use es_domain::{ReadEvent, Stamp, State, Timestamp, prelude::*, testing::deterministic};
use es_persistence::StoredEvent;
use futures_util::{StreamExt as _, TryStreamExt as _};

use crate::{
    bank::{Account, AccountEvent, Name},
    stores,
};

/// A page of the third version of the program: what happened is read in other words.
#[derive(Aggregate, Clone, Debug, Default, PartialEq)]
#[aggregate(topic = "Page")]
struct Page {
    root: Root<Self>,
    titles: Vec<String>,
}

#[events(derive(PartialEq), retired("Page.Moved" = read_moved, "Page.Left" = read_left, "Page.Seen"))]
impl Page {
    #[event(Written)]
    fn write(title: &str) -> Self {
        Self {
            titles: vec![title.to_owned()],
            ..Self::default()
        }
    }

    #[event(Renamed)]
    #[expect(dead_code, reason = "retired events become it")]
    fn rename(&mut self, title: &str) {
        self.titles.push(title.to_owned());
    }

    #[event(Closed, discards)]
    #[expect(dead_code, reason = "retired events become it")]
    fn close(&mut self) {}
}

fn read_moved(_: State) -> [PageEvent; 2] {
    ["half", "whole"].map(|title| PageEvent::Renamed {
        title: title.to_owned(),
    })
}

fn read_left(_: State) -> [PageEvent; 2] {
    [
        PageEvent::Renamed {
            title: "last".to_owned(),
        },
        PageEvent::Closed {},
    ]
}

/// A row of an event that is no longer triggered.
fn retired(id: Id<Page>, version: u64, topic: &'static str) -> StoredEvent {
    let row = StoredEvent::new(id.to_originator_id(), version, topic, b"{}".to_vec());
    let stamp = Stamp::now();
    row.with_stamp(stamp.event_id(), stamp.timestamp())
}

/// An application on one SQLite file, and the recorder of that file.
async fn with_recorder(
    folder: &tempfile::TempDir,
) -> (Application, std::sync::Arc<dyn es_persistence::ApplicationRecorder>) {
    let environment = stores::sqlite(folder);
    let app = stores::open(environment.clone()).await;
    let datastore = es_sqlite::factory().open(&environment).await.unwrap();
    (app, datastore.application_recorder().await.unwrap())
}

#[tokio::test]
async fn what_an_aggregate_contains_is_told_also_after_split_and_dropped_events() {
    let folder = tempfile::tempdir().unwrap();
    let (app, recorder) = with_recorder(&folder).await;
    let mut page = Page::write("first");
    app.save(&mut page).await.unwrap();
    let repository = app.repository();
    for (version, topic, is_there) in [
        (2, "Page.Seen", true),
        (3, "Page.Moved", true),
        (4, "Page.Seen", true),
        (5, "Page.Left", false),
        (6, "Page.Seen", false),
    ] {
        recorder
            .insert_events(vec![retired(page.id(), version, topic)])
            .await
            .unwrap();
        assert_eq!(repository.contains(page.id()).await.unwrap(), is_there, "{version}");
        assert_eq!(repository.get(page.id()).await.is_ok(), is_there, "{version}");
    }
    let moved = repository.get_at(page.id(), 4).await.unwrap();
    assert_eq!((moved.version(), moved.titles.len()), (4, 3));

    let history = repository.history(page.id(), |events| events).await.unwrap();
    let bodies: Vec<_> = history.iter().map(|event| event.bodies().len()).collect();
    assert_eq!(bodies, [1, 0, 2, 0, 2, 0]);
    // All that happened comes from the log, too.
    let found = app
        .notification_log()
        .select(Selection::from(3).limit(1))
        .await
        .unwrap();
    let decoded = found[0].decode_all::<PageEvent>().unwrap();
    assert_eq!(decoded.len(), 2);
    found[0].decode::<PageEvent>().unwrap_err();
}

#[tokio::test]
async fn a_history_has_times_metadata_and_versions_and_is_read_in_pages_and_backwards() {
    for store in stores::all().await {
        let app = store.app.with_metadata(Metadata::new().with("user", "ann"));
        let mut account = Account::open("Ann");
        (1..=9).for_each(|amount| account.deposit(amount));
        app.save(&mut account).await.unwrap();
        account.close();
        app.save(&mut account).await.unwrap();
        let (repository, id) = (app.repository(), account.id());

        let all = repository.history(id, |events| events).await.unwrap();
        let versions: Vec<_> = all.iter().map(ReadEvent::originator_version).collect();
        assert_eq!(versions, (1..=11).collect::<Vec<_>>());
        assert_eq!(all[3].bodies(), [AccountEvent::Deposited { amount: 3 }]);
        assert_eq!(all[3].metadata().get("user"), Some("ann"));
        assert_eq!(
            (all[0].timestamp(), all[10].timestamp()),
            (account.created_on(), account.modified_on())
        );

        let page = repository.history(id, |events| events.after(4).limit(4)).await.unwrap();
        assert_eq!(
            page.iter().map(ReadEvent::originator_version).collect::<Vec<_>>(),
            [5, 6, 7, 8]
        );
        let back = repository
            .history(id, |events| events.descending().limit(3))
            .await
            .unwrap();
        assert_eq!(
            back.iter().map(ReadEvent::originator_version).collect::<Vec<_>>(),
            [11, 10, 9]
        );
        let none = repository.history(Id::<Account>::new(), |events| events).await.unwrap();
        assert!(none.is_empty());
    }
}

#[tokio::test]
async fn the_state_at_a_point_in_time_is_that_before_the_first_later_event() {
    for store in stores::all().await {
        let mut account = Account::open("Ann");
        (0..5).for_each(|_| account.deposit(10));
        store.app.save(&mut account).await.unwrap();
        let (repository, id) = (store.app.repository(), account.id());
        let history = repository.history(id, |events| events).await.unwrap();
        for event in &history {
            let at = event.timestamp();
            let expected = history.iter().take_while(|event| event.timestamp() <= at).count() as u64;
            assert_eq!(repository.get_at_time(id, at).await.unwrap().version(), expected);
        }
        let before = Timestamp::from_micros(history[0].timestamp().as_micros() - 1).unwrap();
        assert!(repository.get_at_time(id, before).await.unwrap_err().is_not_found());
        assert_eq!(repository.get_at_time(id, Timestamp::MAX).await.unwrap(), account);
    }
}

#[tokio::test]
async fn a_long_life_is_found_at_a_point_in_time_across_pages() {
    let app = stores::open(Environment::new("Bank")).await;
    let mut account = deterministic(|| {
        let mut account = Account::open("Ann");
        (0..2_400).for_each(|_| account.deposit(1));
        account
    });
    app.save(&mut account).await.unwrap();
    let history = app
        .repository()
        .history(account.id(), |events| events.after(2_099).limit(1))
        .await
        .unwrap();
    let at = app
        .repository()
        .get_at_time(account.id(), history[0].timestamp())
        .await
        .unwrap();
    assert_eq!((at.version(), at.balance()), (2_100, 2_099));
}

#[tokio::test]
async fn the_ids_of_a_type_are_found_in_pages() {
    for store in stores::all().await {
        let mut expected = Vec::new();
        for number in 0..7 {
            let mut account = Account::open("Ann");
            account.deposit(number);
            let mut name = Name::take(&format!("name {number}"));
            store.app.save((&mut account, &mut name)).await.unwrap();
            expected.push(account.id());
        }
        store.app.execute(expected[2], Account::close).await.unwrap();
        let repository = store.app.repository();
        for limit in [1, 3, 7, 100] {
            let (mut found, mut next) = (Vec::new(), Some(0));
            while let Some(after) = next {
                let page = repository.ids::<Account>(after, limit).await.unwrap();
                assert!(page.ids.len() <= limit);
                found.extend(page.ids);
                next = page.next;
            }
            assert_eq!(found, expected, "{limit}");
        }
        let page = repository.ids::<Page>(0, 10).await.unwrap();
        assert_eq!((page.ids, page.next), (Vec::new(), None));
    }
}

#[tokio::test]
async fn the_events_of_one_aggregate_are_followed() {
    for store in stores::all().await {
        let (mut ann, mut bob) = (Account::open("Ann"), Account::open("Bob"));
        store.app.save((&mut ann, &mut bob)).await.unwrap();
        let mut events = store.app.subscribe_to(bob.id(), 0);
        assert_eq!(events.next().await.unwrap().unwrap().position(), 2);
        ann.deposit(1);
        store.app.save(&mut ann).await.unwrap();
        store.app.save(&mut Name::take("Bob")).await.unwrap();
        bob.deposit(2);
        store.app.save(&mut bob).await.unwrap();
        let recorded = events.try_next().await.unwrap().unwrap();
        assert_eq!((recorded.position(), recorded.originator_version()), (5, 2));
        assert_eq!(*recorded.originator(), bob.id().to_originator_id());
        assert_eq!(events.position(), 5);
        let mut rest = store.app.subscribe_to(bob.id(), 2);
        assert_eq!(rest.try_next().await.unwrap().unwrap().position(), 5);
    }
}
