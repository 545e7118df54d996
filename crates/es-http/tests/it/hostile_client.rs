//! Clients that mean harm, over real sockets: the server stays small, and others are served.

use std::{fs, net::SocketAddr, time::Duration};

use axum::Router;
use es_application::Application;
use es_http::server::{Limits, Server};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    task::{JoinHandle, JoinSet},
    time::timeout,
};

use crate::{
    school::dog,
    served::{LONG, Served, http},
    tails::Events,
    world::app,
};

/// A log that is served by a server with limits.
struct Guarded {
    served: Served,
    address: SocketAddr,
    task: JoinHandle<()>,
}

impl Drop for Guarded {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Guarded {
    async fn of(app: &Application, limits: Limits, change: impl FnOnce(Server) -> Server + Send) -> Self {
        let served = Served::with(app, limits, |permission| permission).await;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new().nest("/school", served.service.router());
        let accepting = change(Server::new(listener, router).closing(&served.service));
        let task = tokio::spawn(accepting.run(std::future::pending()));
        Self { served, address, task }
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    /// Sends bytes and returns the answer up to its end.
    async fn send(&self, bytes: &[u8]) -> String {
        let mut stream = self.connect().await;
        // The server may have seen enough before everything is sent.
        let _sent = stream.write_all(bytes).await;
        read_to_end(&mut stream).await
    }

    async fn get(&self, path: &str) -> u16 {
        let request = http().get(format!("http://{}/school{path}", self.address));
        request
            .bearer_auth(self.served.token.reveal())
            .send()
            .await
            .unwrap()
            .status()
            .as_u16()
    }

    fn head(&self, target: &str) -> String {
        let token = self.served.token.reveal();
        format!("GET {target} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\nconnection: close\r\n\r\n")
    }
}

/// Reads until the server closes the connection, in whatever way.
async fn read_to_end(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    let _cut = timeout(LONG, stream.read_to_end(&mut answer))
        .await
        .expect("the server closes it in time");
    String::from_utf8_lossy(&answer).into_owned()
}

fn status(answer: &str) -> Option<u16> {
    answer.strip_prefix("HTTP/1.1 ")?.split(' ').next()?.parse().ok()
}

/// How many descriptors this process has open.
fn descriptors() -> usize {
    fs::read_dir("/proc/self/fd").map_or(0, Iterator::count)
}

/// How much memory this process has, in bytes.
fn memory() -> usize {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse::<usize>().ok())
        .map_or(0, |kib| kib * 1024)
}

#[tokio::test]
async fn tricks_with_paths_and_queries_lead_nowhere() {
    let app = app().await;
    dog(&app, "Fido", &[]).await;
    let guarded = Guarded::of(&app, Limits::default(), |server| server).await;
    assert_eq!(
        status(&guarded.send(guarded.head("/school/log").as_bytes()).await),
        Some(200)
    );
    let long = format!("/school/log?topics={}", "a".repeat(20_000));
    let many = format!("/school/log?{}", "topics=a&".repeat(3_000));
    let huge = format!("/school/{}", "a".repeat(200_000));
    for target in [
        "/school/log/../../etc/passwd",
        "/school/log/%2e%2e/%2e%2e/etc/passwd",
        "/school/log/..%2f..%2fetc%2fpasswd",
        "/school//log",
        "//school/log",
        "/school/log/",
        "/school/log/1,2/",
        "/school/log/1,2%00",
        "/school/log/%ff,%fe",
        "/school/log;x=1",
        "/school/log?after=%00",
        "/school/log?after=1%0d%0aset-cookie:x",
        "/school/log?%%%",
        "/school/log?families=%ff%00",
        "http://elsewhere/etc/passwd",
        "*",
        "/",
        "?",
        &long,
        &many,
        &huge,
        "/school/log?limit=99999999999999999999999",
        "/school/log/99999999999999999999,1",
        "/SCHOOL/LOG",
        "/school/log?seen=1/../../x",
        "/school/log?wait=99999999999999999999",
    ] {
        let answer = guarded.send(guarded.head(target).as_bytes()).await;
        let status = status(&answer);
        let shown: String = target.chars().take(60).collect();
        assert!(
            status.is_none_or(|status| (400..500).contains(&status)),
            "{shown}: {status:?}"
        );
        assert!(!answer.contains("Fido") && !answer.contains("set-cookie"), "{shown}");
    }
    assert_eq!(guarded.get("/log").await, 200, "others are served");
}

#[tokio::test]
async fn garbage_is_no_request() {
    let app = app().await;
    let guarded = Guarded::of(&app, Limits::default(), |server| server).await;
    for garbage in [
        &b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"[..],
        b"GET\r\n\r\n",
        b"\0\0\0\0\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"GET /school/log HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nhello",
        b"GET /school/log HTTP/1.1\r\nhost: x\r\nauthorization: Bearer \xff\xfe\r\nconnection: close\r\n\r\n",
    ] {
        let answer = guarded.send(garbage).await;
        assert!(
            status(&answer).is_none_or(|status| status >= 400 && status != 500),
            "{answer}"
        );
    }
    assert_eq!(guarded.get("/log").await, 200, "others are served");
}

#[tokio::test]
async fn heads_without_end_and_slow_heads_are_cut_off() {
    let app = app().await;
    let guarded = Guarded::of(&app, Limits::default(), |server| {
        server.head_time(Duration::from_millis(200))
    })
    .await;
    let mut endless = b"GET /school/log HTTP/1.1\r\n".to_vec();
    endless.extend(b"x-more: and more\r\n".repeat(20_000));
    assert!(status(&guarded.send(&endless).await).is_none_or(|status| status == 431));
    let mut long = b"GET /school/log HTTP/1.1\r\nx-long: ".to_vec();
    long.extend(b"a".repeat(1_000_000));
    assert!(status(&guarded.send(&long).await).is_none_or(|status| status == 431));
    let mut many = b"GET /school/log HTTP/1.1\r\n".to_vec();
    many.extend(b"a: b\r\n".repeat(500));
    many.extend(b"\r\n");
    assert!(status(&guarded.send(&many).await).is_none_or(|status| status == 431));

    // One that sends its head byte by byte, one that sends nothing, and one that sends nothing after its answer.
    let mut slow = guarded.connect().await;
    let (mut reader, mut writer) = slow.split();
    let drip = async {
        while writer.write_all(b"G").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let mut rest = Vec::new();
    let cut = async {
        timeout(LONG, reader.read_to_end(&mut rest))
            .await
            .expect("it is cut off")
    };
    tokio::select! {
        () = drip => {}
        _cut = cut => {}
    }
    let mut silent = guarded.connect().await;
    assert_eq!(status(&read_to_end(&mut silent).await).unwrap_or(408), 408);
    let mut done = guarded.connect().await;
    done.write_all(guarded.head("/school/health").replace("close", "keep-alive").as_bytes())
        .await
        .unwrap();
    assert_eq!(status(&read_to_end(&mut done).await), Some(200));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_that_takes_nothing_is_cut_off_and_gives_its_place_back() {
    let app = app().await;
    for _ in 0..8 {
        dog(&app, &"x".repeat(2_000_000), &[]).await;
    }
    let limits = Limits::default().reads(1).page_bytes(16_000_000);
    let guarded = Guarded::of(&app, limits, |server| server.stall_time(Duration::from_millis(200))).await;
    let mut stalled = guarded.connect().await;
    stalled.write_all(guarded.head("/school/log").as_bytes()).await.unwrap();
    let others = async {
        // The place is taken, and free again when the server has had enough.
        let mut refused = 0;
        loop {
            match guarded.get("/log/last").await {
                503 => refused += 1,
                status => return (status, refused),
            }
        }
    };
    let (status, _refused) = timeout(LONG, others).await.expect("the place is given back");
    assert_eq!(status, 200);
    let read = read_to_end(&mut stalled).await;
    assert!(read.len() < 16_000_000, "it was cut off");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hundreds_of_idle_tails_cost_little_and_leave_nothing_behind() {
    const TAILS: usize = 400;
    let app = app().await;
    let guarded = Guarded::of(&app, Limits::default(), |server| server).await;
    assert_eq!(guarded.get("/log").await, 200);
    let (descriptors_before, memory_before) = (descriptors(), memory());
    let mut tails = Vec::new();
    for _ in 0..TAILS {
        let mut stream = guarded.connect().await;
        stream
            .write_all(guarded.head("/school/log/tail").as_bytes())
            .await
            .unwrap();
        tails.push(stream);
    }
    for stream in &mut tails {
        let mut head = [0; 15];
        timeout(LONG, stream.read_exact(&mut head))
            .await
            .expect("it is answered")
            .unwrap();
        assert_eq!(&head, b"HTTP/1.1 200 OK");
    }
    let grown = memory().saturating_sub(memory_before);
    assert!(grown < TAILS * 250_000, "{grown} bytes for {TAILS} tails");
    // All of them are alive.
    dog(&app, "Fido", &[]).await;
    for stream in &mut tails {
        let mut text = String::new();
        let heard = async {
            while !text.contains("Dog.Registered") {
                let mut piece = [0; 1024];
                let read = stream.read(&mut piece).await.unwrap();
                assert!(read > 0, "{text}");
                text.push_str(&String::from_utf8_lossy(&piece[..read]));
            }
        };
        timeout(LONG, heard).await.expect("it hears of the event");
    }
    drop(tails);
    let gone = async {
        // A tail notices that its reader has gone when it has something to send.
        while descriptors() > descriptors_before + TAILS / 2 {
            dog(&app, "Rex", &[]).await;
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(LONG, gone).await.expect("nothing is left behind");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_of_bad_tokens_and_connections_keeps_nobody_out() {
    let app = app().await;
    let guarded = Guarded::of(&app, Limits::default().reads(4), |server| server.connections(16)).await;
    let mut flood = JoinSet::new();
    for number in 0..400 {
        let address = guarded.address;
        flood.spawn(async move {
            let Ok(mut stream) = TcpStream::connect(address).await else {
                return None;
            };
            let token = "a".repeat(40 + number % 20);
            let head = format!(
                "GET /school/log HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\nconnection: close\r\n\r\n"
            );
            stream.write_all(head.as_bytes()).await.ok()?;
            status(&read_to_end(&mut stream).await)
        });
    }
    assert_eq!(guarded.get("/log").await, 200);
    while let Some(answered) = flood.join_next().await {
        assert!(matches!(answered.unwrap(), None | Some(401)));
    }
    assert_eq!(guarded.get("/log").await, 200);
}

#[tokio::test]
async fn a_tail_that_is_read_slowly_is_sent_one_page_at_a_time() {
    let app = app().await;
    for _ in 0..40 {
        dog(&app, &"x".repeat(100_000), &[]).await;
    }
    let guarded = Guarded::of(&app, Limits::default(), |server| server).await;
    let request = http().get(format!("http://{}/school/log/tail", guarded.address));
    let mut events = Events::of(request.bearer_auth(guarded.served.token.reveal()).send().await.unwrap());
    let mut seen = Vec::new();
    while seen.len() < 40 {
        tokio::task::yield_now().await;
        seen.extend(events.next().await.unwrap().data["id"].as_u64());
    }
    assert_eq!(seen, (1..=40).collect::<Vec<_>>());
}
