//! Pages of the log: how far they look, and what they select.

use es_persistence::{LOG_WINDOW, LogPage, Selection, StoredEvent, Topics};

use crate::store::{APPLICATION, Store, event, id, rows, with_store};

/// Stores an event of its own aggregate under `topic`.
async fn store_topic(store: &Store, topic: &'static str) -> u64 {
    let mut event: StoredEvent = event(&id(), 1);
    event.topic = topic.into();
    store.recorder.insert_events(vec![event]).await.unwrap()[0]
}

/// Burns positions up to `position`, as refused saves do.
async fn burn(store: &Store, position: u64) {
    let sql = format!("SELECT setval('{}.dogs_positions', {position})", store.schema);
    rows(&mut store.server.connect().await, &sql).await;
}

async fn page(store: &Store, selection: Selection) -> LogPage {
    store.recorder.select_notifications(selection).await.unwrap()
}

fn positions(page: &LogPage) -> Vec<u64> {
    page.notifications
        .iter()
        .map(|notification| notification.position)
        .collect()
}

#[test]
fn exact_topics_and_families_are_selected() {
    with_store(|store| async move {
        for topic in [
            "Dog.Born",
            "Dog.Sold.Abroad",
            "Dogma.Stated",
            "Cat.Born",
            "Dog",
            "Dog_Born",
        ] {
            store_topic(&store, topic).await;
        }
        let chosen = [
            (Topics::families(["Dog"]), vec![1, 2]),
            (Topics::exact(["Dog"]), vec![5]),
            (Topics::families(["Cat"]).and_exact(["Dogma.Stated"]), vec![3, 4]),
            (Topics::none(), vec![]),
        ];
        for (topics, expected) in chosen {
            let page = page(&store, Selection::all().of_topics(topics.clone())).await;
            assert_eq!((positions(&page), page.reached), (expected, 6), "{topics:?}");
        }
        store
    });
}

#[test]
fn a_read_by_topic_looks_at_one_window_and_moves_on_through_holes() {
    with_store(|store| async move {
        store_topic(&store, "a").await;
        burn(&store, 3 * LOG_WINDOW).await;
        let last = store_topic(&store, "a").await;
        assert_eq!(last, 3 * LOG_WINDOW + 1);
        let mut reached = 0;
        let mut seen = Vec::new();
        for step in 1..=4 {
            let page = page(&store, Selection::after(reached).topics(["a"]).limit(9)).await;
            seen.extend(positions(&page));
            reached = page.reached;
            assert_eq!(reached, last.min(step * LOG_WINDOW));
        }
        assert_eq!(seen, [1, last]);
        let end = page(&store, Selection::after(reached).topics(["a"])).await;
        assert_eq!(end, LogPage::new(Vec::new(), last));
        let whole = page(&store, Selection::all()).await;
        assert_eq!((positions(&whole), whole.reached), (vec![1, last], last));
        store
    });
}

#[test]
fn a_page_reaches_no_further_than_it_has_looked() {
    with_store(|store| async move {
        for _ in 0..5 {
            store_topic(&store, "a").await;
        }
        // Positions that nothing is stored at are not reached.
        burn(&store, 9).await;
        let reached = [
            (Selection::all(), 5),
            (Selection::all().limit(2), 2),
            (Selection::all().limit(0), 0),
            (Selection::after(3).limit(0), 3),
            (Selection::all().up_to(4), 4),
            (Selection::all().up_to(4).limit(3), 3),
            (Selection::all().up_to(7), 5),
            (Selection::after(5), 5),
            (Selection::after(8), 8),
            (Selection::all().topics(["b"]), 5),
            (Selection::all().topics(["b"]).up_to(2), 2),
            (Selection::all().topics(["a"]).limit(1), 1),
            (Selection::all().topics(Vec::<String>::new()), 5),
            (Selection::all().topics(["b"]).limit(0), 0),
        ];
        // The second time, much is known without a question.
        for round in 0..2 {
            for (selection, expected) in &reached {
                let page = page(&store, selection.clone()).await;
                assert_eq!(page.reached, *expected, "{round}: {selection:?}");
            }
        }
        store
    });
}

#[test]
fn the_log_is_readable_by_sql() {
    with_store(|store| async move {
        let id = id();
        let event = event(&id, 1);
        store.recorder.insert_events(vec![event.clone()]).await.unwrap();
        let sql = format!(
            "SELECT position, topic, \"timestamp\"::text, convert_from(state, 'UTF8') FROM {}.{}_events ORDER BY position",
            store.schema,
            APPLICATION.to_lowercase()
        );
        let mut connection = store.server.connect().await;
        rows(&mut connection, "SET timezone = 'UTC'").await;
        let found = rows(&mut connection, &sql).await;
        let text = |column: usize| sqlx::Row::get::<String, _>(&found[0], column);
        assert_eq!(text(1), event.topic);
        assert_eq!(text(2), "2026-01-02 03:04:05.000006+00");
        assert_eq!(text(3).into_bytes(), event.state);
        store
    });
}
