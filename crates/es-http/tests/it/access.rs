//! Who may read, and what those learn who may not.

use std::sync::{Arc, Mutex};

use axum::http::request::Parts;
use es_domain::Clock;
use es_http::server::{AccessPolicy, Denial, Grant, Limits, LogService, Permission, Token, Tokens};
use es_persistence::{BoxFuture, ReadableLog as _, RecorderErrorKind, Selection, Timestamp, Topics};
use reqwest::Response;
use serde_json::Value;
use tokio::net::TcpListener;

use crate::{
    school::{dog, trainer},
    served::{Served, http, positions, serve},
    world::app,
};

async fn problem(response: Response) -> Value {
    assert_eq!(response.headers()["content-type"], "application/problem+json");
    assert_eq!(response.headers()["cache-control"], "no-store");
    serde_json::from_slice(&response.bytes().await.unwrap()).unwrap()
}

/// Serves a log by a policy, and returns the base URL.
async fn serve_by(service: &LogService) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}/school", listener.local_addr().unwrap());
    serve(listener, service);
    base
}

const PATHS: [&str; 4] = ["/log", "/log/1,10", "/log/last", "/log?nonsense"];

#[tokio::test]
async fn without_a_token_nothing_is_read_and_nothing_is_learned() {
    let app = app().await;
    dog(&app, "Fido", &["sit"]).await;
    let served = Served::of(&app).await;
    let long = "a".repeat(43);
    for path in PATHS {
        for token in [
            "",
            "x",
            &long,
            served.token.reveal().strip_prefix("es_").unwrap(),
            &format!("{}x", served.token.reveal()),
        ] {
            let response = http().get(format!("{}{path}", served.base())).bearer_auth(token);
            let response = response.send().await.unwrap();
            assert_eq!(response.status(), 401, "{path}");
            assert_eq!(response.headers()["www-authenticate"], "Bearer");
            let problem = problem(response).await;
            assert_eq!(problem["title"], "Authentication is required");
            assert_eq!(problem.get("detail"), None);
        }
    }
    assert_eq!(served.get("/log").await.status(), 200);
}

#[tokio::test]
async fn a_token_reads_the_application_that_it_was_made_for() {
    let app = app().await;
    let served = Served::of(&app).await;
    let other = Token::generate().unwrap();
    served.tokens.admit(other.hash(), Permission::to_read("Shelter"));
    for path in PATHS {
        let response = http()
            .get(format!("{}{path}", served.base()))
            .bearer_auth(other.reveal());
        let response = response.send().await.unwrap();
        assert_eq!(response.status(), 403, "{path}");
        assert_eq!(problem(response).await["title"], "The sender may not read this log");
    }
}

#[tokio::test]
async fn a_token_for_families_sees_a_log_of_these_families() {
    let app = app().await;
    dog(&app, "Fido", &["sit"]).await;
    trainer(&app, "Ann").await;
    dog(&app, "Rex", &[]).await;
    let served = Served::with(&app, Limits::default(), |permission| permission.families(["Dog"])).await;
    assert_eq!(positions(&served.json("/log/1,10").await), [1, 2, 4]);
    let page = served.json("/log").await;
    assert_eq!((positions(&page), &page["contiguous"]), (vec![1, 2, 4], &false.into()));
    assert_eq!(positions(&served.json("/log?topics=Dog.TrickAdded").await), [2]);
    for query in [
        "families=Trainer",
        "topics=Trainer.Hired",
        "families=Dog&families=Trainer",
    ] {
        let response = served.get(&format!("/log?{query}")).await;
        assert_eq!(response.status(), 403, "{query}");
        let problem = problem(response).await;
        assert_eq!(
            problem["title"],
            "The request names topics that the sender may not read"
        );
    }
    // A client that asks for too much is told, not given less.
    let error = served
        .log()
        .select_notifications(Selection::all().topics(["Trainer.Hired"]))
        .await
        .unwrap_err();
    assert_eq!(*error.kind(), RecorderErrorKind::Other);
    let cause = error.cause().unwrap().to_string();
    assert!(cause.contains("403") && cause.contains("check the token"), "{cause}");
}

/// A clock that a test sets.
#[derive(Clone)]
struct Hands(Arc<Mutex<Timestamp>>);

impl Clock for Hands {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }
}

