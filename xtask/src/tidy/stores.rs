//! The SQL stores have the same files, so that whoever knows one knows the other.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::finding::Finding;

const STORES: [&str; 2] = ["crates/es-sqlite/src", "crates/es-postgres/src"];

/// Files that only one store needs, and why. What is inside of a folder is the store's own matter.
const ALONE: [(&str, &str); 7] = [
    (
        "readers.rs",
        "SQLite is read on the thread of the caller, by connections of its own",
    ),
    ("gate.rs", "SQLite in memory lets readers and a writer wait for luck"),
    (
        "maintenance.rs",
        "a file has no roles: whoever may write it may change it",
    ),
    ("connections.rs", "PostgreSQL is written and read by one pool"),
    ("encryption.rs", "a file is not sent"),
    ("password.rs", "a file has no accounts"),
    ("detached.rs", "a query to a server is not to be dropped halfway"),
];

/// Finds files that only one of the stores has, once both stores have files beside `lib.rs`.
pub(super) fn check(paths: &[PathBuf]) -> Vec<Finding> {
    let [sqlite, postgres] = STORES.map(|store| files(store, paths));
    if sqlite.len() < 2 || postgres.len() < 2 {
        return Vec::new();
    }
    let [in_sqlite, in_postgres] = STORES;
    let mut findings = lonely(in_sqlite, &sqlite, in_postgres, &postgres);
    findings.extend(lonely(in_postgres, &postgres, in_sqlite, &sqlite));
    findings
}

fn files<'a>(store: &str, paths: &'a [PathBuf]) -> BTreeSet<&'a Path> {
    let files = paths.iter().filter_map(|path| path.strip_prefix(store).ok());
    files.filter(|file| file.components().count() == 1).collect()
}

fn lonely(here: &str, files: &BTreeSet<&Path>, there: &str, others: &BTreeSet<&Path>) -> Vec<Finding> {
    files
        .difference(others)
        .filter(|file| ALONE.iter().all(|(alone, _)| **file != Path::new(alone)))
        .map(|file| {
            let text = format!("{there} has no file of this name");
            Finding::fault(&Path::new(here).join(file), 1, text)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_stores(sqlite: &[&str], postgres: &[&str]) -> Vec<String> {
        let in_store = |store: &'static str| move |file: &&str| Path::new(store).join(file);
        let paths: Vec<PathBuf> = sqlite
            .iter()
            .map(in_store(STORES[0]))
            .chain(postgres.iter().map(in_store(STORES[1])))
            .collect();
        check(&paths).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn the_same_files_are_fine() {
        let files = ["lib.rs", "recorder.rs", "sql/insert.sql"];
        assert_eq!(check_stores(&files, &files), [""; 0]);
    }

    #[test]
    fn what_is_inside_of_a_folder_is_the_stores_own_matter() {
        let (sqlite, postgres) = (
            ["lib.rs", "schema.rs", "schema/form.rs"],
            ["lib.rs", "schema.rs", "schema/a.sql"],
        );
        assert_eq!(check_stores(&sqlite, &postgres), [""; 0]);
    }

    #[test]
    fn a_store_that_is_not_begun_is_fine() {
        assert_eq!(check_stores(&["lib.rs", "recorder.rs"], &["lib.rs"]), [""; 0]);
    }

    #[test]
    fn a_file_in_one_store_only_is_a_fault() {
        assert_eq!(
            check_stores(&["lib.rs", "worker.rs"], &["lib.rs", "pool.rs"]),
            [
                "crates/es-sqlite/src/worker.rs:1: crates/es-postgres/src has no file of this name",
                "crates/es-postgres/src/pool.rs:1: crates/es-sqlite/src has no file of this name",
            ]
        );
    }
}
