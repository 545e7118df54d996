//! `cargo xtask test`: every test of the workspace, with the servers it needs.

mod store;

use std::env;
use std::iter;
use std::process::Command;

use crate::error::Error;
use crate::postgres::{Server, URL_VARIABLE};
use crate::program;
use crate::workspace::Workspace;

use store::Store;

/// What was left out of a run, for the end of what the user sees.
pub(crate) type Note = Option<String>;

/// What the arguments ask for.
#[derive(Debug, Default, PartialEq, Eq)]
struct Options {
    /// The store whose own tests run; all of them if none is named.
    store: Option<Store>,
    /// Goes to the runner as it is.
    extra: Vec<String>,
}

/// Runs `cargo xtask test`.
pub(crate) fn run(arguments: &[String]) -> Result<(), Error> {
    if let Some(note) = run_with(&Options::parse(arguments)?)? {
        println!("{note}");
    }
    Ok(())
}

/// Runs every test of every store there is.
pub(crate) fn run_all() -> Result<Note, Error> {
    run_with(&Options::default())
}

fn run_with(options: &Options) -> Result<Note, Error> {
    let workspace = Workspace::load()?;
    let (server, note) = server(options, &workspace)?;
    if let Some(note) = &note {
        println!("{note}");
    }
    let scope = Scope {
        packages: options.packages(&workspace),
        url: server.as_ref().map(Server::url),
    };
    program::run(scope.apply(&mut runner()).args(&options.extra))?;
    let left_out = "the doctests were left out".to_owned();
    if !options.extra.is_empty() {
        return Ok(Some(match note {
            Some(note) => format!("{note}; {left_out}"),
            None => left_out,
        }));
    }
    let mut doctests = program::cargo();
    doctests.args(["test", "--doc"]);
    program::run(scope.apply(&mut doctests))?;
    Ok(note)
}

/// Starts PostgreSQL if a test will ask for it; says why not, if not.
fn server(options: &Options, workspace: &Workspace) -> Result<(Option<Server>, Note), Error> {
    if !options.wants(Store::Postgres) {
        return Ok((None, None));
    }
    if !has_postgres_tests(workspace) {
        return Ok((None, Some("no crate has PostgreSQL tests yet".to_owned())));
    }
    match Server::start() {
        Ok(server) => Ok((Some(server), None)),
        Err(error @ Error::NoServer { .. }) if options.store.is_none() => {
            let note = format!("PostgreSQL was left out: {}", error.chain());
            Ok((None, Some(note)))
        }
        Err(error) => Err(error),
    }
}

fn has_postgres_tests(workspace: &Workspace) -> bool {
    workspace
        .member(Store::Postgres.package().unwrap_or_default())
        .is_some_and(|member| workspace.root.join(member.folder()).join("tests").is_dir())
}

/// Returns nextest, or cargo's own runner where nextest is not installed.
fn runner() -> Command {
    let mut cargo = program::cargo();
    if program::capture(program::cargo().args(["nextest", "--version"])).is_err() {
        cargo.args(["test", "--lib", "--bins", "--tests", "--examples"]);
        return cargo;
    }
    cargo.args(["nextest", "run"]);
    if env::var_os("CI").is_some() {
        cargo.args(["--profile", "ci"]);
    }
    cargo
}

/// What the runners of one run have in common.
#[derive(Debug)]
struct Scope {
    /// Arguments that say which packages are tested.
    packages: Vec<&'static str>,
    url: Option<String>,
}

impl Scope {
    fn apply<'a>(&self, cargo: &'a mut Command) -> &'a mut Command {
        cargo.args(&self.packages);
        // Without a server of this run, no test may find another one.
        match &self.url {
            Some(url) => cargo.env(URL_VARIABLE, url),
            None => cargo.env_remove(URL_VARIABLE),
        }
    }
}

impl Options {
    fn parse(arguments: &[String]) -> Result<Self, Error> {
        let mut options = Self::default();
        let mut arguments = arguments.iter();
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--" => options.extra = arguments.by_ref().cloned().collect(),
                "--store" => {
                    let name = arguments
                        .next()
                        .ok_or_else(|| Error::Usage(format!("`--store` needs one of: {}", Store::names())))?;
                    options.store = Store::parse(name)?;
                }
                other => match other.strip_prefix("--store=") {
                    Some(name) => options.store = Store::parse(name)?,
                    None => return Err(Error::Usage(format!("`test` does not know `{other}`"))),
                },
            }
        }
        Ok(options)
    }

    /// Returns the arguments that say which packages are tested, unless the extra ones do.
    fn packages(&self, workspace: &Workspace) -> Vec<&'static str> {
        let names_package = |argument: &String| argument == "-p" || argument.starts_with("--package");
        if self.extra.iter().any(names_package) {
            return Vec::new();
        }
        let excluded = Store::excluded(self.store)
            .filter(|name| workspace.contains(name))
            .flat_map(|name| ["--exclude", name]);
        iter::once("--workspace").chain(excluded).collect()
    }

    fn wants(&self, store: Store) -> bool {
        self.store.is_none_or(|only| only == store)
    }
}

#[cfg(test)]
mod tests;