#[tokio::test]
async fn a_token_ends_with_its_time_or_when_it_is_revoked_also_while_it_waits() {
    let app = app().await;
    let noon: Timestamp = "2026-01-02T12:00:00Z".parse().unwrap();
    let hands = Hands(Arc::new(Mutex::new("2026-01-02T11:00:00Z".parse().unwrap())));
    let (tokens, ann, bob) = (
        Tokens::with_clock(hands.clone()),
        Token::generate().unwrap(),
        Token::generate().unwrap(),
    );
    tokens.admit(ann.hash(), Permission::to_read("School").until(noon));
    tokens.admit(bob.hash(), Permission::to_read("School"));
    let limits = Limits::default().recheck(std::time::Duration::from_millis(5));
    let base = serve_by(&LogService::new(&app, tokens.clone()).with_limits(limits)).await;
    let get = async |token: &Token, query: &str| {
        let request = http().get(format!("{base}/log{query}")).bearer_auth(token.reveal());
        request.send().await.unwrap().status().as_u16()
    };
    assert_eq!((get(&ann, "").await, get(&bob, "").await), (200, 200));
    let later = async {
        tokio::task::yield_now().await;
        *hands.0.lock().unwrap() = noon;
        tokens.revoke(&bob.hash());
    };
    let waited = tokio::join!(get(&ann, "?wait=60"), get(&bob, "?wait=60"), later);
    assert_eq!(waited, (401, 401, ()));
}

#[tokio::test]
async fn an_open_service_is_one_that_says_so() {
    let app = app().await;
    dog(&app, "Fido", &[]).await;
    let base = serve_by(&LogService::open_to_everyone(&app)).await;
    let response = http().get(format!("{base}/log/1,10")).send().await.unwrap();
    assert_eq!(response.status(), 200);
}

/// A policy of the user's own.
#[derive(Debug)]
struct ByName;

impl AccessPolicy for ByName {
    fn authorize<'a>(&'a self, request: &'a Parts, application: &'a str) -> BoxFuture<'a, Result<Grant, Denial>> {
        let name = request.headers.get("x-name").and_then(|name| name.to_str().ok());
        let decided = match name {
            Some("ann") if application == "School" => Ok(Grant::of_topics(Topics::families(["Trainer"]))),
            Some("nobody knows") => Err(Denial::Undecided),
            Some(_) => Err(Denial::Forbidden),
            None => Err(Denial::Unauthenticated),
        };
        Box::pin(std::future::ready(decided))
    }
}

#[tokio::test]
async fn a_policy_of_ones_own_decides() {
    let app = app().await;
    dog(&app, "Fido", &[]).await;
    trainer(&app, "Ann").await;
    let base = serve_by(&LogService::new(&app, ByName)).await;
    let get = async |name: Option<&str>| {
        let request = http().get(format!("{base}/log"));
        let request = name
            .iter()
            .fold(request, |request, name| request.header("x-name", *name));
        request.send().await.unwrap()
    };
    for (name, status) in [(None, 401), (Some("bob"), 403), (Some("nobody knows"), 503)] {
        assert_eq!(get(name).await.status(), status, "{name:?}");
    }
    let page: Value = serde_json::from_slice(&get(Some("ann")).await.bytes().await.unwrap()).unwrap();
    assert_eq!(positions(&page), [2]);
}

#[tokio::test]
async fn health_and_unknown_paths_tell_nothing() {
    let app = app().await;
    let served = Served::of(&app).await;
    let client = http();
    let health = client.get(format!("{}/health", served.base())).send().await.unwrap();
    assert_eq!(health.status(), 200);
    assert_eq!(health.text().await.unwrap(), r#"{"status":"up"}"#);
    for path in ["/", "/logs", "/log/1,2/3", "/log/", "/etc/passwd"] {
        let response = client.get(format!("{}{path}", served.base())).send().await.unwrap();
        assert!(
            [401, 404].contains(&response.status().as_u16()),
            "{path}: {}",
            response.status()
        );
    }
    let posted = client
        .post(format!("{}/log", served.base()))
        .body("x")
        .send()
        .await
        .unwrap();
    assert_eq!(
        (posted.status().as_u16(), &posted.headers()["allow"]),
        (405, &"GET, HEAD".parse().unwrap())
    );
}
