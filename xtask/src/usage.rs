//! The usage text, and the check of commands that take no arguments.

use crate::error::Error;

/// What `cargo xtask help` prints, and what follows a mistake in the arguments.
pub(crate) const TEXT: &str = "\
usage: cargo xtask COMMAND

  ci                 format, clippy, tidy, tests and docs, in this order; stops at the first failure
  test [--store memory|sqlite|postgres|all] [-- EXTRA]
                     all tests; a store leaves the tests of the other store crates out (default: all);
                     EXTRA goes to `cargo nextest run` (or `cargo test`) and leaves the doctests out
  integration [--image IMAGE|--url URL|--local] [--keep] [-- EXTRA]
                     the tests that need PostgreSQL, against a server in Docker (--local: of this machine's
                     programs; --url: that one); --keep leaves it running; EXTRA goes to `cargo nextest run`
  tidy               the rules that no compiler knows: layers, file heads, budgets, names, links
  soak [--hours N] [--seed S]
                     kills and power losses at random, for N hours (default: 1); prints the seeds
  bench [ARGS]       the benchmarks of es-bench, in release mode; ARGS are es-bench's
  bench compile      how long crates with aggregates take to check, beside the same with serde's derives alone
  postgres check     starts a PostgreSQL server as `test` does, asks for its version, removes it
  postgres up        leaves a server running; prints how tests find it: eval \"$(cargo xtask postgres up)\"
  postgres down      removes it
  postgres psql [ARGS]
                     psql on it, or on the server at ES_POSTGRES_URL
  help               this text

PostgreSQL is the server at ES_POSTGRES_URL; else a container of ES_POSTGRES_IMAGE (default: postgres:17);
else a private cluster made with the server programs on this machine.";

/// Refuses arguments on behalf of `command`, which takes none.
pub(crate) fn no_arguments(command: &str, arguments: &[String]) -> Result<(), Error> {
    match arguments.first() {
        None => Ok(()),
        Some(first) => Err(Error::Usage(format!(
            "`{command}` takes no arguments, but got `{first}`"
        ))),
    }
}
