//! No double decision: many contenders in several processes decide about few things, and save aggregates meanwhile.
//!
//! Each decision is replayed afterwards against the log up to its position: no event may be there that its query matches and
//! that it has not seen.

use std::{
    collections::BTreeMap,
    env, fmt,
    io::{BufRead as _, BufReader, Write as _},
    process::{Child, Command, Stdio},
    str::FromStr,
    sync::Arc,
};

use es_application::Environment;
use es_domain::Uuid;
use es_persistence::{
    AppendCondition, Datastore, DecisionRecorder, EventQuery, OriginatorId, PersistenceModules, QueryItem, ReadToken,
    RecorderError, RecorderErrorKind, Selection, StoredEvent, StoredTag, StreamSelection, TaggedRow, Timestamp, Topics,
};
use fastrand::Rng;
use tokio::task::JoinSet;

use crate::stores;

const PROCESSES: u64 = 8;
const TASKS: u64 = 8;
/// How often each task saves, appends or decides.
const ROUNDS: u64 = 3;

/// The variable that makes a contender of this program: its number.
const NUMBER: &str = "ES_DCB_CONTENDER";

const KEYS: [&str; 8] = [
    "PERSISTENCE_MODULE",
    "SQLITE_DBNAME",
    "POSTGRES_HOST",
    "POSTGRES_PORT",
    "POSTGRES_DBNAME",
    "POSTGRES_USER",
    "POSTGRES_PASSWORD",
    "POSTGRES_SCHEMA",
];

const TOPICS: [&str; 3] = ["Course.Taken", "Thing.Lent", "Rare.Seen"];

#[tokio::test(flavor = "multi_thread")]
async fn no_contender_overlooks_what_came_before_its_decision() {
    for opened in stores::all().await.into_iter().skip(1) {
        // It makes the tables, which 8 processes would otherwise do at once.
        let recorder = recorder(&opened.environment).await.1;
        let mut contenders: Vec<_> = (0..PROCESSES)
            .map(|number| start(&opened.environment, number))
            .collect();
        for contender in &mut contenders {
            contender.wait_for("ready");
        }
        contenders.iter_mut().for_each(Contender::tell);
        let done: Vec<Done> = contenders.into_iter().flat_map(Contender::finish).collect();
        check(&*recorder, &done).await;
    }
}

/// Asserts that no event which was stored before a decision makes its condition fail.
async fn check(recorder: &dyn DecisionRecorder, done: &[Done]) {
    let log = recorder
        .select_notifications(Selection::all())
        .await
        .unwrap()
        .notifications;
    let mut tags: BTreeMap<u64, Option<Vec<StoredTag>>> = BTreeMap::new();
    for done in done {
        let own = done.rows.iter().map(|tags| {
            tags.as_ref()
                .map(|tags| tags.iter().copied().map(Drawn::stored).collect())
        });
        tags.extend((done.position..).zip(own));
    }
    assert_eq!(log.len(), tags.len(), "what was stored is there, and nothing else");
    let decisions: Vec<_> = done
        .iter()
        .filter_map(|done| Some((done.position, done.condition()?)))
        .collect();
    assert!(decisions.len() > 30, "only {} decisions were made", decisions.len());
    for (position, condition) in decisions {
        let before = log.iter().take_while(|there| there.position < position);
        let overlooked = before.filter(|there| {
            let tags = tags[&there.position].as_deref();
            condition.is_broken_by(there.position, &there.event, tags)
        });
        let overlooked: Vec<_> = overlooked.map(|there| there.position).collect();
        assert_eq!(
            overlooked, [0; 0],
            "the decision at {position} overlooked them: {condition:?}"
        );
    }
}

async fn recorder(environment: &Environment) -> (Arc<dyn Datastore>, Arc<dyn DecisionRecorder>) {
    let mut modules = PersistenceModules::memory_only();
    modules.add(es_sqlite::factory());
    modules.add(es_postgres::factory());
    let datastore = modules.choose(environment).unwrap().open(environment).await.unwrap();
    let recorder = datastore.decision_recorder().await.unwrap();
    (datastore, recorder)
}

