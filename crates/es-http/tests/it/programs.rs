//! Programs of other makes: they read our log where they are installed.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Stdio,
    sync::Arc,
};

use es_application::{Recorded, Selection};
use es_http::client::RemoteLog;
use es_persistence::{Environment, Mapper, ReadableLog as _, Subscription, import::PythonImporter};
use futures_util::StreamExt as _;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines},
    process::{Child, ChildStdout, Command},
    time::timeout,
};

use crate::{
    rewound::Switchable,
    school::{DogEvent, dog, trainer},
    served::{LONG, Served},
    world::app,
};

/// The program that the variable names, else the one of this name on the path.
pub(crate) fn find(variable: &str, name: &str) -> Option<PathBuf> {
    if let Some(named) = env::var_os(variable) {
        return Some(named.into());
    }
    let path = env::var_os("PATH")?;
    env::split_paths(&path)
        .map(|folder| folder.join(name))
        .find(|file| file.is_file())
}

/// Says what a test has left out.
#[expect(clippy::print_stderr, reason = "whoever runs the tests should know")]
pub(crate) fn left_out(why: &str) {
    eprintln!("left out: {why}");
}

/// The follower that `examples` shows, written in Python with the standard library.
const FOLLOWER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/follow.py");

/// A follower that runs.
struct Follower {
    program: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Follower {
    fn start(python: &Path, served: &Served, checkpoint: &Path) -> Self {
        let mut program = Command::new(python)
            .arg(FOLLOWER)
            .arg(served.base())
            .arg(checkpoint)
            .arg("Dog")
            .env("ES_TOKEN", served.token.reveal())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let lines = BufReader::new(program.stdout.take().unwrap()).lines();
        Self { program, lines }
    }

    async fn line(&mut self) -> String {
        let line = timeout(LONG, self.lines.next_line()).await.expect("it comes in time");
        line.unwrap().expect("the program goes on")
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_follower_in_python_prints_each_event_once_and_notices_a_rewound_log() {
    let Some(python) = find("ES_PYTHON", "python3") else {
        return left_out("python3 is not installed");
    };
    let (before, restored) = (app().await, app().await);
    let log = Switchable::of(&before);
    let served = Served::of(&log.source()).await;
    let folder = tempfile::tempdir().unwrap();
    let checkpoint = folder.path().join("position.json");
    dog(&before, "Fido", &["sit"]).await;
    trainer(&before, "Ann").await;
    let mut follower = Follower::start(&python, &served, &checkpoint);
    assert_eq!(follower.line().await, r#"1 Dog.Registered {"name":"Fido"}"#);
    assert_eq!(follower.line().await, r#"2 Dog.TrickAdded {"trick":"sit"}"#);
    dog(&before, "Rex", &[]).await;
    assert_eq!(follower.line().await, r#"4 Dog.Registered {"name":"Rex"}"#);
    let stored = async {
        // The checkpoint is stored after the events are printed.
        while !fs::read_to_string(&checkpoint)
            .unwrap_or_default()
            .contains("\"reached\": 4")
        {
            tokio::task::yield_now().await;
        }
    };
    timeout(LONG, stored).await.expect("it is stored");
    follower.program.kill().await.unwrap();

    dog(&before, "Bob", &[]).await;
    let mut follower = Follower::start(&python, &served, &checkpoint);
    assert_eq!(follower.line().await, r#"5 Dog.Registered {"name":"Bob"}"#);
    dog(&restored, "Tim", &["sit"]).await;
    log.switch(&restored);
    // It waits for events after position 5, and the log has become shorter.
    let ended = timeout(LONG, follower.program.wait())
        .await
        .expect("it notices")
        .unwrap();
    assert_eq!(ended.code(), Some(3));
}

/// Reads sections and selections with the client of the Python library, over a transport of the user's own.
const REFERENCE_CLIENT: &str = r#"
import json, os, sys, urllib.parse, urllib.request
from eventsourcing.interface import NotificationLogInterface, NotificationLogJSONClient

class OverHttp(NotificationLogInterface):
    def get(self, path):
        headers = {"Authorization": "Bearer " + os.environ["ES_TOKEN"]}
        with urllib.request.urlopen(urllib.request.Request(sys.argv[1] + path, headers=headers)) as response:
            return response.read().decode()

    def get_log_section(self, section_id):
        return self.get("/log/" + section_id)

    def get_notifications(self, start, limit, topics=(), *, inclusive_of_start=True):
        after = (start or 1) - 1 if inclusive_of_start else start
        query = urllib.parse.urlencode({"after": after, "limit": limit, "topics": list(topics)}, doseq=True)
        return json.dumps(json.loads(self.get("/log?" + query))["items"])

def shown(notifications):
    return [[n.id, str(n.originator_id), n.originator_version, n.topic, n.state.decode()] for n in notifications]

log = NotificationLogJSONClient(OverHttp())
sections, next_id = [], "1,4"
while next_id:
    section = log[next_id]
    sections += shown(section.items)
    next_id = section.next_id
print(json.dumps({
    "sections": sections,
    "selection": shown(log.select(start=2, limit=3, topics=["Dog.TrickAdded"])),
    "after": shown(log.select(start=2, limit=2, inclusive_of_start=False)),
}))
"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_client_of_the_python_library_reads_our_log() {
    let Some(python) = find("ES_EVENTSOURCING_PYTHON", "python3") else {
        return left_out("python3 is not installed");
    };
    let import = Command::new(&python)
        .args(["-c", "import eventsourcing.interface"])
        .output();
    if !import.await.unwrap().status.success() {
        return left_out("the Python package `eventsourcing` is not installed");
    }
    let app = app().await;
    dog(&app, "Fido", &["sit", "jump"]).await;
    trainer(&app, "Ann").await;
    dog(&app, "Rex", &["sit", "fetch"]).await;
    let served = Served::of(&app).await;
    let program = Command::new(&python)
        .args(["-c", REFERENCE_CLIENT, &served.base()])
        .env("ES_TOKEN", served.token.reveal())
        .output();
    let output = program.await.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let read: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let all = app.notification_log().select(Selection::all()).await.unwrap();
    let row = |recorded: &Recorded| {
        let event = &recorded.notification().event;
        let state = String::from_utf8(event.state.clone()).unwrap();
        let id = event.originator_id.to_string();
        serde_json::json!([recorded.position(), id, event.originator_version, event.topic, state])
    };
    let rows: Vec<_> = all.iter().map(row).collect();
    assert_eq!(rows.len(), 7);
    assert_eq!(read["sections"], serde_json::json!(rows));
    assert_eq!(read["selection"], serde_json::json!([rows[1], rows[2], rows[5]]));
    assert_eq!(read["after"], serde_json::json!([rows[2], rows[3]]));
}

/// An application of the Python library and its JSON service, served as its users would do it.
const REFERENCE_SERVICE: &str = r#"
import http.server, sys, threading
from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event
from eventsourcing.interface import NotificationLogJSONService

class Dog(Aggregate):
    @event("Registered")
    def __init__(self, name):
        self.name = name

    @event("TrickAdded")
    def add_trick(self, trick):
        pass

app = Application()
service = NotificationLogJSONService(app)

def register(name, *tricks):
    dog = Dog(name)
    for trick in tricks:
        dog.add_trick(trick)
    app.save(dog)

class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        body = service.get_log_section(self.path.rsplit("/", 1)[1]).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass

for number in range(9):
    register(f"Dog {number}", "sit", "jump")
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
print(server.server_address[1], flush=True)
for name in sys.stdin:
    register(name.strip())
"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn our_client_follows_the_service_of_the_python_library() {
    let Some(python) = find("ES_EVENTSOURCING_PYTHON", "python3") else {
        return left_out("python3 is not installed");
    };
    let import = Command::new(&python)
        .args(["-c", "import eventsourcing.interface"])
        .output();
    if !import.await.unwrap().status.success() {
        return left_out("the Python package `eventsourcing` is not installed");
    }
    let mut program = Command::new(&python);
    program
        .args(["-c", REFERENCE_SERVICE])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true);
    let mut program = program.spawn().unwrap();
    let mut input = program.stdin.take().unwrap();
    let mut lines = BufReader::new(program.stdout.take().unwrap()).lines();
    let port = timeout(LONG, lines.next_line())
        .await
        .expect("it starts")
        .unwrap()
        .unwrap();

    let mapper = Mapper::from_environment(&Environment::new("School")).unwrap();
    let log = RemoteLog::builder(format!("http://127.0.0.1:{port}"));
    let log = Arc::new(log.build_python(PythonImporter::new(), mapper.clone()).unwrap());
    assert_eq!(log.max_position().await.unwrap(), Some(27));
    let events = Subscription::new(Arc::clone(&log) as _, Selection::after(0).of::<DogEvent>());
    let mut events = events.map(|event| Recorded::of(event.unwrap(), mapper.clone()));
    for number in 0..9 {
        for body in [
            DogEvent::Registered {
                name: format!("Dog {number}"),
            },
            DogEvent::TrickAdded {
                trick: "sit".to_owned(),
            },
            DogEvent::TrickAdded {
                trick: "jump".to_owned(),
            },
        ] {
            let event = timeout(LONG, events.next()).await.expect("it comes in time").unwrap();
            assert_eq!(event.decode::<DogEvent>().unwrap(), Some(body));
        }
    }
    input.write_all(b"Rex\n").await.unwrap();
    let event = timeout(LONG, events.next()).await.expect("it comes in time").unwrap();
    let registered = DogEvent::Registered { name: "Rex".to_owned() };
    assert_eq!(
        (event.position(), event.decode::<DogEvent>().unwrap()),
        (28, Some(registered))
    );
    assert_eq!(log.max_position().await.unwrap(), Some(28));
    let page = log
        .select_notifications(Selection::after(3).up_to(5).topics(["Dog.Registered"]))
        .await
        .unwrap();
    assert_eq!((page.notifications.len(), page.reached), (1, 5));
}
