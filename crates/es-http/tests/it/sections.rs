//! Sections: the form of the Python library, and caching.

use es_http::server::Limits;
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::{
    follow::Rows,
    school::{dog, trainer},
    served::{Served, http, positions},
    world::{World, app, on_every_store},
};

on_every_store! {
    sections_put_together_are_the_whole,
}

#[tokio::test]
async fn a_section_has_the_form_of_the_python_library() {
    let app = app().await;
    dog(&app, "Fido", &["sit"]).await;
    let served = Served::of(&app).await;
    let section = served.json("/log/1,10").await;
    let fields: Vec<_> = section.as_object().unwrap().keys().collect();
    assert_eq!(fields, ["id", "items", "next_id"]);
    assert_eq!((&section["id"], &section["next_id"]), (&json!("1,2"), &Value::Null));
    let events = app.notification_log().section("1,10").await.unwrap();
    let event = &events.items()[1].notification().event;
    assert_eq!(
        section["items"][1],
        json!({
            "id": 2,
            "originator_id": event.originator_id.as_uuid().unwrap().simple().to_string(),
            "originator_version": 2,
            "topic": "Dog.TrickAdded",
            "state": "eyJ0cmljayI6InNpdCJ9",
            "originator_type": "uuid",
            "event_id": event.event_id.to_string(),
            "timestamp": event.timestamp.to_string(),
            "schema_version": 1,
        })
    );
}

#[tokio::test]
async fn a_section_says_what_it_holds_and_what_comes_next() {
    let app = app().await;
    for name in ["Fido", "Rex", "Bob"] {
        dog(&app, name, &["sit"]).await;
    }
    let served = Served::with(&app, Limits::default().page_len(4), |permission| permission).await;
    for (asked, id, next_id) in [
        ("1,3", json!("1,3"), json!("4,6")),
        ("1,10", json!("1,4"), json!("5,8")),
        ("5,8", json!("5,6"), Value::Null),
        ("5,6", json!("5,6"), json!("7,8")),
        ("7,10", Value::Null, Value::Null),
        ("3,1", Value::Null, Value::Null),
        ("2,2", json!("2,2"), json!("3,3")),
        ("1,9223372036854775807", json!("1,4"), json!("5,8")),
        ("1%2C3", json!("1,3"), json!("4,6")),
    ] {
        let section = served.json(&format!("/log/{asked}")).await;
        assert_eq!((&section["id"], &section["next_id"]), (&id, &next_id), "{asked}");
    }
    for asked in ["0,1", "1", "a,b", "1,2,3", "-1,2", "1,2%20", "1,9223372036854775808"] {
        let response = served.get(&format!("/log/{asked}")).await;
        assert_eq!(response.status(), 400, "{asked}");
        assert_eq!(response.headers()["content-type"], "application/problem+json");
    }
    assert_eq!(served.get("/log/1,2?limit=3").await.status(), 400);
}

#[tokio::test]
async fn a_section_ends_before_it_is_too_large_and_never_without_an_event() {
    let app = app().await;
    for _ in 0..3 {
        dog(&app, &"x".repeat(3_000), &[]).await;
    }
    let served = Served::with(&app, Limits::default().page_bytes(10_000), |permission| permission).await;
    let section = served.json("/log/1,10").await;
    assert_eq!((positions(&section), &section["next_id"]), (vec![1, 2], &json!("3,12")));
    let served = Served::with(&app, Limits::default().page_bytes(10), |permission| permission).await;
    let section = served.json("/log/1,10").await;
    assert_eq!((positions(&section), &section["next_id"]), (vec![1], &json!("2,11")));
    assert_eq!(positions(&served.json("/log?after=1").await), [2]);
}

#[tokio::test]
async fn a_full_section_can_be_kept_and_others_cannot() {
    let app = app().await;
    dog(&app, "Fido", &["sit", "jump"]).await;
    let served = Served::of(&app).await;
    let full = served.get("/log/1,2").await;
    let tag = full.headers()["etag"].clone();
    assert_eq!(full.headers()["cache-control"], "private, max-age=86400, immutable");
    assert!(
        full.headers()
            .get_all("vary")
            .iter()
            .any(|vary| vary == "authorization")
    );
    let ask = async |known: &str| {
        let request = http().get(format!("{}/log/1,2", served.base()));
        let request = request
            .bearer_auth(served.token.reveal())
            .header("if-none-match", known);
        request.send().await.unwrap()
    };
    for known in [tag.to_str().unwrap(), &format!("\"x\", {}", tag.to_str().unwrap()), "*"] {
        let response = ask(known).await;
        assert_eq!(
            (response.status(), &response.headers()["etag"]),
            (StatusCode::NOT_MODIFIED, &tag)
        );
        assert_eq!(response.bytes().await.unwrap().len(), 0);
    }
    assert_eq!(ask("\"x\"").await.status(), 200);
    for path in ["/log/1,10", "/log/3,4", "/log/7,9", "/log?after=0&limit=2", "/log/last"] {
        let response = served.get(path).await;
        assert_eq!(response.headers()["cache-control"], "no-store", "{path}");
        assert_eq!(response.headers().get("etag"), None, "{path}");
    }
    dog(&app, "Rex", &["sit"]).await;
    let later = served.get("/log/1,2").await;
    assert_eq!(later.headers()["etag"], tag, "it is the same for ever");
}

async fn sections_put_together_are_the_whole<C: Rows>(world: World<C>) {
    for number in 0..10 {
        dog(&world.app, "Fido", &["sit", "jump"]).await;
        if number % 3 == 0 {
            trainer(&world.app, "Ann").await;
        }
    }
    let all = world
        .app
        .notification_log()
        .select(es_application::Selection::all())
        .await
        .unwrap();
    let all: Vec<_> = all.iter().map(es_application::Recorded::position).collect();
    for (len, families) in [(3, None), (7, None), (100, None), (5, Some("Trainer"))] {
        let limits = Limits::default().page_len(len);
        let permitted = |permission: es_http::server::Permission| match families {
            Some(family) => permission.families([family]),
            None => permission,
        };
        let served = Served::with(&world.app, limits, permitted).await;
        let (mut found, mut next) = (Vec::new(), Some(format!("1,{len}")));
        while let Some(id) = next {
            let section = served.json(&format!("/log/{id}")).await;
            found.extend(positions(&section));
            next = section["next_id"]
                .as_str()
                .filter(|_| found.len() < all.len())
                .map(str::to_owned);
        }
        match families {
            None => assert_eq!(found, all, "{len}"),
            Some(_) => assert_eq!(found.len(), 4),
        }
    }
}