// ---- One process ------------------------------------------------------------------------------------------------------

struct Contender {
    process: Child,
    lines: BufReader<std::process::ChildStdout>,
}

fn start(environment: &Environment, number: u64) -> Contender {
    let mut command = Command::new(env::current_exe().unwrap());
    command.args(["--exact", "contenders::contender", "--nocapture"]);
    command.env(NUMBER, number.to_string());
    for key in KEYS {
        if let Some(value) = environment.get(key) {
            command.env(key, value);
        }
    }
    // All contenders share one server with other tests.
    command.env("POSTGRES_POOL_SIZE", "2").env("POSTGRES_MAX_OVERFLOW", "6");
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut process = command.spawn().unwrap();
    let lines = BufReader::new(process.stdout.take().unwrap());
    Contender { process, lines }
}

impl Contender {
    fn wait_for(&mut self, word: &str) {
        let mut line = String::new();
        while !line.contains(word) {
            line.clear();
            assert!(
                self.lines.read_line(&mut line).unwrap() > 0,
                "the contender has ended without {word}"
            );
        }
    }

    fn tell(&mut self) {
        self.process.stdin.as_mut().unwrap().write_all(b"\n").unwrap();
    }

    /// Reads what it has done.
    fn finish(mut self) -> Vec<Done> {
        let lines = self.lines.lines().map_while(Result::ok);
        let done = lines
            .filter_map(|line| Some(line.split_once("done ")?.1.parse().unwrap()))
            .collect();
        assert!(self.process.wait().unwrap().success());
        done
    }
}

/// What a contender does; without a number it is none, and the test has nothing to do.
#[tokio::test(flavor = "multi_thread")]
async fn contender() {
    let Ok(number) = env::var(NUMBER) else { return };
    let number: u64 = number.parse().unwrap();
    let (datastore, recorder) = recorder(&Environment::from_process("School")).await;
    say("ready");
    std::io::stdin().lines().next();
    let mut tasks = JoinSet::new();
    for task in 0..TASKS {
        let recorder = Arc::clone(&recorder);
        tasks.spawn(async move {
            let mut random = Rng::with_seed(number * TASKS + task);
            for _ in 0..ROUNDS {
                let done = match random.u8(0..10) {
                    0..3 => save(&*recorder, &mut random).await,
                    3 => append(&*recorder, &mut random).await,
                    _ => decide(&*recorder, &mut random).await,
                };
                if let Some(done) = done {
                    say(format_args!("done {done}"));
                }
            }
        });
    }
    tasks.join_all().await;
    datastore.close().await;
}

fn say(text: impl fmt::Display) {
    let line = format!("{text}\n");
    let mut out = std::io::stdout().lock();
    out.write_all(line.as_bytes()).and_then(|()| out.flush()).unwrap();
}

/// Saves an event of one of three aggregates, as an application does.
async fn save(recorder: &dyn DecisionRecorder, random: &mut Rng) -> Option<Done> {
    let id = aggregate(random.u8(1..=3));
    let last = StreamSelection::of(id.clone()).descending().limit(1);
    let last = done_or_busy(recorder.select_events(last).await)?;
    let version = last.first().map_or(1, |last| last.originator_version + 1);
    match recorder
        .insert_events(vec![event(id, version, "Thing.Moved", random)])
        .await
    {
        Ok(positions) => Some(Done {
            position: positions[0],
            rows: vec![None],
            token: None,
            items: Vec::new(),
        }),
        Err(error) => {
            assert!(error.conflict().is_some() || error.is_retryable(), "{error}");
            None
        }
    }
}

/// What a call returned, or `None` if the store is too busy: then nothing is stored.
fn done_or_busy<T>(outcome: Result<T, RecorderError>) -> Option<T> {
    outcome.map_err(|error| assert!(error.is_retryable(), "{error}")).ok()
}

