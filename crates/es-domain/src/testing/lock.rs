//! A file that holds the shapes of all events, so that none changes by accident.

mod changes;
mod entry;

use std::{env, fs, io, path::Path};

use self::entry::Lock;
use crate::Aggregate;

/// The environment variable that asks for a new file.
const VARIABLE: &str = "ES_EVENTS_LOCK";

/// Checks that the events of `A` are as the file at `path` records them: their topics, aliases, versions and shapes, and
/// the topics of retired events.
///
/// If the file is missing, it is written; commit it. If the environment variable `CI` is set, a missing file is a failure
/// instead, because nobody would commit it there. If an event has changed, the check fails and says what to do: give the
/// event an upcaster or an alias, or, if stored events can be read without one, set the environment variable
/// `ES_EVENTS_LOCK=accept` to write the file anew. A relative path begins at the package's root, where tests run.
///
/// The shapes are derived from the `Deserialize` of the events: they list what it asks a format for.
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
/// # std::fs::write(path(), "Dog.Registered version 1\n    name: text\n")?;
/// // In a test: assert_events_locked::<Dog>("tests/events/dog.lock");
/// es_domain::testing::assert_events_locked::<Dog>(path());
/// # std::fs::remove_file(lock_file)?;
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// # Panics
///
/// If an event has changed, or the file cannot be read or written, or is missing where `CI` is set.
#[track_caller]
pub fn assert_events_locked<A: Aggregate>(path: impl AsRef<Path>) {
    let path = path.as_ref();
    if let Err(message) = check(path, &Lock::of::<A>(), Mode::of_environment()) {
        panic!("{message}");
    }
}

/// The condition under which the file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    /// It is written if it is missing.
    Missing,
    /// It is never written, because it would be lost with the machine that runs the tests.
    Never,
    /// It is always written, because the user has accepted the changes.
    Accept,
}

impl Mode {
    fn of_environment() -> Self {
        let is_on = |value: &str| !matches!(value, "" | "0" | "false");
        if env::var_os(VARIABLE).is_some_and(|value| value == "accept") {
            Self::Accept
        } else if env::var_os("CI").is_some_and(|value| value.to_str().is_none_or(is_on)) {
            Self::Never
        } else {
            Self::Missing
        }
    }
}

fn check(path: &Path, lock: &Lock, mode: Mode) -> Result<(), String> {
    if mode == Mode::Accept {
        return write(path, lock);
    }
    let file = path.display();
    match fs::read_to_string(path) {
        Ok(text) => match changes::changes(lock, &Lock::parse(&text)) {
            None => Ok(()),
            Some(changes) => Err(format!("{file}: {changes}")),
        },
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(format!("{file} cannot be read: {error}")),
        Err(_) if mode == Mode::Missing => write(path, lock),
        Err(_) => Err(format!(
            "{file} is missing, and it is not written where the environment variable CI is set: run the test on your own \
             machine and commit the file"
        )),
    }
}

fn write(path: &Path, lock: &Lock) -> Result<(), String> {
    let directory = path.parent().map_or(Ok(()), fs::create_dir_all);
    let written = directory.and_then(|()| fs::write(path, lock.text()));
    written.map_err(|error| format!("{} cannot be written: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOCKED: &str = "\
# The shapes of stored events. Written by `es_domain::testing::assert_events_locked`.

Dog.Registered version 1
  alias Dog.Born
    name: text

Dog.Moved version 2

retired Dog.Barked
";

    fn changes(now: &str) -> String {
        let message = changes::changes(&Lock::parse(now), &Lock::parse(LOCKED)).unwrap_or_default();
        let lines = message.lines().filter(|line| line.starts_with("- "));
        lines.collect::<Vec<_>>().join("\n")
    }

    fn check_changes(old: &str, new: &str, expected: &str) {
        assert_eq!(changes(&LOCKED.replace(old, new)), expected);
    }

    #[test]
    fn the_text_of_a_lock_is_read_as_the_same_lock() {
        assert_eq!(Lock::parse(LOCKED).text(), LOCKED);
        assert_eq!(changes(LOCKED), "");
    }

    #[test]
    fn a_rename_with_an_alias_is_no_loss_and_no_new_event() {
        check_changes(
            "Dog.Moved version 2\n",
            "Dog.Walked version 2\n  alias Dog.Moved\n",
            "- Dog.Moved is called Dog.Walked now, and has an alias",
        );
        check_changes(
            "Dog.Moved version 2\n",
            "Dog.Walked version 1\n  alias Dog.Moved\n",
            "- Dog.Walked went back from version 2 to 1: an upcaster is missing.\n\
             - Dog.Moved is called Dog.Walked now, and has an alias",
        );
    }

    #[test]
    fn an_event_that_became_one_with_another_is_read_as_it() {
        check_changes(
            "  alias Dog.Born\n    name: text\n\nDog.Moved version 2\n",
            "  alias Dog.Born\n  alias Dog.Moved\n    name: text\n",
            "- Dog.Moved, which is read as Dog.Registered, went back from version 2 to 1: an upcaster is missing.\n\
             - Dog.Moved is read as Dog.Registered now",
        );
    }

    #[test]
    fn aliases_and_retired_topics_must_not_go() {
        for (old, topic) in [
            ("  alias Dog.Born\n", "Dog.Born"),
            ("retired Dog.Barked\n", "Dog.Barked"),
        ] {
            let message = changes(&LOCKED.replace(old, ""));
            let expected = format!("- {topic} is gone. Stored ones cannot be read:");
            assert!(message.starts_with(&expected), "{message}");
            assert_eq!(message.lines().count(), 1, "{message}");
        }
    }

    #[test]
    fn aliases_and_retired_topics_that_come_are_said() {
        check_changes(
            "  alias Dog.Born\n",
            "  alias Dog.Born\n  alias Dog.Found\n",
            "- Dog.Registered has the new alias Dog.Found",
        );
        check_changes(
            "retired Dog.Barked\n",
            "retired Dog.Barked\nretired Dog.Sat\n",
            "- Dog.Sat is retired, and was not known before",
        );
        check_changes(
            "Dog.Moved version 2\n",
            "retired Dog.Moved\n",
            "- Dog.Moved is retired now",
        );
        check_changes(
            "  alias Dog.Born\n    name: text\n\nDog.Moved version 2\n\nretired Dog.Barked\n",
            "    name: text\n\nDog.Moved version 2\n  alias Dog.Barked\n\nretired Dog.Born\n",
            "- Dog.Born is retired now\n- Dog.Barked is no longer retired: it is read as Dog.Moved",
        );
    }

    #[test]
    fn a_missing_file_is_written_but_not_where_nobody_would_commit_it() {
        let directory = env::temp_dir().join(format!("es-domain-lock-{}", std::process::id()));
        let path = directory.join("dog.lock");
        let lock = Lock::parse(LOCKED);
        let message = check(&path, &lock, Mode::Never).expect_err("it is missing");
        assert!(
            message.contains("run the test on your own machine and commit the file"),
            "{message}"
        );
        assert!(!path.exists());

        assert_eq!(check(&path, &lock, Mode::Missing), Ok(()));
        assert_eq!(fs::read_to_string(&path).expect("it was written"), LOCKED);
        assert_eq!(check(&path, &lock, Mode::Never), Ok(()));
        let changed = Lock::parse("Dog.Registered version 3\n");
        assert!(check(&path, &changed, Mode::Missing).is_err(), "it has changed");
        assert_eq!(check(&path, &changed, Mode::Accept), Ok(()));
        fs::remove_dir_all(directory).expect("it is there");
    }
}
