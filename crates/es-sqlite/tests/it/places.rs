//! Where a file can be, and what happens when it does not stay there.

use std::{fs, path::Path};

use es_persistence::{DatastoreError, Environment, RecorderErrorKind, Selection};
use tempfile::TempDir;

use crate::store::{Store, close, environment, event, events, open, path, try_open};

fn environment_at(path: &Path) -> Environment {
    Environment::new("Bank").with("SQLITE_DBNAME", path.to_str().unwrap())
}

/// Why a file cannot be opened.
async fn refusal(environment: &Environment) -> String {
    let datastore = es_sqlite::factory().open(environment).await.unwrap();
    let error = datastore.application_recorder().await.unwrap_err();
    let DatastoreError::Recorder(error) = error else {
        panic!("{error}")
    };
    assert_eq!(*error.kind(), RecorderErrorKind::Unavailable);
    error.cause().unwrap().to_string()
}

fn names(folder: &TempDir) -> Vec<String> {
    let entries = fs::read_dir(folder.path()).unwrap();
    let mut names: Vec<_> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[tokio::test]
async fn a_file_has_the_name_that_was_given_and_after_the_end_it_stands_alone() {
    for name in [
        "with space",
        "日本",
        "q?mode=memory",
        "h#ash",
        "per%20cent",
        "quotes'\"",
        "semi;colon",
        "-dash",
    ] {
        let folder = TempDir::new().unwrap();
        let datastore = es_sqlite::factory()
            .open(&environment_at(&folder.path().join(name)))
            .await
            .unwrap();
        let recorder = datastore.application_recorder().await.unwrap();
        recorder.insert_events(events(1, 2)).await.unwrap();
        assert_eq!(recorder.max_position().await.unwrap(), Some(2));
        datastore.close().await;
        assert_eq!(names(&folder), [name]);
    }
}

#[tokio::test]
async fn what_is_no_file_is_refused_with_advice() {
    let folder = TempDir::new().unwrap();
    let at = |name: &str| folder.path().join(name);
    let text = |name: &str| at(name).display().to_string();
    let is_folder = format!("{} is a folder: name a file in it", folder.path().display());
    assert_eq!(refusal(&environment_at(folder.path())).await, is_folder);
    let no_folder = format!("there is no folder {}: make it first", text("a"));
    assert_eq!(refusal(&environment_at(&at("a/b"))).await, no_folder);
    let no_file = format!(
        "there is no file {}; let CREATE_TABLE be yes once, or make it beforehand",
        text("c")
    );
    let environment = environment_at(&at("c")).with("CREATE_TABLE", "no");
    assert_eq!(refusal(&environment).await, no_file);
    assert_eq!(names(&folder), [""; 0]);
    let long = at(&"x".repeat(300));
    assert!(refusal(&environment_at(&long)).await.contains("too long"));
}

#[cfg(unix)]
#[tokio::test]
async fn a_device_is_refused_and_links_are_followed() {
    use std::os::unix::fs::symlink;

    assert_eq!(
        refusal(&environment_at(Path::new("/dev/null"))).await,
        "/dev/null is no regular file: name one"
    );
    let folder = close(open().await).await;
    let link = folder.path().join("link");
    symlink(path(&folder), &link).unwrap();
    let datastore = es_sqlite::factory().open(&environment_at(&link)).await.unwrap();
    let recorder = datastore.application_recorder().await.unwrap();
    recorder.insert_events(events(1, 1)).await.unwrap();
    datastore.close().await;
    let store = try_open(folder).await.unwrap();
    assert_eq!(store.recorder.max_position().await.unwrap(), Some(1));
}

#[test]
fn a_time_out_that_cannot_be_waited_for_is_refused() {
    let folder = TempDir::new().unwrap();
    for (seconds, is_fine) in [("2147483", true), ("2147484", false), ("4294967296", false)] {
        let environment = environment(&folder).with("SQLITE_LOCK_TIMEOUT", seconds);
        let table = es_sqlite::TransactionalEvents::of(&environment);
        let message =
            format!("SQLITE_LOCK_TIMEOUT is {seconds:?}, which is not a whole number of seconds up to 2147483");
        assert_eq!(
            table.err().map(|error| error.to_string()),
            (!is_fine).then_some(message)
        );
    }
}

/// A file that was seen is not looked for again at once.
#[cfg(unix)]
async fn until_noticed() {
    tokio::time::sleep(std::time::Duration::from_millis(120)).await;
}

/// Nothing is stored, and nothing read, while the file is not where it was.
#[cfg(unix)]
async fn is_missed(store: &Store) {
    let error = store.recorder.insert_events(vec![event(1, 4)]).await.unwrap_err();
    assert_eq!(*error.kind(), RecorderErrorKind::Unavailable);
    let missed = format!(
        "{} was removed or replaced while it was open: put it back, or open the store again",
        path(&store.folder)
            .canonicalize()
            .unwrap_or_else(|_| path(&store.folder))
            .display()
    );
    assert_eq!(error.cause().unwrap().to_string(), missed);
    let error = store.recorder.select_notifications(Selection::all()).await.unwrap_err();
    assert_eq!(*error.kind(), RecorderErrorKind::Unavailable);
    assert_eq!(error.cause().unwrap().to_string(), missed);
}

#[cfg(unix)]
#[tokio::test]
async fn a_file_that_is_removed_or_replaced_takes_no_saves_until_it_is_back() {
    for is_replaced in [false, true] {
        let store = open().await;
        store.recorder.insert_events(events(1, 3)).await.unwrap();
        let (file, aside) = (path(&store.folder), store.folder.path().join("aside"));
        fs::rename(&file, &aside).unwrap();
        until_noticed().await;
        if is_replaced {
            fs::write(&file, "another").unwrap();
        }
        is_missed(&store).await;
        is_missed(&store).await;
        assert_eq!(file.exists(), is_replaced);
        fs::rename(&aside, &file).unwrap();
        assert_eq!(store.recorder.insert_events(vec![event(1, 4)]).await.unwrap(), [4]);
        let folder = close(store).await;
        let store = try_open(folder).await.unwrap();
        assert_eq!(store.recorder.max_position().await.unwrap(), Some(4));
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_removed_log_takes_no_saves() {
    let store = open().await;
    store.recorder.insert_events(events(1, 3)).await.unwrap();
    fs::remove_file(store.folder.path().join("events.sqlite-wal")).unwrap();
    until_noticed().await;
    let error = store.recorder.insert_events(vec![event(1, 4)]).await.unwrap_err();
    assert_eq!(*error.kind(), RecorderErrorKind::Unavailable);
    let cause = error.cause().unwrap().to_string();
    assert!(cause.contains("-wal was removed or replaced"), "{cause}");
}

/// The locks of all processes on the store's file.
#[cfg(target_os = "linux")]
fn locks(folder: &TempDir) -> usize {
    use std::os::unix::fs::MetadataExt as _;

    let inode = format!(":{} ", fs::metadata(path(folder)).unwrap().ino());
    let locks = fs::read_to_string("/proc/locks").unwrap();
    locks.lines().filter(|line| line.contains(&inode)).count()
}

/// Without its lock, another process that closes the file takes itself for the last one, and removes the log.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn to_open_a_file_again_takes_no_lock_from_who_has_it_open() {
    let store = open().await;
    let locked = locks(&store.folder);
    assert!(locked > 0);
    let other = es_sqlite::factory().open(&environment(&store.folder)).await.unwrap();
    other.application_recorder().await.unwrap();
    assert!(locks(&store.folder) >= locked);
    other.close().await;
    assert!(locks(&store.folder) >= locked);
}
