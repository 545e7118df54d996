//! A log that is served on a socket of this machine.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use axum::Router;
use es_http::{
    client::{RemoteLog, RemoteLogBuilder},
    server::{Limits, LogService, Permission, Token, Tokens},
};
use es_persistence::{Mapper, Source, Upstream};
use reqwest::{Client, Response};
use tokio::{net::TcpListener, task::JoinHandle};

/// How long a test waits for what has to come.
pub(crate) const LONG: Duration = Duration::from_mins(1);

/// A served log; dropped, the socket is closed.
pub(crate) struct Served {
    pub(crate) address: SocketAddr,
    pub(crate) service: LogService,
    pub(crate) tokens: Tokens,
    pub(crate) token: Token,
    pub(crate) task: JoinHandle<()>,
}

impl Drop for Served {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Served {
    /// Serves a log to the bearer of one token.
    pub(crate) async fn of(upstream: &impl Upstream) -> Self {
        Self::with(upstream, Limits::default(), |permission| permission).await
    }

    pub(crate) async fn with(
        upstream: &impl Upstream,
        limits: Limits,
        permission: impl FnOnce(Permission) -> Permission + Send,
    ) -> Self {
        let (tokens, token) = (Tokens::new(), Token::generate().unwrap());
        tokens.admit(token.hash(), permission(Permission::to_read(&**upstream.name())));
        let service = LogService::new(upstream, tokens.clone()).with_limits(limits);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let task = serve(listener, &service);
        Self {
            address,
            service,
            tokens,
            token,
            task,
        }
    }

    pub(crate) fn base(&self) -> String {
        format!("http://{}/school", self.address)
    }

    pub(crate) fn builder(&self) -> RemoteLogBuilder {
        RemoteLog::builder(self.base()).token(self.token.reveal())
    }

    pub(crate) fn log(&self) -> RemoteLog {
        self.builder().build().unwrap()
    }

    /// The remote application, as projections follow it.
    pub(crate) fn source(&self) -> Source {
        source(self.log())
    }

    /// Sends a request with the token.
    pub(crate) async fn get(&self, path: &str) -> Response {
        let request = http().get(format!("{}{path}", self.base()));
        request.bearer_auth(self.token.reveal()).send().await.unwrap()
    }

    /// Returns the JSON of an answer with status 200.
    pub(crate) async fn json(&self, path: &str) -> serde_json::Value {
        let response = self.get(path).await;
        assert_eq!(response.status(), 200, "{path}");
        assert_eq!(response.headers()["content-type"], "application/json");
        serde_json::from_slice(&response.bytes().await.unwrap()).unwrap()
    }
}

/// A client that knows nothing of logs.
pub(crate) fn http() -> Client {
    // It would not be needed if the client knew that it uses no TLS; the second time it is there already.
    let _installed = rustls::crypto::ring::default_provider().install_default();
    Client::new()
}

pub(crate) fn source(log: RemoteLog) -> Source {
    let mapper = Mapper::from_environment(&es_persistence::Environment::new("School")).unwrap();
    Source::new("School", Arc::new(log), mapper)
}

pub(crate) fn serve(listener: TcpListener, service: &LogService) -> JoinHandle<()> {
    let router = Router::new().nest("/school", service.router());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() })
}

/// The positions of the items of an answer.
pub(crate) fn positions(json: &serde_json::Value) -> Vec<u64> {
    let items = json["items"].as_array().unwrap();
    items.iter().map(|item| item["id"].as_u64().unwrap()).collect()
}
