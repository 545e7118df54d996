//! `cargo xtask bench`: the benchmarks, in release mode.

use crate::compile;
use crate::error::Error;
use crate::program;

/// Runs es-bench with `arguments` as they are.
pub(crate) fn run(arguments: &[String]) -> Result<(), Error> {
    if arguments.first().is_some_and(|first| first == "compile") {
        return compile::run();
    }
    let mut cargo = program::cargo();
    cargo.args(["run", "--release", "-p", "es-bench", "--"]);
    program::run(cargo.args(arguments))
}