async fn append(recorder: &dyn DecisionRecorder, random: &mut Rng) -> Option<Done> {
    let (rows, tags) = rows(random);
    let positions = done_or_busy(recorder.insert_tagged(rows, None).await)?;
    Some(Done {
        position: positions[0],
        rows: tags,
        token: None,
        items: Vec::new(),
    })
}

async fn decide(recorder: &dyn DecisionRecorder, random: &mut Rng) -> Option<Done> {
    let items: Vec<_> = (0..random.usize(1..=3)).map(|_| Item::draw(random)).collect();
    let query = EventQuery::new(items.iter().map(Item::query));
    let token = done_or_busy(recorder.select_tagged(query.clone()).await)?.token;
    let (rows, tags) = rows(random);
    match recorder
        .insert_tagged(rows, Some(AppendCondition::new(query, token.clone())))
        .await
    {
        Ok(positions) => Some(Done {
            position: positions[0],
            rows: tags,
            token: Some(token),
            items,
        }),
        Err(error) => {
            let is_failed = *error.kind() == RecorderErrorKind::ConditionFailed;
            assert!(is_failed || error.is_retryable(), "{error}");
            None
        }
    }
}

fn aggregate(number: u8) -> OriginatorId {
    OriginatorId::Uuid(Uuid::from_u128(number.into()))
}

fn event(id: OriginatorId, version: u64, topic: &'static str, random: &mut Rng) -> StoredEvent {
    let now: Timestamp = "2026-01-02T03:04:05Z".parse().unwrap();
    StoredEvent::new(id, version, topic, b"{}".to_vec()).with_stamp(Uuid::from_u128(random.u128(..)), now)
}

/// One or two events with tags, and the tags of each.
fn rows(random: &mut Rng) -> (Vec<TaggedRow>, Vec<Option<Vec<Drawn>>>) {
    let row = |random: &mut Rng| {
        let id = OriginatorId::Uuid(Uuid::from_u128(random.u128(1000..)));
        let event = event(id, 1, TOPICS[random.usize(0..TOPICS.len())], random);
        let tags = Drawn::draw(random);
        (
            TaggedRow::new(event, tags.iter().copied().map(Drawn::stored)),
            Some(tags),
        )
    };
    (0..random.u8(1..=2)).map(|_| row(random)).unzip()
}

// ---- What was done, as a line ---------------------------------------------------------------------------------------------

/// A tag: one of few, or that of an aggregate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Drawn {
    Text(u8),
    Own(u8),
}

impl Drawn {
    fn draw(random: &mut Rng) -> Vec<Self> {
        let mut drawn: Vec<_> = (0..random.u8(0..=2)).map(|_| Self::Text(random.u8(0..6))).collect();
        if random.u8(0..4) == 0 {
            drawn.push(Self::Own(random.u8(1..=3)));
        }
        drawn
    }

    fn stored(self) -> StoredTag {
        match self {
            Self::Text(number) => StoredTag::new(format!("tag:{number}")),
            Self::Own(number) => StoredTag::of_originator(format!("Thing:{number}"), aggregate(number)),
        }
    }

    fn code(self) -> u8 {
        match self {
            Self::Text(number) => number,
            Self::Own(number) => 100 + number,
        }
    }

    const fn of_code(code: u8) -> Self {
        match code {
            101.. => Self::Own(code - 100),
            _ => Self::Text(code),
        }
    }
}

/// An item of a query.
#[derive(Clone, Debug)]
struct Item {
    family: Option<&'static str>,
    tags: Vec<Drawn>,
    is_tagged_only: bool,
}

const FAMILIES: [&str; 2] = ["Rare", "Thing"];

impl Item {
    fn draw(random: &mut Rng) -> Self {
        let family = FAMILIES.get(random.usize(0..6)).copied();
        let mut tags = Drawn::draw(random);
        if tags.is_empty() && family.is_none() {
            // Nobody could decide anything if each event mattered.
            tags.push(Drawn::Text(0));
        }
        Self {
            family,
            tags,
            is_tagged_only: random.bool(),
        }
    }

