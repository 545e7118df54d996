//! Processes that are killed or halted in the midst of following, and what is true afterwards: each event up to the position that
//! a follower has stored has had its effect once.
//!
//! Each test runs this program again as a *victim* that saves events and runs a system, and audits what the victim leaves.
//! `ES_SOAK_SECONDS` makes the tests go on for as long.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test program fails by panicking, and says what it has seen"
)]

mod audit;
#[path = "../it/school.rs"]
#[expect(dead_code, reason = "it is shared with the other tests")]
mod school;
#[path = "../../../es-postgres/tests/support/server.rs"]
mod server;
mod trials;
mod victim;

use std::process::ExitCode;

use libtest_mimic::{Arguments, Trial};

fn main() -> ExitCode {
    if victim::is_asked_for() {
        victim::run();
    }
    let arguments = Arguments::from_args();
    let without_server = server::Server::of_this_run().is_none();
    let tests = vec![
        Trial::test(
            "on_sqlite::killed_processes_leave_each_effect_once",
            trials::kill_on_sqlite,
        ),
        Trial::test(
            "on_sqlite::halted_processes_leave_each_effect_once",
            trials::halt_on_sqlite,
        ),
        Trial::test("on_sqlite::the_audit_finds_what_is_wrong", trials::control),
        Trial::test(
            "on_postgres::killed_processes_leave_each_effect_once",
            trials::kill_on_postgres,
        )
        .with_ignored_flag(without_server),
        Trial::test(
            "on_postgres::halted_processes_leave_each_effect_once",
            trials::halt_on_postgres,
        )
        .with_ignored_flag(without_server),
    ];
    libtest_mimic::run(&arguments, tests).exit_code()
}
