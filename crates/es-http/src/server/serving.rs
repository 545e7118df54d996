//! A server for those who have none yet.

use std::{fmt, sync::Arc, time::Duration};

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
    service::TowerToHyperService,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
    task::JoinSet,
    time,
};

use super::{LogService, stalling::Stalling};

/// Accepts connections within limits, serves a router on them, and shuts down in order.
///
/// Connections are plain HTTP/1.1: where others than this machine connect, a proxy in front of it brings HTTPS. A server
/// of the user's own can serve the router as well; what it does not limit is not limited.
///
/// ```no_run
/// # async fn run(app: es_persistence::Source, tokens: es_http::server::Tokens) -> std::io::Result<()> {
/// use es_http::server::{LogService, Server};
/// use tokio::net::TcpListener;
///
/// let school = LogService::new(&app, tokens);
/// let router = axum::Router::new().nest("/school", school.router());
/// let listener = TcpListener::bind("127.0.0.1:8080").await?;
/// let stopped = async { drop(tokio::signal::ctrl_c().await) };
/// Server::new(listener, router).closing(&school).run(stopped).await;
/// # Ok(())
/// # }
/// ```
#[must_use = "nothing is served before `run` is called"]
pub struct Server {
    listener: TcpListener,
    router: Router,
    services: Vec<LogService>,
    connections: usize,
    head_time: Duration,
    stall_time: Duration,
    grace: Duration,
}

/// How large the head of a request may be.
const HEAD_BYTES: usize = 32 * 1024;

/// How many headers a request may have.
const HEADERS: usize = 64;

/// How long the server waits when the system has no descriptor for a new connection.
const PAUSE: Duration = Duration::from_millis(500);

impl Server {
    /// Serves `router` on the connections of `listener`.
    pub const fn new(listener: TcpListener, router: Router) -> Self {
        Self {
            listener,
            router,
            services: Vec::new(),
            connections: 8_192,
            head_time: Duration::from_secs(10),
            stall_time: Duration::from_secs(30),
            grace: Duration::from_secs(10),
        }
    }

    /// [Closes](LogService::close) `service` when the server shuts down, so that its tails end.
    pub fn closing(mut self, service: &LogService) -> Self {
        self.services.push(service.clone());
        self
    }

    /// Holds at most so many connections at once: 8,192 by default. Further ones wait until one is free.
    pub fn connections(self, connections: usize) -> Self {
        Self { connections, ..self }
    }

    /// Closes a connection on which the head of the next request has not arrived in `time`: 10 seconds by default.
    pub fn head_time(self, time: Duration) -> Self {
        Self {
            head_time: time,
            ..self
        }
    }

    /// Closes a connection that has taken nothing of what is sent for `time`: 30 seconds by default.
    pub fn stall_time(self, time: Duration) -> Self {
        Self {
            stall_time: time,
            ..self
        }
    }

    /// Lets requests that are being answered go on for `time` when the server shuts down: 10 seconds by default.
    pub fn grace(self, time: Duration) -> Self {
        Self { grace: time, ..self }
    }

    /// Serves until `stopped` is ready. Then no more connections are accepted, tails end, and what is being answered is
    /// answered, for as long as the grace allows.
    ///
    /// # Cancel safety
    ///
    /// A future that is dropped closes all connections at once.
    pub async fn run(self, stopped: impl Future<Output = ()> + Send) {
        let places = Arc::new(Semaphore::new(self.connections));
        let (graceful, mut tasks) = (GracefulShutdown::new(), JoinSet::new());
        let accepting = async {
            loop {
                let (stream, place) = self.accept(&places).await;
                while tasks.try_join_next().is_some() {}
                self.serve(stream, place, &graceful, &mut tasks);
            }
        };
        tokio::select! {
            () = accepting => {}
            () = stopped => {}
        }
        let grace = self.grace;
        self.services.iter().for_each(LogService::close);
        drop(self);
        if time::timeout(grace, graceful.shutdown()).await.is_err() {
            tracing::warn!("connections are cut: they have not ended in {grace:?}");
        }
        tasks.shutdown().await;
    }

    /// Waits for a place and for a connection.
    async fn accept(&self, places: &Arc<Semaphore>) -> (TcpStream, Option<OwnedSemaphorePermit>) {
        // The semaphore is never closed.
        let place = Arc::clone(places).acquire_owned().await.ok();
        loop {
            match self.listener.accept().await {
                Ok((stream, _)) => return (stream, place),
                Err(error) => {
                    tracing::warn!(%error, "a connection cannot be accepted");
                    time::sleep(PAUSE).await;
                }
            }
        }
    }

    fn serve(
        &self,
        stream: TcpStream,
        place: Option<OwnedSemaphorePermit>,
        graceful: &GracefulShutdown,
        tasks: &mut JoinSet<()>,
    ) {
        // Events are sent when they come, not when there are enough of them for a packet.
        let _set = stream.set_nodelay(true);
        let io = TokioIo::new(Stalling::new(stream, self.stall_time));
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(self.head_time)
            .max_buf_size(HEAD_BYTES)
            .max_headers(HEADERS)
            .serve_connection(io, TowerToHyperService::new(self.router.clone()));
        let connection = graceful.watch(connection);
        tasks.spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection has ended");
            }
            drop(place);
        });
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server")
            .field("listener", &self.listener)
            .field("connections", &self.connections)
            .finish_non_exhaustive()
    }
}
