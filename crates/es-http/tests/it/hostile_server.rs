//! Servers that mean harm, or are broken: the client says so, and neither believes, waits nor grows.

use std::{
    error::Error,
    fmt::Write as _,
    io::Write as _,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

use es_http::client::{Fault, RemoteError, RemoteLog, RemoteLogBuilder};
use es_persistence::{ReadableLog as _, RecorderError, RecorderErrorKind, Selection};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    time::timeout,
};

use crate::served::LONG;

/// Stands in answers, and never in errors.
const SECRET: &str = "do not print";

/// Does something to each connection after its request has been read.
async fn serve<F>(answer: impl Fn(TcpStream) -> F + Send + 'static) -> RemoteLogBuilder
where
    F: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    drop(tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = [0; 4096];
            if stream.read(&mut request).await.is_ok() {
                drop(tokio::spawn(answer(stream)));
            }
        }
    }));
    RemoteLog::builder(base).patience(Duration::ZERO)
}

/// Answers each request with these bytes, and closes the connection.
async fn answering(bytes: impl Into<Vec<u8>>) -> RemoteLogBuilder {
    let bytes: Arc<[u8]> = bytes.into().into();
    serve(move |mut stream| {
        let bytes = Arc::clone(&bytes);
        async move {
            let _sent = stream.write_all(&bytes).await;
            let _closed = stream.shutdown().await;
        }
    })
    .await
}

