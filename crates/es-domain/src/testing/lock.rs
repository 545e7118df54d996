//! A file that holds the shapes of all events, so that none changes by accident.

use std::{fmt::Write as _, fs, io, path::Path};

use super::shape::{Shape, shape_of_variant};
use crate::{Aggregate, Event, EventKind};

/// The environment variable that asks for a new file.
const VARIABLE: &str = "ES_EVENTS_LOCK";

/// Checks that the events of `A` have the shapes that stand in the file at `path`: names, types and versions.
///
/// When there is no file, it is written; add it to the repository. When an event has changed, the check fails and says
/// what to do: to give the event an upcaster, or, where stored events can be read without one, to write the file anew
/// with the environment variable `ES_EVENTS_LOCK=accept`. A relative path begins where tests run, at the package's root.
///
/// The shapes come from the `Deserialize` of the events: what it asks a format for is what stored events have to hold.
///
/// ```
/// # use es_domain::prelude::*;
/// # #[derive(Aggregate, Default)]
/// # pub struct Dog { root: Root<Self> }
/// # #[events]
/// # impl Dog {
/// #     #[event(Registered)]
/// #     pub fn register(name: &str) -> Self { Self::default() }
/// # }
/// # let directory = std::env::temp_dir();
/// # let lock_file = directory.join(format!("dog-{}.lock", std::process::id()));
/// # let path = || lock_file.clone();
/// // In a test: assert_events_locked::<Dog>("tests/events/dog.lock");
/// es_domain::testing::assert_events_locked::<Dog>(path());
/// # std::fs::remove_file(lock_file)?;
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// # Panics
///
/// When an event has changed, or the file cannot be read or written.
#[track_caller]
pub fn assert_events_locked<A: Aggregate>(path: impl AsRef<Path>) {
    let path = path.as_ref();
    let is_accepted = std::env::var_os(VARIABLE).is_some_and(|value| value == "accept");
    if let Err(message) = check(path, &Lock::of::<A>(), is_accepted) {
        panic!("{message}");
    }
}

fn check(path: &Path, lock: &Lock, is_accepted: bool) -> Result<(), String> {
    let text = match fs::read_to_string(path) {
        Ok(text) if !is_accepted => text,
        Ok(_) => return write(path, lock),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return write(path, lock),
        Err(error) => return Err(format!("{} cannot be read: {error}", path.display())),
    };
    let locked = Lock::parse(&text);
    match lock.changes(&locked) {
        None => Ok(()),
        Some(changes) => Err(format!("{}: {changes}", path.display())),
    }
}

fn write(path: &Path, lock: &Lock) -> Result<(), String> {
    let directory = path.parent().map_or(Ok(()), fs::create_dir_all);
    let written = directory.and_then(|()| fs::write(path, lock.text()));
    written.map_err(|error| format!("{} cannot be written: {error}", path.display()))
}

/// The shapes of the events of an aggregate.
pub(super) struct Lock {
    events: Vec<Entry>,
}

struct Entry {
    topic: String,
    version: u32,
    /// A line for each part.
    shape: Vec<String>,
}

impl Lock {
    pub(super) fn of<A: Aggregate>() -> Self {
        let entry = |kind: &EventKind| Entry {
            topic: kind.topic().to_owned(),
            version: kind.version(),
            shape: lines(&shape_of_variant::<A::Event>(kind.name())),
        };
        Self {
            events: A::Event::KINDS.iter().map(entry).collect(),
        }
    }

    pub(super) fn text(&self) -> String {
        let mut text =
            "# The shapes of stored events. Written by `es_domain::testing::assert_events_locked`.\n".to_owned();
        for event in &self.events {
            let Entry { topic, version, shape } = event;
            // Writing to a text cannot fail.
            let _ = writeln!(text, "\n{topic} version {version}");
            for line in shape {
                let _ = writeln!(text, "    {line}");
            }
        }
        text
    }

