//! Flaws in the recognition of a repeated save are found.

use crate::{controls::finds, flawed::Flaw};

#[test]
fn repeats_that_conflict_are_found() {
    finds(
        &Flaw::RepeatsConflict,
        &[
            "append::a_repeated_save_is_one_save",
            "concurrency::repeats_of_one_save_are_one_save",
            "model::random_calls_end_as_in_the_model",
        ],
    );
}

#[test]
fn other_events_that_are_taken_for_a_repeat_are_found() {
    finds(
        &Flaw::RepeatsByVersion,
        &[
            "version::one_that_is_there_is_a_conflict",
            "version::what_is_there_is_never_replaced",
            "model::random_calls_end_as_in_the_model",
        ],
    );
}

#[test]
fn the_rest_of_a_partly_repeated_save_is_found() {
    finds(
        &Flaw::PartialRepeats,
        &[
            "append::a_partly_repeated_save_is_a_conflict",
            "model::random_calls_end_as_in_the_model",
        ],
    );
}