fn ok(body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

async fn read(builder: RemoteLogBuilder, selection: Selection) -> RecorderError {
    let log = builder.build().unwrap();
    let read = timeout(LONG, log.select_notifications(selection))
        .await
        .expect("it ends in time");
    let error = read.unwrap_err();
    assert!(!whole_text(&error).contains(SECRET), "{}", whole_text(&error));
    error
}

fn whole_text(error: &RecorderError) -> String {
    let mut text = format!("{error} {error:?}");
    let mut cause = error.source();
    while let Some(error) = cause {
        write!(text, "; {error} {error:?}").unwrap();
        cause = error.source();
    }
    text
}

fn fault(error: &RecorderError) -> Fault {
    match RemoteError::of(error) {
        Some(RemoteError::Fault(fault)) => *fault,
        other => panic!("{other:?}"),
    }
}

fn item(position: u64) -> Value {
    json!({
        "id": position, "originator_id": SECRET, "originator_type": "text", "originator_version": position,
        "topic": "Dog.Registered", "state": "e30=", "event_id": uuid::Uuid::from_u128(position.into()),
        "timestamp": "2026-01-02T03:04:05Z", "schema_version": 1,
    })
}

fn page(positions: &[u64], reached: u64) -> Value {
    let items: Vec<_> = positions.iter().map(|position| item(*position)).collect();
    json!({"items": items, "reached": reached, "contiguous": false})
}

fn page_without_holes(positions: &[u64], reached: u64) -> Value {
    let mut page = page(positions, reached);
    page["contiguous"] = true.into();
    page
}

async fn is_refused(sent: Value, selection: Selection, expected: Fault) {
    let error = read(answering(ok(sent.to_string())).await, selection).await;
    assert_eq!(*error.kind(), RecorderErrorKind::Corrupt);
    assert_eq!(fault(&error), expected, "{sent}");
}

#[tokio::test]
async fn a_page_in_a_wrong_order_or_beyond_its_bounds_is_refused() {
    let all = Selection::after(2);
    let order = |position, after| Fault::Order { position, after };
    let bound = |position, upper| Fault::Bound { position, upper };
    is_refused(page(&[4, 3], 4), all.clone(), order(3, 4)).await;
    is_refused(page(&[3, 3], 3), all.clone(), order(3, 3)).await;
    is_refused(page(&[2], 2), all.clone(), order(2, 2)).await;
    is_refused(page(&[0], 9), all.clone(), order(0, 2)).await;
    is_refused(page(&[9], 8), all.clone(), bound(9, 8)).await;
    is_refused(page(&[5], 5), all.clone().up_to(4), bound(5, 4)).await;
    is_refused(page(&[3, 4], 4), all.clone().limit(1), Fault::TooMany).await;
    is_refused(
        page(&[3], 3),
        all.clone().topics(["Dog.Sold"]),
        Fault::Topic { position: 3 },
    )
    .await;
    let greatest = i64::MAX.unsigned_abs();
    is_refused(page(&[], u64::MAX), all.clone(), bound(u64::MAX, greatest)).await;
    let log = answering(ok(page(&[3, 9], 9).to_string())).await.build().unwrap();
    let page = log.select_notifications(all).await.unwrap();
    assert_eq!(page.notifications.len(), 2, "not everything is refused");
}

#[tokio::test]
async fn a_page_that_lacks_an_event_is_refused_where_the_server_promises_every_one() {
    let all = Selection::after(2);
    is_refused(page_without_holes(&[3, 5], 5), all.clone(), Fault::Hole { position: 4 }).await;
    is_refused(page_without_holes(&[4], 4), all.clone(), Fault::Hole { position: 3 }).await;
    is_refused(page_without_holes(&[3], 7), all.clone(), Fault::Hole { position: 4 }).await;
    is_refused(page_without_holes(&[], 7), all, Fault::Hole { position: 3 }).await;
}

#[tokio::test]
async fn an_event_that_no_store_would_take_is_refused() {
    let nil = uuid::Uuid::nil().to_string();
    for (field, value, reason) in [
        ("event_id", nil.into(), "the event ID is nil"),
        (
            "originator_type",
            "uuid".into(),
            "the originator ID is not a UUID, as its type says",
        ),
        (
            "schema_version",
            0.into(),
            "the schema version is not between 1 and 32767",
        ),
    ] {
        let mut sent = page(&[3], 3);
        sent["items"][0][field] = value;
        is_refused(sent, Selection::after(2), Fault::Event { position: 3, reason }).await;
    }
}

#[tokio::test]
async fn a_body_of_another_form_is_refused_and_not_quoted() {
    let secret = format!("\"{SECRET}\"");
    let deep = format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000));
    let bodies = [
        String::new(),
        "null".to_owned(),
        "[]".to_owned(),
        "{".to_owned(),
        secret.clone(),
        format!("{{\"items\": {secret}, \"reached\": 1}}"),
        format!("{{\"items\": [], \"reached\": {secret}}}"),
        "{\"items\": [], \"reached\": -1}".to_owned(),
        "{\"items\": [], \"reached\": 1e400}".to_owned(),
        format!("{{\"items\": {deep}, \"reached\": 1}}"),
        page(&[3], 3).to_string().replace("e30=", SECRET),
        page(&[3], 3).to_string().replace("2026-01-02", SECRET),
        page(&[3], 3).to_string() + SECRET,
    ];
    for body in bodies {
        let error = read(answering(ok(&body)).await, Selection::all()).await;
        assert_eq!(*error.kind(), RecorderErrorKind::Corrupt);
        assert!(matches!(RemoteError::of(&error), Some(RemoteError::Form { .. })));
    }
    let error = read(answering(ok([0xff, 0xfe, 0x00])).await, Selection::all()).await;
    assert_eq!(*error.kind(), RecorderErrorKind::Corrupt);
    let html = String::from_utf8(ok(SECRET))
        .unwrap()
        .replace("application/json", "text/html");
    let error = read(answering(html).await, Selection::all()).await;
    assert_eq!(fault(&error), Fault::ContentType);
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let contacted = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&contacted);
    let elsewhere = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = elsewhere.local_addr().unwrap();
    drop(tokio::spawn(async move {
        while elsewhere.accept().await.is_ok() {
            counted.fetch_add(1, SeqCst);
        }
    }));
    for status in [301, 302, 303, 307, 308] {
        for target in [
            format!("http://{address}/log"),
            "http://169.254.169.254/latest".to_owned(),
            "/log".to_owned(),
        ] {
            let answer = format!("HTTP/1.1 {status} Moved\r\nlocation: {target}\r\ncontent-length: 0\r\n\r\n");
            let error = read(answering(answer).await.token("a".repeat(43)), Selection::all()).await;
            assert_eq!(*error.kind(), RecorderErrorKind::Other);
            let cause = error.cause().unwrap().to_string();
            assert!(
                cause.contains(&status.to_string()) && !cause.contains(&target),
                "{cause}"
            );
        }
    }
    assert_eq!(contacted.load(SeqCst), 0, "the token goes to one server");
}