    pub(super) fn parse(text: &str) -> Self {
        let mut events: Vec<Entry> = Vec::new();
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            if let Some(shape) = line.strip_prefix("    ") {
                events
                    .last_mut()
                    .into_iter()
                    .for_each(|event| event.shape.push(shape.to_owned()));
            } else if let Some((topic, version)) = line.rsplit_once(" version ") {
                events.push(Entry {
                    topic: topic.to_owned(),
                    version: version.parse().unwrap_or_default(),
                    shape: Vec::new(),
                });
            }
        }
        Self { events }
    }

    /// What is different from `locked`, and what to do about it.
    pub(super) fn changes(&self, locked: &Self) -> Option<String> {
        let mut changes = Changes::default();
        for old in &locked.events {
            match self.events.iter().find(|new| new.topic == old.topic) {
                None => changes.gone(&old.topic),
                Some(new) => changes.compare(old, new),
            }
        }
        for new in &self.events {
            if !locked.events.iter().any(|old| old.topic == new.topic) {
                changes.expected(format!("{} is new", new.topic));
            }
        }
        changes.message()
    }
}

#[derive(Default)]
struct Changes {
    dangerous: Vec<String>,
    expected: Vec<String>,
}

impl Changes {
    fn expected(&mut self, text: String) {
        self.expected.push(text);
    }

    fn gone(&mut self, topic: &str) {
        self.dangerous.push(format!(
            "{topic} is gone. Stored ones cannot be read: give the event that took its place `alias = \"{topic}\"`, or \
             read it with `#[events(retired(\"{topic}\" = …))]`."
        ));
    }

    fn compare(&mut self, old: &Entry, new: &Entry) {
        let topic = &new.topic;
        let (before, now) = (old.version, new.version);
        let difference = difference(&old.shape, &new.shape);
        if now < before {
            self.dangerous.push(format!(
                "{topic} went back from version {before} to {now}: an upcaster is missing."
            ));
        } else if now > before {
            self.expected(format!("{topic} went on from version {before} to {now}{difference}"));
        } else if !difference.is_empty() {
            self.dangerous.push(format!(
                "{topic} has changed, and is still version {now}:{difference}\n  Stored events have the old shape. Add a \
                 function to the event that brings them up to date: `upcast(…, v{now}_to_v{})`. If they can be read \
                 without one, because a field was added with `#[serde(default)]`, accept the change.",
                now + 1
            ));
        }
    }

    fn message(self) -> Option<String> {
        if self.dangerous.is_empty() && self.expected.is_empty() {
            return None;
        }
        let mut text = "events are not as this file has them\n\n".to_owned();
        for change in self.dangerous.iter().chain(&self.expected) {
            // Writing to a text cannot fail.
            let _ = writeln!(text, "- {change}");
        }
        let _ = write!(
            text,
            "\nThen run the test once with {VARIABLE}=accept, look at what has changed in the file, and commit it."
        );
        Some(text)
    }
}

/// The lines that went and those that came.
fn difference(old: &[String], new: &[String]) -> String {
    let gone = old
        .iter()
        .filter(|line| !new.contains(line))
        .map(|line| format!("\n    - {line}"));
    let come = new
        .iter()
        .filter(|line| !old.contains(line))
        .map(|line| format!("\n    + {line}"));
    let difference: String = gone.chain(come).collect();
    if difference.is_empty() && old != new {
        return "\n    the order of its parts".to_owned();
    }
    difference
}

/// One line for each part of `shape`, named by its path.
fn lines(shape: &Shape) -> Vec<String> {
    let mut lines = Vec::new();
    add_lines("", shape, &mut lines);
    lines
}

fn add_lines(path: &str, shape: &Shape, lines: &mut Vec<String>) {
    let path_of = |name: &str| {
        if path.is_empty() {
            name.to_owned()
        } else {
            format!("{path}.{name}")
        }
    };
    match shape {
        Shape::Struct(fields) => {
            for (name, shape) in fields {
                add_lines(&path_of(name), shape, lines);
            }
            if fields.is_empty() && !path.is_empty() {
                lines.push(format!("{path}: nothing"));
            }
        }
        Shape::Option(shape) => add_lines(&format!("{path}?"), shape, lines),
        Shape::List(shape) => add_lines(&format!("{path}[]"), shape, lines),
        Shape::Map(key, value) => {
            add_lines(&format!("{path}{{key}}"), key, lines);
            add_lines(&format!("{path}{{}}"), value, lines);
        }
        Shape::Tuple(parts) => {
            for (idx, shape) in parts.iter().enumerate() {
                add_lines(&path_of(&idx.to_string()), shape, lines);
            }
        }
        Shape::Enum(variants) => {
            for (name, shape) in variants {
                add_lines(&format!("{path}|{name}"), shape, lines);
            }
        }
        Shape::Leaf(name) if path.is_empty() => lines.push((*name).to_owned()),
        Shape::Leaf(name) => lines.push(format!("{path}: {name}")),
    }
}
