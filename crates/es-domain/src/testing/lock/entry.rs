//! The entries of the file: the events of an aggregate as text.

use std::fmt::Write as _;

use super::super::shape::{Shape, shape_of_variant};
use crate::{Aggregate, Event, EventKind, RetiredEvent};

const HEAD: &str = "# The shapes of stored events. Written by `es_domain::testing::assert_events_locked`.\n";
const ALIAS: &str = "  alias ";
const PART: &str = "    ";
const RETIRED: &str = "retired ";
const VERSION: &str = " version ";

/// The events of an aggregate: their shapes and all topics under which they may be stored.
pub(super) struct Lock {
    pub(super) events: Vec<Entry>,
    /// The topics of retired events.
    pub(super) retired: Vec<String>,
}

pub(super) struct Entry {
    pub(super) topic: String,
    pub(super) version: u32,
    pub(super) aliases: Vec<String>,
    /// A line for each part.
    pub(super) shape: Vec<String>,
}

impl Entry {
    /// Returns `true` if events are read that were stored under `topic`.
    pub(super) fn reads(&self, topic: &str) -> bool {
        self.topics().any(|own| own == topic)
    }

    pub(super) fn topics(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&self.topic).chain(&self.aliases).map(String::as_str)
    }
}

impl Lock {
    pub(super) fn of<A: Aggregate>() -> Self {
        let entry = |kind: &EventKind| Entry {
            topic: kind.topic().to_owned(),
            version: kind.version(),
            aliases: kind.topics().skip(1).map(ToOwned::to_owned).collect(),
            shape: lines(&shape_of_variant::<A::Event>(kind.name())),
        };
        let retired = A::Event::RETIRED.iter().map(RetiredEvent::topic);
        Self {
            events: A::Event::KINDS.iter().map(entry).collect(),
            retired: retired.map(ToOwned::to_owned).collect(),
        }
    }

    /// Returns the event that reads events with `topic`.
    pub(super) fn event(&self, topic: &str) -> Option<&Entry> {
        self.events.iter().find(|event| event.reads(topic))
    }

    pub(super) fn is_retired(&self, topic: &str) -> bool {
        self.retired.iter().any(|retired| retired == topic)
    }

    pub(super) fn text(&self) -> String {
        let mut text = HEAD.to_owned();
        for event in &self.events {
            // Writing to a text cannot fail.
            let _ = writeln!(text, "\n{}{VERSION}{}", event.topic, event.version);
            for alias in &event.aliases {
                let _ = writeln!(text, "{ALIAS}{alias}");
            }
            for line in &event.shape {
                let _ = writeln!(text, "{PART}{line}");
            }
        }
        for (idx, topic) in self.retired.iter().enumerate() {
            let space = if idx == 0 { "\n" } else { "" };
            let _ = writeln!(text, "{space}{RETIRED}{topic}");
        }
        text
    }

    pub(super) fn parse(text: &str) -> Self {
        let (events, retired) = (Vec::new(), Vec::new());
        let mut lock = Self { events, retired };
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            lock.parse_line(line);
        }
        lock
    }

    fn parse_line(&mut self, line: &str) {
        if let Some(part) = line.strip_prefix(PART) {
            if let Some(event) = self.events.last_mut() {
                event.shape.push(part.to_owned());
            }
        } else if let Some(alias) = line.strip_prefix(ALIAS) {
            if let Some(event) = self.events.last_mut() {
                event.aliases.push(alias.to_owned());
            }
        } else if let Some(topic) = line.strip_prefix(RETIRED) {
            self.retired.push(topic.to_owned());
        } else if let Some((topic, version)) = line.rsplit_once(VERSION) {
            self.events.push(Entry {
                topic: topic.to_owned(),
                version: version.parse().unwrap_or_default(),
                aliases: Vec::new(),
                shape: Vec::new(),
            });
        }
    }
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
