//! A proxy between store and server that counts, cuts and swallows.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering::SeqCst},
    },
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::watch,
};

/// Which way bytes go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    ToServer,
    ToClient,
}

/// A running proxy.
#[derive(Debug)]
pub(crate) struct Proxy {
    pub(crate) port: u16,
    state: Arc<State>,
}

#[derive(Debug, Default)]
struct State {
    /// How many bytes may still go each way before everything is cut; negative when there is no such number.
    left: [AtomicI64; 2],
    /// Takes bytes and passes none on.
    is_black_hole: AtomicBool,
    /// How many connections there were so far, and how many of them, from the first, pass nothing on.
    connections: AtomicU64,
    deaf: AtomicU64,
    /// The first message of each client.
    greetings: Mutex<Vec<Vec<u8>>>,
    /// Lets nobody in.
    is_down: AtomicBool,
    stays_down: AtomicBool,
    /// Ends the connections that are there.
    cut: watch::Sender<u64>,
    /// The messages to the server, by kind.
    messages: Mutex<BTreeMap<u8, usize>>,
    passed: [AtomicI64; 2],
}

impl Proxy {
    /// Starts a proxy to `address`.
    pub(crate) async fn start(address: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = Arc::new(State {
            left: [AtomicI64::new(-1), AtomicI64::new(-1)],
            ..State::default()
        });
        let shared = Arc::clone(&state);
        drop(tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                if !shared.is_down.load(SeqCst) {
                    drop(tokio::spawn(pass(client, address.clone(), Arc::clone(&shared))));
                }
            }
        }));
        Self { port, state }
    }

    /// Cuts the connections as soon as exactly `bytes` more have gone `way`.
    pub(crate) fn cut_after(&self, way: Way, bytes: i64) {
        self.state.left[way as usize].store(bytes, SeqCst);
    }

    /// Lets everything pass again.
    pub(crate) fn heal(&self) {
        for left in &self.state.left {
            left.store(-1, SeqCst);
        }
        self.state.is_black_hole.store(false, SeqCst);
        self.state.is_down.store(false, SeqCst);
        self.state.stays_down.store(false, SeqCst);
    }

    /// After the next cut nobody gets in.
    pub(crate) fn stay_down(&self) {
        self.state.stays_down.store(true, SeqCst);
    }

    /// Keeps the connections and passes nothing on.
    pub(crate) fn swallow(&self) {
        self.state.is_black_hole.store(true, SeqCst);
    }

    /// Keeps the connections that are there and passes nothing on by them; later ones work.
    pub(crate) fn deafen(&self) {
        self.state.deaf.store(self.connections(), SeqCst);
    }

    /// How many connections there were so far.
    pub(crate) fn connections(&self) -> u64 {
        self.state.connections.load(SeqCst)
    }

    /// The first message of each client.
    pub(crate) fn greetings(&self) -> Vec<String> {
        let greetings = self.state.greetings.lock().unwrap();
        greetings
            .iter()
            .map(|greeting| String::from_utf8_lossy(greeting).into_owned())
            .collect()
    }

    /// How many bytes have gone `way` so far.
    pub(crate) fn passed(&self, way: Way) -> i64 {
        self.state.passed[way as usize].load(SeqCst)
    }

    /// How many messages of `kind` have gone to the server.
    pub(crate) fn messages(&self, kind: u8) -> usize {
        self.state.messages.lock().unwrap().get(&kind).copied().unwrap_or(0)
    }
}

async fn pass(client: TcpStream, address: String, state: Arc<State>) {
    let server = TcpStream::connect(address).await.unwrap();
    client.set_nodelay(true).unwrap();
    server.set_nodelay(true).unwrap();
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let mut cut = state.cut.subscribe();
    let number = state.connections.fetch_add(1, SeqCst);
    tokio::select! {
        () = copy(Way::ToServer, from_client, to_server, number, &state) => {}
        () = copy(Way::ToClient, from_server, to_client, number, &state) => {}
        _ = cut.changed() => {}
    }
}

/// Passes bytes on until there are no more, or the cut has come.
async fn copy(way: Way, mut from: OwnedReadHalf, mut to: OwnedWriteHalf, number: u64, state: &State) {
    let mut buffer = vec![0; 1 << 16];
    let mut messages = Messages::default();
    while let Ok(length @ 1..) = from.read(&mut buffer).await {
        if state.is_black_hole.load(SeqCst) || number < state.deaf.load(SeqCst) {
            continue;
        }
        let left = state.left[way as usize].load(SeqCst);
        let passed = usize::try_from(left).map_or(length, |left| left.min(length));
        if way == Way::ToServer {
            messages.count(&buffer[..passed], state);
        }
        if to.write_all(&buffer[..passed]).await.is_err() {
            return;
        }
        state.passed[way as usize].fetch_add(i64::try_from(passed).unwrap(), SeqCst);
        if left < 0 {
            continue;
        }
        if passed < length || left == i64::try_from(passed).unwrap() {
            state.left[way as usize].store(-1, SeqCst);
            state.is_down.store(state.stays_down.load(SeqCst), SeqCst);
            state.cut.send_modify(|cuts| *cuts += 1);
            return;
        }
        state.left[way as usize].fetch_sub(i64::try_from(passed).unwrap(), SeqCst);
    }
}

/// Counts the messages of a client; its first one has no kind.
#[derive(Debug, Default)]
struct Messages {
    pending: Vec<u8>,
    is_started: bool,
}

impl Messages {
    fn count(&mut self, bytes: &[u8], state: &State) {
        self.pending.extend_from_slice(bytes);
        loop {
            let kind = usize::from(self.is_started);
            let Some(length) = self.pending.get(kind..kind + 4) else {
                return;
            };
            let length = kind + u32::from_be_bytes(length.try_into().unwrap()) as usize;
            if self.pending.len() < length {
                return;
            }
            if self.is_started {
                *state.messages.lock().unwrap().entry(self.pending[0]).or_default() += 1;
            } else {
                state.greetings.lock().unwrap().push(self.pending[..length].to_vec());
            }
            self.is_started = true;
            self.pending.drain(..length);
        }
    }
}
