//! Conformance of recorders.
//!
#![doc = include_str!("../README.md")]
// A case that the table does not list is dead code, and nobody would miss it.
#![deny(dead_code)]

mod assertion;
mod backend;
mod cases;
mod fixture;
mod model;
mod polls;
mod reading;
mod runner;
mod sample;
mod spy;
mod tagged;
mod writers;

use std::{
    io::{self, Write as _},
    process::ExitCode,
    sync::Arc,
};

use libtest_mimic::Arguments;

pub use self::backend::{Backend, FreshStore, Part};

/// How a case has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The store behaves as it has to.
    Passed,
    /// It does not; the text says what is wrong.
    Failed(String),
    /// It was not tried; the text says why.
    Ignored(String),
}

/// Runs the cases that the command line names, all of them by default, against `backend`.
///
/// It is the whole `main` of a test with `harness = false`, and takes the arguments of the usual test harness.
pub fn main(backend: impl Backend) -> ExitCode {
    let backend: Arc<dyn Backend> = Arc::new(backend);
    main_of_all([backend])
}

/// As [`main`], against each of `backends`, which have different names.
pub fn main_of_all(backends: impl IntoIterator<Item = Arc<dyn Backend>>) -> ExitCode {
    let arguments = Arguments::from_args();
    let mut trials = Vec::new();
    for backend in backends {
        if let Some(why) = backend.unavailable() {
            // Nobody may be reading; the cases show as ignored all the same.
            let _written = writeln!(io::stderr(), "{}: all cases are ignored: {why}", backend.name());
        }
        trials.extend(cases::CASES.iter().map(|case| runner::trial(&backend, case)));
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// Runs the case `name`, such as `append::is_atomic`, against `backend`; `None` when there is no such case.
///
/// With it, a store can show that a case finds the fault that it is there for: break the store, and expect the case to
/// fail.
pub fn run_case(backend: &dyn Backend, name: &str) -> Option<Outcome> {
    let case = cases::CASES.iter().find(|case| case.name == name)?;
    Some(runner::run(backend, case))
}

/// The names of all cases.
pub fn case_names() -> impl Iterator<Item = &'static str> {
    cases::CASES.iter().map(|case| case.name)
}
