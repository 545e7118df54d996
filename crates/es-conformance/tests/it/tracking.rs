//! Flaws of recorders of tracking are found.

use crate::{controls::finds, flawed::Flaw};

#[test]
fn consumers_that_share_a_position_are_found() {
    finds(
        &Flaw::OneConsumer,
        &[
            "tracking::consumers_do_not_know_of_each_other",
            "tracking::hostile_names_are_kept_apart",
            "process::keeps_the_whole_tracking",
            "model::random_calls_with_tracking_end_as_in_the_model",
        ],
    );
    finds(&Flaw::JoinedNames, &["tracking::consumers_do_not_know_of_each_other"]);
}

#[test]
fn a_lost_fence_is_found() {
    finds(
        &Flaw::NoFence,
        &["tracking::the_fence_is_kept", "process::keeps_the_whole_tracking"],
    );
}

#[test]
fn a_lower_fence_that_is_accepted_is_found() {
    finds(
        &Flaw::LenientFence,
        &[
            "tracking::a_lower_fence_is_refused",
            "process::a_lower_fence_stores_no_events",
            "model::random_calls_with_tracking_end_as_in_the_model",
        ],
    );
}
