//! Selections, and waiting for new events.

use std::time::{Duration, Instant};

use es_http::server::Limits;
use serde_json::{Value, json};

use crate::{
    follow::Rows,
    school::{dog, trainer},
    served::{LONG, Served, positions},
    world::{World, app, on_every_store},
};

on_every_store! {
    a_request_waits_for_new_events,
}

#[tokio::test]
async fn a_selection_chooses_by_position_number_and_topic() {
    let app = app().await;
    dog(&app, "Fido", &["sit"]).await;
    trainer(&app, "Ann").await;
    dog(&app, "Rex", &["jump"]).await;
    let served = Served::of(&app).await;
    for (query, expected, reached) in [
        ("", vec![1, 2, 3, 4, 5], 5),
        ("?after=3", vec![4, 5], 5),
        ("?after=1&limit=2", vec![2, 3], 3),
        ("?up_to=3", vec![1, 2, 3], 3),
        ("?after=4&up_to=2", vec![], 4),
        ("?topics=Dog.Registered&topics=Trainer.Hired", vec![1, 3, 4], 5),
        ("?families=Dog&limit=3", vec![1, 2, 4], 4),
        ("?families=Trainer", vec![3], 5),
        ("?families=Cat", vec![], 5),
        ("?topics=", vec![], 5),
        ("?limit=0", vec![], 0),
        ("?after=9", vec![], 9),
    ] {
        let page = served.json(&format!("/log{query}")).await;
        assert_eq!(positions(&page), expected, "{query}");
        assert_eq!(page["reached"], reached, "{query}");
        assert_eq!(
            page["contiguous"],
            !(query.contains("topics") || query.contains("families")),
            "{query}"
        );
    }
    for query in [
        "?aftr=1",
        "?after=-1",
        "?after=1&after=2",
        "?limit=x",
        "?seen=7",
        "?wait=1.5",
        "?topics=%00",
    ] {
        let response = served.get(&format!("/log{query}")).await;
        assert_eq!(response.status(), 400, "{query}");
        let problem: Value = serde_json::from_slice(&response.bytes().await.unwrap()).unwrap();
        assert_eq!(problem["title"], "The request is invalid");
        assert!(problem["detail"].is_string());
    }
}

#[tokio::test]
async fn the_last_position_is_told_with_what_the_log_promises() {
    let app = app().await;
    let served = Served::of(&app).await;
    let none = json!({"position": null, "contiguous": true, "durable": false});
    assert_eq!(served.json("/log/last").await, none);
    dog(&app, "Fido", &["sit"]).await;
    assert_eq!(served.json("/log/last").await["position"], 2);
    assert_eq!(served.json("/log/last?after=1&wait=60").await["position"], 2);
}

#[tokio::test]
async fn an_event_that_was_seen_and_is_not_there_is_a_conflict() {
    let app = app().await;
    dog(&app, "Fido", &["sit"]).await;
    let served = Served::of(&app).await;
    let page = served.json("/log?limit=1").await;
    let event_id = page["items"][0]["event_id"].as_str().unwrap().to_owned();
    assert_eq!(
        positions(&served.json(&format!("/log?after=1&seen=1/{event_id}")).await),
        [2]
    );
    let response = served.get(&format!("/log?after=2&seen=2/{event_id}")).await;
    assert_eq!(response.status(), 409);
    let problem: Value = serde_json::from_slice(&response.bytes().await.unwrap()).unwrap();
    assert_eq!(problem["type"], "urn:es-http:rewound");
    assert_eq!(problem["seen"], format!("2/{event_id}"));
    assert!(problem["found"].is_string());
    let response = served.get(&format!("/log?after=9&seen=9/{event_id}")).await;
    let problem: Value = serde_json::from_slice(&response.bytes().await.unwrap()).unwrap();
    assert_eq!(problem["found"], Value::Null);
}

async fn a_request_waits_for_new_events<C: Rows>(world: World<C>) {
    let served = Served::of(&world.app).await;
    for path in ["/log", "/log/last"] {
        let last = dog(&world.app, "Fido", &[]).await;
        let path = format!("{path}?after={last}&wait=60");
        let start = Instant::now();
        let save = async {
            // It may be stored before the request arrives, and is found then.
            tokio::task::yield_now().await;
            dog(&world.app, "Rex", &[]).await
        };
        let (answer, position) = tokio::join!(served.json(&path), save);
        let answered = answer["position"]
            .as_u64()
            .or_else(|| positions(&answer).first().copied());
        assert_eq!(answered, Some(position), "{path}");
        assert!(start.elapsed() < LONG, "it was woken");
    }
}

#[tokio::test]
async fn waiting_ends_with_its_time_with_the_service_and_where_nothing_can_come() {
    let app = app().await;
    dog(&app, "Fido", &[]).await;
    let limits = Limits::default().wait(Duration::from_millis(50));
    let served = Served::with(&app, limits, |permission| permission).await;
    for path in ["/log?after=1&wait=3600", "/log/last?after=1&wait=3600"] {
        let answer = served.json(path).await;
        assert!(answer["position"] == 1 || positions(&answer).is_empty(), "{path}");
    }
    let served = Served::of(&app).await;
    for path in ["/log?after=1&up_to=1&wait=3600", "/log?after=1&limit=0&wait=3600"] {
        assert_eq!(positions(&served.json(path).await), [0_u64; 0], "{path}");
    }
    let close = async {
        tokio::task::yield_now().await;
        served.service.close();
    };
    let (response, ()) = tokio::join!(served.get("/log?after=1&wait=3600"), close);
    assert!(
        [200, 503].contains(&response.status().as_u16()),
        "waiting or not yet, it is answered"
    );
    assert_eq!(served.get("/log?after=1&wait=1").await.status(), 503);
    assert_eq!(
        served.json("/log?after=0&wait=1").await["reached"],
        1,
        "others are still answered"
    );
}

#[tokio::test]
async fn only_so_many_requests_wait_at_once() {
    let app = app().await;
    let served = Served::with(&app, Limits::default().waiting(1), |permission| permission).await;
    // The one place is taken by turns until the request that waits for long has it.
    let patient = async {
        loop {
            let response = served.get("/log?wait=60").await;
            if response.status() != 503 {
                return response;
            }
        }
    };
    let refused = async {
        loop {
            let response = served.get("/log?wait=1").await;
            if response.status() == 503 {
                return response;
            }
        }
    };
    let mut first = Box::pin(patient);
    let response = tokio::select! {
        _answered = &mut first => panic!("it waits"),
        refused = refused => refused,
    };
    assert_eq!(response.headers()["retry-after"], "1");
    dog(&app, "Fido", &[]).await;
    assert_eq!(first.await.status(), 200);
}