    fn query(&self) -> QueryItem {
        let item = QueryItem::all().with_tags(self.tags.iter().copied().map(Drawn::stored));
        let item = match self.family {
            Some(family) => item.of_topics(Topics::families([family])),
            None => item,
        };
        if self.is_tagged_only { item.tagged_only() } else { item }
    }

    fn numbers(&self) -> Vec<u64> {
        let family = self
            .family
            .and_then(|own| FAMILIES.iter().position(|family| *family == own));
        let head = [family.map_or(9, |family| family as u64), self.is_tagged_only.into()];
        head.into_iter()
            .chain(self.tags.iter().map(|tag| tag.code().into()))
            .collect()
    }

    fn of_numbers(numbers: &[u64]) -> Self {
        let tags = numbers[2..]
            .iter()
            .map(|code| Drawn::of_code(u8::try_from(*code).unwrap()));
        Self {
            family: FAMILIES.get(usize::try_from(numbers[0]).unwrap()).copied(),
            is_tagged_only: numbers[1] == 1,
            tags: tags.collect(),
        }
    }
}

/// What a contender has stored.
#[derive(Debug)]
struct Done {
    /// The position of the first event.
    position: u64,
    /// The tags of each event; `None` for one that was saved with its aggregate.
    rows: Vec<Option<Vec<Drawn>>>,
    /// What a decision had seen; `None` if it was none.
    token: Option<ReadToken>,
    items: Vec<Item>,
}

impl Done {
    fn condition(&self) -> Option<AppendCondition> {
        let query = EventQuery::new(self.items.iter().map(Item::query));
        Some(AppendCondition::new(query, self.token.clone()?))
    }
}

/// Numbers with commas between them, lists with semicolons.
fn list(numbers: impl IntoIterator<Item = u64>) -> String {
    numbers
        .into_iter()
        .map(|number| number.to_string())
        .collect::<Vec<_>>()
        .join(",")
}

fn numbers(text: &str) -> Vec<u64> {
    text.split(',')
        .filter(|number| !number.is_empty())
        .map(|number| number.parse().unwrap())
        .collect()
}

impl fmt::Display for Done {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rows = self.rows.iter().map(|tags| match tags {
            None => "-".to_owned(),
            Some(tags) => list(tags.iter().map(|tag| tag.code().into())),
        });
        let rows: Vec<_> = rows.collect();
        let seen = self
            .token
            .iter()
            .flat_map(|token| [token.after()].into_iter().chain(token.seen().iter().copied()));
        let items: Vec<_> = self.items.iter().map(|item| list(item.numbers())).collect();
        write!(
            f,
            "{} {};| {}| {}",
            self.position,
            rows.join(";"),
            list(seen),
            items.join(";")
        )
    }
}

impl FromStr for Done {
    type Err = std::convert::Infallible;

    fn from_str(line: &str) -> Result<Self, Self::Err> {
        let mut parts = line.trim_end().split('|');
        let (position, rows) = parts.next().unwrap().split_once(' ').unwrap();
        let seen = numbers(parts.next().unwrap().trim());
        let items = parts.next().unwrap().trim();
        let tags = |tags: &str| {
            numbers(tags)
                .into_iter()
                .map(|code| Drawn::of_code(u8::try_from(code).unwrap()))
                .collect()
        };
        let rows = rows.strip_suffix(';').unwrap().split(';');
        let token = seen
            .split_first()
            .map(|(after, seen)| ReadToken::new(*after, seen.to_vec()));
        Ok(Self {
            position: position.parse().unwrap(),
            rows: rows.map(|row| (row != "-").then(|| tags(row))).collect(),
            token,
            items: items
                .split(';')
                .filter(|item| !item.is_empty())
                .map(|item| Item::of_numbers(&numbers(item)))
                .collect(),
        })
    }
}
