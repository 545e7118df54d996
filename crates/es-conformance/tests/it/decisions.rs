//! Flaws of recorders of events with tags are found.

mod recorder;

use std::{error::Error, sync::Arc, time::Duration};

use es_conformance::{Backend, FreshStore, Outcome, Part, case_names, run_case};
use es_persistence::{BoxFuture, Environment};

use self::recorder::FlawedPersistence;
use crate::controls::finds;

/// A fault that a recorder of events with tags can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Flaw {
    /// No fault: the wrapping alone changes nothing.
    None,
    /// One position is known of the whole log: whatever has been stored since makes a condition fail.
    GlobalToken,
    /// The condition is checked before others are kept out.
    ChecksBeforeLock,
    /// Events of aggregates make no condition fail.
    ForgetsPlainSaves,
    /// Conditions are not checked.
    IgnoresConditions,
    /// The condition is checked when the events are there.
    ChecksTooLate,
    /// Events match that have one of the tags.
    OneTagIsEnough,
    /// Topics choose nothing.
    IgnoresTopics,
    /// The items of a query are read one after another.
    ReadsItemsApart,
    /// All events are read where the last one was asked for.
    ReadsAll,
    /// A repeated append is stored again or refused.
    ForgetsAppends,
    /// Tags that no store can keep are left out.
    UncheckedTags,
    /// Tags are compared without regard to case.
    IgnoresCase,
}

impl Backend for Flaw {
    fn name(&self) -> &'static str {
        "flawed"
    }

    fn supports(&self, part: Part) -> bool {
        part == Part::Decisions
    }

    fn fresh(&self) -> BoxFuture<'_, Result<FreshStore, Box<dyn Error + Send + Sync>>> {
        let persistence = Arc::new(FlawedPersistence(*self));
        Box::pin(async { Ok(FreshStore::new(persistence, Environment::new("Conformance"))) })
    }

    fn patience(&self) -> Duration {
        Duration::from_secs(20)
    }
}

#[test]
fn a_recorder_of_decisions_without_a_flaw_passes() {
    let cases = case_names().filter(|name| name.starts_with("decision::") || name.starts_with("contention::"));
    for case in cases {
        let outcome = run_case(&Flaw::None, case);
        assert!(
            !matches!(outcome, Some(Outcome::Failed(_)) | None),
            "{case}: {outcome:?}"
        );
    }
}

#[test]
fn one_token_for_all_is_found() {
    finds(
        &Flaw::GlobalToken,
        &[
            "decision::a_condition_fails_exactly_when_something_that_matters_is_there",
            "contention::decisions_about_different_things_do_not_fail",
        ],
    );
}

#[test]
fn checking_too_early_is_found() {
    finds(
        &Flaw::ChecksBeforeLock,
        &[
            "contention::one_of_many_decisions_about_the_same_wins",
            "contention::no_decision_overlooks_what_came_before_it",
        ],
    );
}

#[test]
fn forgotten_plain_saves_are_found() {
    finds(
        &Flaw::ForgetsPlainSaves,
        &[
            "decision::plain_saves_make_conditions_fail",
            "contention::no_decision_overlooks_what_came_before_it",
        ],
    );
}

#[test]
fn conditions_that_are_not_checked_are_found() {
    let cases = [
        "decision::a_failed_condition_stores_nothing",
        "decision::a_condition_fails_exactly_when_something_that_matters_is_there",
        "contention::one_of_many_decisions_about_the_same_wins",
    ];
    finds(&Flaw::IgnoresConditions, &cases);
    finds(
        &Flaw::ChecksTooLate,
        &[
            "decision::a_failed_condition_stores_nothing",
            "decision::an_append_that_makes_its_own_condition_fail_is_stored",
        ],
    );
}

#[test]
fn wrong_matches_are_found() {
    finds(&Flaw::OneTagIsEnough, &["decision::every_query_shape_is_found"]);
    finds(&Flaw::IgnoresTopics, &["decision::every_query_shape_is_found"]);
    finds(&Flaw::ReadsAll, &["decision::only_the_last_event_is_read_when_asked"]);
    finds(&Flaw::IgnoresCase, &["decision::tags_are_compared_byte_by_byte"]);
}

#[test]
fn reads_of_several_moments_are_found() {
    finds(
        &Flaw::ReadsItemsApart,
        &["contention::a_query_is_read_as_of_one_moment"],
    );
}

#[test]
fn repeats_that_are_not_known_are_found() {
    finds(&Flaw::ForgetsAppends, &["decision::a_repeated_append_is_one_append"]);
}

#[test]
fn tags_that_are_not_checked_are_found() {
    finds(&Flaw::UncheckedTags, &["decision::invalid_tags_are_refused"]);
}
