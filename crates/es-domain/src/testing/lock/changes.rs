//! The changes since the file was written, with advice.

use std::fmt::Write as _;

use super::{
    VARIABLE,
    entry::{Entry, Lock},
};

/// Returns the differences from `locked`, or `None` if there are none.
pub(super) fn changes(lock: &Lock, locked: &Lock) -> Option<String> {
    let mut changes = Changes::default();
    for old in &locked.events {
        changes.of_event(old, lock, locked);
    }
    for topic in &locked.retired {
        changes.of_retired(topic, lock);
    }
    for new in &lock.events {
        changes.of_new(new, locked);
    }
    for topic in &lock.retired {
        if !locked.is_retired(topic) && locked.event(topic).is_none() {
            changes.expected(format!("{topic} is retired, and was not known before"));
        }
    }
    changes.message()
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

    fn of_event(&mut self, old: &Entry, lock: &Lock, locked: &Lock) {
        match lock.event(&old.topic) {
            Some(new) if new.topic == old.topic => self.compare(&old.topic, old, new),
            Some(new) if locked.events.iter().any(|other| other.topic == new.topic) => {
                self.compare(&format!("{}, which is read as {},", old.topic, new.topic), old, new);
                self.expected(format!("{} is read as {} now", old.topic, new.topic));
            }
            Some(new) => {
                self.compare(&new.topic, old, new);
                self.expected(format!("{} is called {} now, and has an alias", old.topic, new.topic));
            }
            None if lock.is_retired(&old.topic) => self.expected(format!("{} is retired now", old.topic)),
            None => self.gone(&old.topic),
        }
        for alias in &old.aliases {
            match lock.event(alias) {
                Some(_) => {}
                None if lock.is_retired(alias) => self.expected(format!("{alias} is retired now")),
                None => self.gone(alias),
            }
        }
    }

    fn of_retired(&mut self, topic: &str, lock: &Lock) {
        match lock.event(topic) {
            _ if lock.is_retired(topic) => {}
            Some(event) => self.expected(format!("{topic} is no longer retired: it is read as {}", event.topic)),
            None => self.gone(topic),
        }
    }

    fn of_new(&mut self, new: &Entry, locked: &Lock) {
        let mut known = new.topics().filter(|topic| locked.event(topic).is_some());
        if known.next().is_none() {
            self.expected(format!("{} is new", new.topic));
        }
        for alias in &new.aliases {
            if locked.event(alias).is_none() && !locked.is_retired(alias) {
                self.expected(format!("{} has the new alias {alias}", new.topic));
            }
        }
    }

    fn gone(&mut self, topic: &str) {
        self.dangerous.push(format!(
            "{topic} is gone. Stored ones cannot be read: give the event that took its place `alias = \"{topic}\"`, read \
             it with `#[events(retired(\"{topic}\" = …))]`, or, if it is to be read as nothing, write \
             `#[events(retired(\"{topic}\"))]`."
        ));
    }

    fn compare(&mut self, name: &str, old: &Entry, new: &Entry) {
        let (before, now) = (old.version, new.version);
        let difference = difference(&old.shape, &new.shape);
        if now < before {
            self.dangerous.push(format!(
                "{name} went back from version {before} to {now}: an upcaster is missing."
            ));
        } else if now > before {
            self.expected(format!("{name} went on from version {before} to {now}{difference}"));
        } else if !difference.is_empty() {
            self.dangerous.push(format!(
                "{name} has changed, and is still version {now}:{difference}\n  Stored events have the old shape. Add a \
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

/// The lines that were removed and the lines that were added.
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
