//! What the disk and the system can do to a file, and what is true afterwards: acknowledged saves are there, whole, and
//! nothing was ever claimed that is not so.
//!
//! Each test runs this program again as a *victim* that saves events, and audits the file that the victim leaves. Faults
//! are put between SQLite and the system by a small library in C, which `cc` makes. `ES_SOAK_SECONDS` makes the random
//! tests go on for as long, `ES_SEED` chooses what they draw; a failure prints the seed.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a test program"
)]

mod audit;
mod errors;
mod kill;
mod plan;
mod power;
mod processes;
mod shim;
mod trace;
mod victim;

use std::process::ExitCode;

use libtest_mimic::{Arguments, Failed, Trial};

fn main() -> ExitCode {
    if let Some(orders) = victim::Orders::from_environment() {
        return victim::run(&orders);
    }
    let arguments = Arguments::from_args();
    let shim = shim::Shim::available();
    let trial = |name: &str, test: fn() -> Result<(), Failed>, needs_shim: bool| {
        Trial::test(name, test).with_ignored_flag(needs_shim && !shim)
    };
    let tests = vec![
        trial("a_killed_process_loses_nothing_that_it_acknowledged", kill::kill, false),
        trial(
            "a_killed_process_leaves_its_transactions_wholly_or_not_at_all",
            kill::kill_transactions,
            false,
        ),
        trial("processes_share_a_file", processes::share, false),
        trial(
            "a_subscription_hears_of_transactions_of_another_process",
            processes::hear,
            false,
        ),
        trial(
            "a_failed_write_is_never_claimed_wrongly_and_the_next_save_works",
            errors::writes_once,
            true,
        ),
        trial(
            "a_failed_sync_is_never_claimed_wrongly_and_the_next_save_works",
            errors::syncs_once,
            true,
        ),
        trial(
            "a_disk_that_stays_full_claims_nothing_wrongly",
            errors::full_for_ever,
            true,
        ),
        trial(
            "syncs_that_fail_for_ever_claim_nothing_wrongly",
            errors::syncs_for_ever,
            true,
        ),
        trial(
            "a_failed_sync_never_makes_two_processes_track_one_position",
            errors::syncs_of_one_of_two_who_track,
            true,
        ),
        trial("a_power_loss_loses_nothing_that_was_acknowledged", power::full, true),
        trial(
            "control_a_power_loss_without_syncs_is_noticed",
            power::control_normal,
            true,
        ),
        trial(
            "control_a_power_loss_of_a_disk_that_lies_is_noticed",
            power::control_dropped_syncs,
            true,
        ),
    ];
    libtest_mimic::run(&arguments, tests).exit_code()
}
