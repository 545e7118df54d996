//! Tails: server-sent events.

use std::time::Duration;

use es_http::server::{Limits, Server};
use reqwest::Response;
use serde_json::Value;
use tokio::{net::TcpListener, sync::oneshot, time::timeout};

use crate::{
    follow::Rows,
    rewound::Switchable,
    school::{dog, trainer},
    served::{LONG, Served, http},
    world::{World, app, on_every_store},
};

on_every_store! {
    a_tail_has_what_is_there_and_what_comes,
}

/// The events of a tail, as a reader sees them.
pub(crate) struct Events {
    response: Response,
    text: String,
}

/// A server-sent event.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Sent {
    pub(crate) id: String,
    pub(crate) kind: String,
    pub(crate) data: Value,
}

impl Events {
    pub(crate) fn of(response: Response) -> Self {
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        assert_eq!(response.headers()["cache-control"], "no-store");
        Self {
            response,
            text: String::new(),
        }
    }

    /// The next block; `None` when the tail has ended.
    pub(crate) async fn block(&mut self) -> Option<String> {
        loop {
            if let Some((block, rest)) = self.text.split_once("\n\n") {
                let (block, rest) = (block.to_owned(), rest.to_owned());
                self.text = rest;
                return Some(block);
            }
            let chunk = timeout(LONG, self.response.chunk())
                .await
                .expect("it comes in time")
                .unwrap()?;
            self.text.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    }

    /// The next event, or where the reader would go on.
    pub(crate) async fn next(&mut self) -> Option<Sent> {
        loop {
            let block = self.block().await?;
            let mut sent = Sent::default();
            for line in block.lines() {
                match line.split_once(": ") {
                    Some(("id", id)) => id.clone_into(&mut sent.id),
                    Some(("event", kind)) => kind.clone_into(&mut sent.kind),
                    Some(("data", data)) => sent.data = serde_json::from_str(data).unwrap(),
                    _ => assert!(line == ":" || line == "retry: 1000", "{line}"),
                }
            }
            if sent != Sent::default() {
                return Some(sent);
            }
        }
    }

    async fn positions(&mut self, count: usize) -> Vec<u64> {
        let mut positions = Vec::new();
        while positions.len() < count {
            let sent = self.next().await.unwrap();
            positions.extend(sent.data["id"].as_u64());
        }
        positions
    }
}

impl Served {
    pub(crate) async fn tail(&self, query: &str) -> Events {
        Events::of(self.get(&format!("/log/tail{query}")).await)
    }

