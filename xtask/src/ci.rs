//! `cargo xtask ci`: everything that must hold before a change goes in.

use std::process::Command;
use std::time::{Duration, Instant};

use crate::error::Error;
use crate::program;
use crate::test::{self, Note};
use crate::tidy;
use crate::usage;

/// One part of the run.
struct Step {
    name: &'static str,
    work: Work,
}

enum Work {
    /// A command of cargo, with one variable of its environment.
    Cargo {
        arguments: &'static [&'static str],
        variable: Option<(&'static str, &'static str)>,
    },
    /// A command of this program.
    Xtask(fn() -> Result<Note, Error>),
}

const STEPS: [Step; 7] = [
    Step {
        name: "format",
        work: Work::Cargo {
            arguments: &["fmt", "--all", "--check"],
            variable: None,
        },
    },
    Step {
        name: "clippy",
        work: Work::Cargo {
            arguments: &[
                "clippy",
                "--workspace",
                "--all-targets",
                "--locked",
                "--",
                "-D",
                "warnings",
            ],
            variable: None,
        },
    },
    Step {
        name: "tidy",
        work: Work::Xtask(|| tidy::check_all().map(|()| None)),
    },
    Step {
        name: "test",
        work: Work::Xtask(test::run_all),
    },
    Step {
        // Any crate of a user's program may turn this on for all crates.
        name: "numbers",
        work: Work::Cargo {
            arguments: &[
                "test",
                "--package",
                "es-persistence",
                "--locked",
                "--features",
                "serde_json/arbitrary_precision",
                "--test",
                "it",
                "--",
                "fidelity",
                "readable",
            ],
            variable: None,
        },
    },
    Step {
        // What a program says that is built without the features.
        name: "features",
        work: Work::Cargo {
            arguments: &[
                "test",
                "--package",
                "es-persistence",
                "--locked",
                "--no-default-features",
                "--test",
                "features",
            ],
            variable: None,
        },
    },
    Step {
        name: "docs",
        work: Work::Cargo {
            arguments: &["doc", "--workspace", "--no-deps"],
            variable: Some(("RUSTDOCFLAGS", "-D warnings")),
        },
    },
];

/// Runs the steps up to the first that fails, and says how long each took.
pub(crate) fn run(arguments: &[String]) -> Result<(), Error> {
    usage::no_arguments("ci", arguments)?;
    let mut done = Vec::new();
    let outcome = STEPS.iter().try_for_each(|step| {
        println!("\n=== {} ===", step.name);
        let start = Instant::now();
        let outcome = step.run();
        done.push((step.name, start.elapsed(), summary(&outcome)));
        outcome.map(drop)
    });
    println!("\n=== summary ===");
    for (name, time, said) in done {
        println!("{}", row(name, time, &said));
    }
    outcome
}

fn summary(outcome: &Result<Note, Error>) -> String {
    match outcome {
        Ok(None) => "ok".to_owned(),
        Ok(Some(note)) => format!("ok ({note})"),
        Err(_) => "failed".to_owned(),
    }
}

fn row(name: &str, time: Duration, said: &str) -> String {
    format!("{name:<8}{:>8.1} s  {said}", time.as_secs_f64())
}

impl Step {
    fn run(&self) -> Result<Note, Error> {
        let outcome = match &self.work {
            Work::Cargo { arguments, variable } => program::run(&mut cargo(arguments, *variable)).map(|()| None),
            Work::Xtask(work) => work(),
        };
        outcome.map_err(|source| Error::Step {
            name: self.name,
            alone: self.alone(),
            source: Box::new(source),
        })
    }

    /// Returns the command that runs this step alone.
    fn alone(&self) -> String {
        match &self.work {
            Work::Xtask(_) => format!("cargo xtask {}", self.name),
            Work::Cargo { arguments, variable } => {
                let line = format!("cargo {}", arguments.join(" "));
                match variable {
                    Some((name, value)) => format!("{name}=\"{value}\" {line}"),
                    None => line,
                }
            }
        }
    }
}

fn cargo(arguments: &[&str], variable: Option<(&str, &str)>) -> Command {
    let mut cargo = program::cargo();
    cargo.args(arguments).envs(variable);
    cargo
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_step_names_the_command_that_runs_it_alone() {
        assert_eq!(
            STEPS.each_ref().map(Step::alone),
            [
                "cargo fmt --all --check",
                "cargo clippy --workspace --all-targets --locked -- -D warnings",
                "cargo xtask tidy",
                "cargo xtask test",
                "cargo test --package es-persistence --locked --features serde_json/arbitrary_precision --test it -- \
                 fidelity readable",
                "cargo test --package es-persistence --locked --no-default-features --test features",
                "RUSTDOCFLAGS=\"-D warnings\" cargo doc --workspace --no-deps",
            ]
        );
    }

    #[test]
    fn a_row_of_the_summary_keeps_what_was_left_out() {
        let said = summary(&Ok(Some("PostgreSQL was left out".to_owned())));
        assert_eq!(
            row("test", Duration::from_millis(12_340), &said),
            "test        12.3 s  ok (PostgreSQL was left out)"
        );
    }
}