#[tokio::test]
async fn what_is_too_large_or_without_end_is_cut_off() {
    // It tells its size, it tells a wrong size, it never ends, and it never ends inside of the head.
    let told = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 99999999999\r\n\r\n";
    let error = read(answering(told).await.body_cap(1_000), Selection::all()).await;
    assert!(matches!(
        RemoteError::of(&error),
        Some(RemoteError::TooLarge { cap: 1_000 })
    ));
    let endless = |head: &'static str, piece: &'static str| {
        serve(move |mut stream| async move {
            let _sent = stream.write_all(head.as_bytes()).await;
            while stream.write_all(piece.as_bytes()).await.is_ok() {}
        })
    };
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n";
    let error = read(endless(head, "4\r\n    \r\n").await.body_cap(100_000), Selection::all()).await;
    assert!(matches!(RemoteError::of(&error), Some(RemoteError::TooLarge { .. })));
    let error = read(
        endless("HTTP/1.1 200 OK\r\n", "x-more: and more\r\n").await,
        Selection::all(),
    )
    .await;
    assert_eq!(*error.kind(), RecorderErrorKind::Unavailable);
    let error = read(
        endless("HTTP/1.1 200 OK\r\nx-long: ", "aaaaaaaaaaaaaaaa").await,
        Selection::all(),
    )
    .await;
    assert_eq!(*error.kind(), RecorderErrorKind::Unavailable);
    let error = read(
        endless("", "HTTP/1.1 100 Continue\r\n\r\n")
            .await
            .request_time(Duration::from_secs(1)),
        Selection::all(),
    );
    assert_eq!(*error.await.kind(), RecorderErrorKind::Unavailable);
}

#[tokio::test]
async fn a_compressed_answer_counts_as_large_as_it_is() {
    let mut bomb = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    bomb.write_all(&vec![b' '; 16 * 1024 * 1024]).unwrap();
    let bomb = bomb.finish().unwrap();
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-encoding: gzip\r\ncontent-length: {}\r\n\r\n",
        bomb.len()
    );
    let builder = answering([head.as_bytes(), &bomb].concat()).await;
    let error = read(builder.compressed().body_cap(1_000_000), Selection::all()).await;
    assert!(matches!(RemoteError::of(&error), Some(RemoteError::TooLarge { .. })));
}

#[tokio::test]
async fn slow_bytes_and_early_ends_are_given_up() {
    let slow = serve(|mut stream| async move {
        for byte in ok(page(&[1], 1).to_string()) {
            if stream.write_all(&[byte]).await.is_err() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    let error = read(slow.await.request_time(Duration::from_millis(300)), Selection::all()).await;
    assert_eq!(*error.kind(), RecorderErrorKind::Unavailable);
    let silent = serve(|stream| async move {
        tokio::time::sleep(LONG).await;
        drop(stream);
    });
    let error = read(silent.await.request_time(Duration::from_millis(100)), Selection::all()).await;
    assert_eq!(*error.kind(), RecorderErrorKind::Unavailable);
    let whole = ok(page(&[1], 1).to_string());
    for bytes in [0, 1, 20, whole.len() - 1] {
        let error = read(answering(&whole[..bytes]).await, Selection::all()).await;
        assert_eq!(*error.kind(), RecorderErrorKind::Unavailable, "{bytes}");
    }
    for garbage in [
        &b"\x16\x03\x01\x02\x00"[..],
        b"SSH-2.0-x\r\n",
        b"HTTP/9.9 200 OK\r\n\r\n",
        &[0; 100],
    ] {
        let error = read(answering(garbage).await, Selection::all()).await;
        assert_eq!(*error.kind(), RecorderErrorKind::Unavailable);
    }
}

#[tokio::test]
async fn statuses_are_sorted_by_what_the_caller_can_do() {
    for (status, kind) in [
        (401, RecorderErrorKind::Other),
        (403, RecorderErrorKind::Other),
        (404, RecorderErrorKind::Other),
        (409, RecorderErrorKind::Other),
        (418, RecorderErrorKind::Other),
        (429, RecorderErrorKind::Unavailable),
        (500, RecorderErrorKind::Other),
        (502, RecorderErrorKind::Unavailable),
        (503, RecorderErrorKind::Unavailable),
        (504, RecorderErrorKind::Unavailable),
        (204, RecorderErrorKind::Other),
    ] {
        let answer = format!("HTTP/1.1 {status} X\r\ncontent-length: 0\r\n\r\n");
        let error = read(answering(answer).await, Selection::all()).await;
        assert_eq!(*error.kind(), kind, "{status}");
    }
    let lines = json!({"title": "a\r\nb\u{1b}[31m", "detail": "x".repeat(9_000)}).to_string();
    let answer = String::from_utf8(ok(lines)).unwrap().replace("200 OK", "400 X");
    let cause = read(answering(answer).await, Selection::all())
        .await
        .cause()
        .unwrap()
        .to_string();
    assert!(cause.len() < 300 && !cause.contains(char::is_control), "{cause:?}");
}

#[tokio::test]
async fn a_last_position_that_no_log_has_is_refused() {
    for last in ["{\"position\": 9223372036854775808}", "{\"position\": -1}", "{}"] {
        let log = answering(ok(last)).await.build().unwrap();
        let read = timeout(LONG, log.max_position()).await.unwrap();
        assert_eq!(*read.unwrap_err().kind(), RecorderErrorKind::Corrupt, "{last}");
    }
}
