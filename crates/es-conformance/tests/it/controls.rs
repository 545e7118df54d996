//! Each flaw of a recorder is found by the cases that are there for it.

use std::{error::Error, thread, time::Duration};

use es_conformance::{Backend, FreshStore, Outcome, Part, case_names, run_case};
use es_persistence::{BoxFuture, Environment};

use crate::flawed::Flaw;

/// How often a case may miss a flaw. Random calls and tasks that meet by chance find a flaw in most runs, not in each.
const RUNS: usize = 10;

/// Expects each of `cases` to fail for a recorder with `flaw`.
#[track_caller]
pub(crate) fn finds(flaw: &dyn Backend, cases: &[&'static str]) {
    let is_found = |case| (0..RUNS).any(|_| matches!(run(flaw, case), Outcome::Failed(_)));
    let is_missed = |case: &'static str| (!is_found(case)).then_some(case);
    let missed: Vec<_> = thread::scope(|scope| {
        let runs: Vec<_> = cases.iter().map(|case| scope.spawn(|| is_missed(case))).collect();
        runs.into_iter()
            .filter_map(|run| run.join().expect("a failing case is an outcome"))
            .collect()
    });
    assert_eq!(missed, [""; 0], "cases that a recorder with the flaw passes");
}

fn run(backend: &dyn Backend, case: &str) -> Outcome {
    run_case(backend, case).unwrap_or_else(|| panic!("there is no case {case}"))
}

/// Expects no case to fail.
#[track_caller]
fn finds_nothing(flaw: &dyn Backend) {
    let why = |case| match run(flaw, case) {
        Outcome::Failed(why) => Some((case, why)),
        Outcome::Passed | Outcome::Ignored(_) => None,
    };
    assert_eq!(case_names().filter_map(why).collect::<Vec<_>>(), []);
}

#[test]
fn a_recorder_without_a_flaw_passes() {
    finds_nothing(&Flaw::None);
}

#[test]
fn holes_between_positions_are_no_flaw() {
    finds_nothing(&Flaw::Holes);
}

#[test]
fn late_positions_are_found() {
    finds(
        &Flaw::LatePositions,
        &[
            "ordering::nothing_comes_late",
            "ordering::the_last_position_is_that_of_a_completed_prefix",
            "append::is_readable_when_it_returns",
            "subscription::delivers_a_burst_in_order",
        ],
    );
}

#[test]
fn partial_batches_are_found() {
    finds(
        &Flaw::PartialBatches,
        &[
            "append::is_atomic",
            "append::is_atomic_when_large",
            "invalid::version_0",
            "ordering::events_of_a_save_become_readable_together",
            "ordering::events_of_a_save_are_adjacent",
            "ordering::large_saves_do_not_interleave",
            "version::a_repeat_in_one_call_is_a_conflict",
        ],
    );
}

#[test]
fn halves_of_dropped_saves_are_found() {
    finds(
        &Flaw::HalfWhenDropped,
        &[
            "cancellation::a_dropped_save_is_stored_wholly_or_not_at_all",
            "cancellation::aborted_tasks_store_wholly_or_not_at_all",
            "cancellation::a_dropped_save_keeps_its_tracking_with_it",
            "cancellation::dropped_snapshots_are_stored_wholly_or_not_at_all",
        ],
    );
}

#[test]
fn futures_that_keep_others_out_while_they_stand_still_are_found() {
    finds(
        &Flaw::KeepsOthersOut,
        &[
            "standstill::a_save_that_nobody_polls_keeps_nothing_from_others",
            "standstill::reads_that_nobody_polls_keep_nothing_from_others",
        ],
    );
}

#[test]
fn a_last_position_that_cannot_be_read_is_found() {
    finds(
        &Flaw::MaxPositionAhead,
        &[
            "notification::max_position_is_that_of_the_last",
            "notification::an_empty_set_of_topics_selects_nothing_and_reaches_the_end",
            "ordering::the_last_position_is_that_of_a_completed_prefix",
        ],
    );
}

#[test]
fn lost_wakeups_are_found() {
    finds(
        &Flaw::NoWakeup,
        &[
            "wakeup::tells_whoever_waits",
            "wakeup::tells_what_came_before_anybody_waited",
            "wakeup::tells_everybody",
            "subscription::delivers_what_is_there_then_what_comes",
            "subscription::starts_on_an_empty_log",
        ],
    );
}

#[test]
fn listening_too_late_is_found() {
    finds(
        &Flaw::LateListener,
        &[
            "subscription::a_commit_between_page_and_wakeup_is_not_missed",
            "subscription::starts_on_an_empty_log",
        ],
    );
}

#[test]
fn lenient_versions_are_found() {
    finds(
        &Flaw::LenientVersions,
        &[
            "version::the_first_is_1",
            "version::one_that_leaves_a_hole_is_a_conflict",
            "version::a_hole_in_one_call_is_a_conflict",
            "version::a_wrong_order_in_one_call_is_a_conflict",
            "model::random_calls_end_as_in_the_model",
        ],
    );
}

#[test]
fn conflicts_of_another_kind_are_found() {
    finds(
        &Flaw::ConflictsUnnamed,
        &[
            "version::one_that_is_there_is_a_conflict",
            "concurrency::one_of_many_at_the_same_version_wins",
            "model::random_calls_end_as_in_the_model",
        ],
    );
}

#[test]
fn tracking_that_is_not_stored_with_events_is_found() {
    finds(
        &Flaw::ForgetsTracking,
        &[
            "process::stores_events_and_tracking",
            "process::a_tracked_position_stores_no_events",
            "process::every_way_of_storing_keeps_the_tracking",
            "process::no_events_store_the_tracking_alone",
            "model::random_calls_with_tracking_end_as_in_the_model",
        ],
    );
}

#[test]
fn tracking_that_outlives_refused_events_is_found() {
    finds(
        &Flaw::TrackingFirst,
        &[
            "process::a_conflict_stores_no_tracking",
            "process::invalid_events_store_no_tracking",
            "model::random_calls_with_tracking_end_as_in_the_model",
        ],
    );
}

#[test]
fn tracking_twice_is_found() {
    finds(
        &Flaw::TracksAgain,
        &[
            "tracking::positions_only_grow",
            "tracking::positions_may_be_skipped_for_good",
            "tracking::one_of_many_at_the_same_position_wins",
        ],
    );
}

#[test]
fn a_lost_event_id_is_found() {
    finds(
        &Flaw::NoEventId,
        &["tracking::the_event_id_is_kept", "process::stores_events_and_tracking"],
    );
}

#[test]
fn a_limit_of_0_that_selects_everything_is_found() {
    finds(
        &Flaw::ZeroIsUnlimited,
        &[
            "select::limit_0_selects_nothing",
            "select::combines_everything",
            "notification::limit_0_selects_nothing",
            "notification::combines_everything",
        ],
    );
}

#[test]
fn a_limit_that_counts_too_early_is_found() {
    finds(
        &Flaw::LimitBeforeTopics,
        &[
            "notification::limit_counts_after_topics_have_chosen",
            "notification::combines_everything",
        ],
    );
}

#[test]
fn a_repeated_start_is_found() {
    finds(
        &Flaw::InclusiveStart,
        &[
            "select::after_is_exclusive",
            "notification::after_is_exclusive",
            "notification::from_is_inclusive",
            "subscription::starts_after_a_position",
        ],
    );
}

#[test]
fn mixed_up_ids_are_found() {
    finds(
        &Flaw::TextIsUuid,
        &[
            "append::keeps_text_and_uuid_apart",
            "select::an_unknown_aggregate_has_no_events",
        ],
    );
}

#[test]
fn lost_bytes_are_found() {
    finds(
        &Flaw::StateEndsAtNul,
        &["append::keeps_every_byte", "append::keeps_a_large_state"],
    );
}

#[test]
fn lost_columns_are_found() {
    for flaw in [
        Flaw::EmptyIsNone,
        Flaw::HashIsLost,
        Flaw::WholeSeconds,
        Flaw::NothingBefore1970,
        Flaw::OneByteSchemaVersion,
    ] {
        let cases = [
            "append::keeps_every_byte",
            "append::keeps_every_byte_of_many_in_one_call",
        ];
        finds(&flaw, &cases);
    }
    finds(&Flaw::EmptyIsNone, &["model::random_calls_end_as_in_the_model"]);
}

#[test]
fn mixed_up_rows_are_found() {
    finds(
        &Flaw::MetadataOfFirst,
        &[
            "append::keeps_every_byte_of_many_in_one_call",
            "model::random_calls_end_as_in_the_model",
        ],
    );
}

#[test]
fn invalid_rows_that_are_accepted_are_found() {
    finds(&Flaw::AcceptsNilIds, &["invalid::a_nil_event_id"]);
    finds(
        &Flaw::AcceptsAnySchemaVersion,
        &["invalid::a_schema_version_out_of_range"],
    );
    finds(&Flaw::UncheckedTracking, &["tracking::invalid_ones_are_refused"]);
    finds(&Flaw::UncheckedSnapshots, &["snapshot::invalid_ones_are_refused"]);
}

/// The store in memory, which says that it is kept.
struct Forgetful;

impl Backend for Forgetful {
    fn name(&self) -> &'static str {
        "forgetful"
    }

    fn supports(&self, _: Part) -> bool {
        true
    }

    fn fresh(&self) -> BoxFuture<'_, Result<FreshStore, Box<dyn Error + Send + Sync>>> {
        Box::pin(async {
            Ok(FreshStore::new(
                es_persistence::memory(),
                Environment::new("Conformance"),
            ))
        })
    }

    fn patience(&self) -> Duration {
        Duration::from_secs(2)
    }
}

#[test]
fn a_store_that_forgets_is_found() {
    let of_topic = |topic: &'static str| case_names().filter(move |case| case.starts_with(topic));
    let cases: Vec<_> = of_topic("durability::").chain(of_topic("sharing::")).collect();
    finds(&Forgetful, &cases);
    finds(&Forgetful, &["capability::of_durability_is_as_told"]);
}
