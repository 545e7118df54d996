//! The table of the variables and the code say the same.

use std::{
    collections::BTreeSet,
    env, fs,
    path::{Path, PathBuf},
};

use es_persistence::Environment;

fn crates() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// The crates whose code reads variables.
const READING: [&str; 7] = [
    "es-application",
    "es-http",
    "es-persistence",
    "es-postgres",
    "es-projection",
    "es-sqlite",
    "es-system",
];

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// The texts in `code`, tests apart, that look like the name of a variable: capitals with underscores. Those of this
/// library that begin with `ES_` are other things.
fn names(code: &str) -> BTreeSet<String> {
    let code = code.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
    let lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
    let texts = lines.flat_map(|line| line.split('"').skip(1).step_by(2));
    let is_name = |text: &&str| {
        let is_capital = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit();
        text.contains('_')
            && !text.starts_with("ES_")
            && !text.starts_with("CARGO_PKG_")
            && text
                .split('_')
                .all(|part| !part.is_empty() && part.chars().all(is_capital))
    };
    texts.filter(is_name).map(str::to_owned).collect()
}

#[test]
fn every_variable_that_is_read_is_in_the_table_and_every_one_in_the_table_is_read() {
    let mut files = Vec::new();
    for name in READING {
        rust_files(&crates().join(name).join("src"), &mut files);
    }
    let read: BTreeSet<_> = files
        .iter()
        .flat_map(|file| names(&fs::read_to_string(file).unwrap()))
        .collect();
    let known: BTreeSet<_> = Environment::VARIABLES
        .iter()
        .map(|variable| variable.name().to_owned())
        .collect();
    assert_eq!(known.len(), Environment::VARIABLES.len(), "one is there twice");
    let missing: Vec<_> = read.difference(&known).collect();
    assert_eq!(missing, [""; 0], "add it to `Environment::VARIABLES`");
    let idle: Vec<_> = known.difference(&read).collect();
    assert_eq!(
        idle, [""; 0],
        "nothing reads it: take it out of `Environment::VARIABLES`"
    );
}

#[test]
fn the_table_in_the_docs_is_that_of_the_code() {
    let rows = Environment::VARIABLES.iter().map(|variable| {
        format!(
            "| `{}` | {} | {} |\n",
            variable.name(),
            variable.default(),
            variable.meaning()
        )
    });
    let table = format!(
        "| key | default | meaning |\n|---|---|---|\n{}",
        rows.collect::<String>()
    );
    let path = crates().join("es-persistence/src/environment/variables.md");
    let docs = fs::read_to_string(&path).unwrap();
    if env::var("ES_GOLDEN").is_ok_and(|value| value == "write") {
        let (head, rest) = docs.split_once("| key |").unwrap();
        let rest = rest.split_once("\n\n").unwrap().1;
        fs::write(path, format!("{head}{table}\n{rest}")).unwrap();
    } else {
        assert!(docs.contains(&table), "set ES_GOLDEN=write to have the table written");
    }
}
