//! What fuzzing started from and has found: it runs as a test each time.

use std::{fs, path::Path};

#[path = "../../../../fuzz/states.rs"]
mod states;

/// Feeds all files of one target's corpus.
fn check(target: &str, feed: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../fuzz/corpus")
        .join(target);
    let files: Vec<_> = fs::read_dir(folder).unwrap().collect();
    assert!(!files.is_empty());
    for file in files {
        feed(&fs::read(file.unwrap().path()).unwrap());
    }
}

#[test]
fn ciphertext() {
    check("ciphertext", states::ciphertext);
}

#[test]
fn compressed() {
    check("compressed", states::compressed);
}

#[test]
fn state() {
    check("state", states::state);
}

#[test]
fn snapshot() {
    check("snapshot", states::snapshot);
}

#[test]
fn python() {
    check("python", states::python);
}
