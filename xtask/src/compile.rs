//! `cargo xtask bench compile`: what the macros cost whoever compiles aggregates.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use crate::error::Error;
use crate::program;
use crate::workspace::Workspace;

/// How many aggregates the crates have that are checked.
const SIZES: [usize; 2] = [10, 100];

/// How often each is checked; the median counts.
const ROUNDS: usize = 5;

/// What the crates are made of.
#[derive(Clone, Copy, Debug)]
enum Kind {
    /// Structs and enums without any derive.
    Plain,
    /// The same with what serde derives.
    Serde,
    /// Aggregates with the macros of this library, which use serde's for the events.
    Aggregates,
}

/// Prints the table.
pub(crate) fn run() -> Result<(), Error> {
    let root = Workspace::load()?.root;
    let folder = root.join("target").join("compile-bench");
    println!("| crate | time to check | lines of the expansion |\n|---|---|---|");
    for size in SIZES {
        for kind in [Kind::Plain, Kind::Serde, Kind::Aggregates] {
            let subject = Subject::make(&root, &folder, kind, size)?;
            let time = subject.time()?;
            let lines = subject.expansion()?;
            println!("| {size} {} | {:.2} s | {lines} |", kind.name(), time.as_secs_f64());
        }
    }
    Ok(())
}

/// A crate that is checked.
struct Subject {
    manifest: PathBuf,
    source: PathBuf,
    /// Where all subjects are built, so that what they depend on is built once.
    target: PathBuf,
}

impl Subject {
    fn make(root: &Path, folder: &Path, kind: Kind, size: usize) -> Result<Self, Error> {
        let name = format!("{}-{size}", kind.name().replace(' ', "-"));
        let home = folder.join(&name);
        let subject = Self {
            manifest: home.join("Cargo.toml"),
            source: home.join("src").join("lib.rs"),
            target: folder.join("target"),
        };
        let domain = root.join("crates").join("es-domain");
        let manifest = format!(
            "[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[workspace]\n\n[dependencies]\n\
             es-domain = {{ path = \"{}\" }}\nserde = {{ version = \"1\", features = [\"derive\"] }}\n",
            domain.display()
        );
        let source: String = (0..size).map(|number| kind.source(number)).collect();
        write(&home.join("src"), &subject.manifest, &manifest)?;
        write(
            &home.join("src"),
            &subject.source,
            &format!("#![allow(unused)]\n{}\n{source}", kind.head()),
        )?;
        Ok(subject)
    }

    fn cargo(&self, command: &str) -> Command {
        let mut cargo = program::cargo();
        cargo
            .arg(command)
            .arg("--quiet")
            .arg("--target-dir")
            .arg(&self.target)
            .arg("--manifest-path")
            .arg(&self.manifest);
        cargo
    }

    /// The median time of a check in which nothing but this crate is checked.
    fn time(&self) -> Result<Duration, Error> {
        program::run(&mut self.cargo("check"))?;
        let mut times = Vec::with_capacity(ROUNDS);
        for _ in 0..ROUNDS {
            let source = fs::read(&self.source).map_err(|source| file(&self.source, source))?;
            fs::write(&self.source, source).map_err(|source| file(&self.source, source))?;
            let start = Instant::now();
            program::run(&mut self.cargo("check"))?;
            times.push(start.elapsed());
        }
        times.sort_unstable();
        Ok(times[times.len() / 2])
    }

    /// How many lines the crate has after all macros.
    fn expansion(&self) -> Result<usize, Error> {
        let mut rustc = self.cargo("rustc");
        rustc.args(["--profile", "check", "--", "-Zunpretty=expanded"]);
        // The option is not stable, and what it prints is only counted.
        let expanded = program::capture(rustc.env("RUSTC_BOOTSTRAP", "1"))?;
        Ok(expanded.lines().count())
    }
}

impl Kind {
    const fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain types",
            Self::Serde => "types with serde",
            Self::Aggregates => "aggregates",
        }
    }

    const fn head(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::Serde => "use serde::{Deserialize, Serialize};",
            Self::Aggregates => "use es_domain::prelude::*;",
        }
    }

    fn source(self, number: usize) -> String {
        let mut source = String::new();
        let written = match self {
            Self::Plain | Self::Serde => {
                let derive = match self {
                    Self::Serde => "#[derive(Clone, Debug, Serialize, Deserialize)]",
                    _ => "#[derive(Clone, Debug)]",
                };
                write!(
                    source,
                    "{}",
                    TYPES.replace("DERIVE", derive).replace("Dog", &format!("Dog{number}"))
                )
            }
            Self::Aggregates => write!(source, "{}", AGGREGATE.replace("Dog", &format!("Dog{number}"))),
        };
        debug_assert!(written.is_ok(), "a string takes whatever is written");
        source
    }
}

const TYPES: &str = "
DERIVE
pub struct Dog { name: String, tricks: Vec<String> }
DERIVE
pub enum DogEvent { Registered { name: String }, TrickAdded { trick: String }, Renamed { name: String } }
";

const AGGREGATE: &str = "
#[derive(Aggregate, Clone, Debug, Default, Serialize, Deserialize)]
pub struct Dog { root: Root<Self>, name: String, tricks: Vec<String> }
#[events]
impl Dog {
    #[event(Registered)]
    pub fn register(name: &str) -> Self { Self { name: name.to_owned(), ..Self::default() } }
    #[event(TrickAdded)]
    pub fn add_trick(&mut self, trick: &str) { self.tricks.push(trick.to_owned()); }
    #[event(Renamed)]
    pub fn rename(&mut self, name: String) { self.name = name; }
}
";

fn write(folder: &Path, path: &Path, text: &str) -> Result<(), Error> {
    let written = fs::create_dir_all(folder).and_then(|()| fs::write(path, text));
    written.map_err(|source| file(path, source))
}

fn file(path: &Path, source: std::io::Error) -> Error {
    Error::File {
        path: path.to_owned(),
        source,
    }
}
