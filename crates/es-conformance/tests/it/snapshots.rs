//! Flaws of recorders of snapshots are found.

use crate::{controls::finds, flawed::Flaw};

#[test]
fn the_order_of_insertion_is_found() {
    finds(
        &Flaw::SnapshotsAreAppended,
        &[
            "snapshot::are_ordered_by_version_not_by_insertion",
            "snapshot::the_latest_is_the_first_descending",
            "snapshot::every_selection_is_by_version",
            "snapshot::one_replaces_another_of_the_same_version",
            "snapshot::the_last_of_a_version_in_one_call_stays",
            "snapshot::are_deleted_by_topic",
        ],
    );
}

#[test]
fn snapshots_that_conflict_are_found() {
    finds(
        &Flaw::ConflictingSnapshots,
        &[
            "snapshot::one_replaces_another_of_the_same_version",
            "snapshot::many_of_the_same_version_do_not_conflict",
        ],
    );
}

#[test]
fn snapshots_that_stay_are_found() {
    finds(
        &Flaw::FirstSnapshotStays,
        &["snapshot::one_replaces_another_of_the_same_version"],
    );
    finds(
        &Flaw::FirstOfCallStays,
        &["snapshot::the_last_of_a_version_in_one_call_stays"],
    );
    finds(&Flaw::KeepsDoomedSnapshots, &["snapshot::can_be_deleted"]);
}

#[test]
fn snapshots_that_are_deleted_with_others_are_found() {
    finds(&Flaw::DeletesOtherCase, &["snapshot::are_deleted_by_topic"]);
}

#[test]
fn a_lost_column_is_found() {
    finds(&Flaw::SnapshotWithoutHash, &["snapshot::keeps_every_byte"]);
}

#[test]
fn streams_without_what_they_must_have_are_found() {
    let case = "snapshot::a_stream_has_its_snapshot_and_the_events_from_it_on";
    finds(&Flaw::StreamAfterSnapshot, &[case]);
    finds(
        &Flaw::StreamForgetsSnapshot,
        &[case, "snapshot::a_stream_without_events_has_its_last_snapshot"],
    );
    finds(
        &Flaw::StreamNeedsSnapshot,
        &["snapshot::a_stream_without_snapshot_has_all_events"],
    );
}

#[test]
fn streams_that_go_on_too_long_are_found() {
    finds(
        &Flaw::StreamIgnoresBound,
        &["snapshot::a_stream_ends_where_it_is_asked_to"],
    );
    finds(
        &Flaw::StreamIgnoresLimit,
        &["snapshot::a_stream_ends_where_it_is_asked_to"],
    );
}

#[test]
fn a_stream_of_two_moments_is_found() {
    finds(
        &Flaw::StreamOfTwoMoments,
        &["snapshot::a_stream_is_read_as_of_one_moment"],
    );
}