    async fn tail_after(&self, last_event_id: &str) -> Response {
        let request = http()
            .get(format!("{}/log/tail", self.base()))
            .bearer_auth(self.token.reveal());
        request.header("last-event-id", last_event_id).send().await.unwrap()
    }
}

async fn a_tail_has_what_is_there_and_what_comes<C: Rows>(world: World<C>) {
    for _ in 0..60 {
        dog(&world.app, "Fido", &["sit", "jump"]).await;
    }
    let served = Served::of(&world.app).await;
    let all = world
        .app
        .notification_log()
        .select(es_application::Selection::all())
        .await
        .unwrap();
    let all: Vec<_> = all.iter().map(es_application::Recorded::position).collect();
    let mut events = served.tail("").await;
    assert_eq!(events.positions(180).await, all);
    for _ in 0..3 {
        let position = dog(&world.app, "Rex", &[]).await;
        assert_eq!(events.positions(1).await, [position]);
    }
    drop(events);
    // Whoever comes back says what it has seen last.
    let page = served.json(&format!("/log?after={}", all[178])).await;
    let seen = &page["items"][0];
    let last = format!("{}/{}", seen["id"], seen["event_id"].as_str().unwrap());
    let mut events = Events::of(served.tail_after(&last).await);
    let next = events.next().await.unwrap();
    assert_eq!(next.data, page["items"][1]);
    assert_eq!(
        next.id,
        format!("{}/{}", next.data["id"], next.data["event_id"].as_str().unwrap())
    );
}

#[tokio::test]
async fn a_tail_tells_how_far_it_has_come_also_where_nothing_is_selected() {
    let app = app().await;
    dog(&app, "Fido", &[]).await;
    trainer(&app, "Ann").await;
    let served = Served::of(&app).await;
    let mut events = served.tail("?families=Dog").await;
    let first = events.next().await.unwrap();
    assert_eq!(first.data["topic"], "Dog.Registered");
    let passed = events.next().await.unwrap();
    assert_eq!((passed.id, passed.data), (format!("2,{}", first.id), Value::Null));
    trainer(&app, "Bob").await;
    let passed = events.next().await.unwrap();
    assert_eq!(passed.id, format!("3,{}", first.id));
    let mut events = Events::of(served.tail_after(&passed.id).await);
    dog(&app, "Rex", &[]).await;
    assert_eq!(events.positions(1).await, [4]);
    for query in ["?limit=1", "?after=x", "?wait=1"] {
        assert_eq!(served.get(&format!("/log/tail{query}")).await.status(), 400, "{query}");
    }
    assert_eq!(served.tail_after("nonsense").await.status(), 400);
}

#[tokio::test]
async fn a_tail_of_a_rewound_log_says_so() {
    let (before, restored) = (app().await, app().await);
    let log = Switchable::of(&before);
    let served = Served::of(&log.source()).await;
    dog(&before, "Fido", &["sit", "jump"]).await;
    dog(&restored, "Rex", &["sit"]).await;
    let mut events = served.tail("").await;
    assert_eq!(events.positions(3).await, [1, 2, 3]);
    log.switch(&restored);
    let told = events.next().await.unwrap();
    assert_eq!((told.kind.as_str(), &told.data["found"]), ("rewound", &Value::Null));
    let seen = told.data["seen"].as_str().unwrap();
    assert!(seen.starts_with("3/"), "{seen}");
    assert_eq!(events.next().await, None, "the tail has ended");
    assert_eq!(served.tail_after(seen).await.status(), 409);
}

#[tokio::test]
async fn a_tail_ends_with_the_permission() {
    let app = app().await;
    let limits = Limits::default()
        .recheck(Duration::from_millis(10))
        .heartbeat(Duration::from_millis(10));
    let served = Served::with(&app, limits, |permission| permission).await;
    let mut events = served.tail("").await;
    assert_eq!(events.block().await.as_deref(), Some("retry: 1000"));
    for _ in 0..3 {
        assert_eq!(events.block().await.as_deref(), Some(":"), "a sign of life");
    }
    served.tokens.revoke(&served.token.hash());
    assert_eq!(events.next().await, None);
    assert_eq!(served.get("/log/tail").await.status(), 401);
}

#[tokio::test]
async fn only_so_many_tails_are_held_at_once() {
    let app = app().await;
    let served = Served::with(&app, Limits::default().waiting(2), |permission| permission).await;
    let (one, other) = (served.tail("").await, served.tail("").await);
    let refused = served.get("/log/tail").await;
    assert_eq!(
        (refused.status().as_u16(), &refused.headers()["retry-after"]),
        (503, &"1".parse().unwrap())
    );
    drop(one);
    let patience = async {
        while served.get("/log/tail").await.status() == 503 {
            tokio::task::yield_now().await;
        }
    };
    timeout(LONG, patience)
        .await
        .expect("a place is free when a reader has gone");
    drop(other);
}

#[tokio::test]
async fn a_server_that_shuts_down_ends_its_tails_and_answers_what_it_has_begun() {
    let app = app().await;
    let served = Served::of(&app).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}/school", listener.local_addr().unwrap());
    let router = axum::Router::new().nest("/school", served.service.router());
    let (stop, stopped) = oneshot::channel::<()>();
    let accepting = Server::new(listener, router).closing(&served.service);
    let accepting = tokio::spawn(accepting.run(async { drop(stopped.await) }));
    let get = async |path: &str| {
        let request = http().get(format!("{base}{path}")).bearer_auth(served.token.reveal());
        request.send().await
    };
    let mut events = Events::of(get("/log/tail").await.unwrap());
    dog(&app, "Fido", &[]).await;
    assert_eq!(events.positions(1).await, [1]);
    stop.send(()).unwrap();
    assert_eq!(events.next().await, None);
    timeout(LONG, accepting).await.expect("it ends in time").unwrap();
    get("/health").await.unwrap_err();
}
