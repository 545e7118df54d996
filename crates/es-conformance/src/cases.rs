//! All cases, each with the parts that it needs.

mod append;
mod cancellation;
mod capability;
mod concurrency;
mod contention;
mod datastore;
mod decision;
mod durability;
mod invalid;
mod model;
mod notification;
mod ordering;
mod process;
mod select;
mod sharing;
mod snapshot;
mod standstill;
mod subscription;
mod tracking;
mod version;
mod wakeup;
mod window;

use es_persistence::BoxFuture;

use crate::{
    Part::{self, ContiguousPositions, Decisions, Durability, Events, Process, Sharing, Snapshots, Tracking, Wakeup},
    fixture::Fixture,
};

/// One behaviour.
pub(crate) struct Case {
    /// Topic and rule, as in `append::is_atomic`.
    pub(crate) name: &'static str,
    pub(crate) needs: &'static [Part],
    pub(crate) run: for<'a> fn(&'a Fixture) -> BoxFuture<'a, ()>,
}

macro_rules! cases {
    ($($topic:ident { $($case:ident: $($part:ident)+;)+ })+) => {
        &[$($(Case {
            name: concat!(stringify!($topic), "::", stringify!($case)),
            needs: &[$($part),+],
            run: |fixture| Box::pin($topic::$case(fixture)),
        }),+),+]
    };
}

/// Every case. A case that is missing here is dead code, and the crate does not compile.
pub(crate) const CASES: &[Case] = cases! {
    capability {
        of_positions_is_as_told: Events;
        of_durability_is_as_told: Events;
    }
    append {
        empty_is_a_noop: Events;
        returns_the_position_of_each_event: Events;
        is_readable_when_it_returns: Events;
        is_atomic: Events;
        is_atomic_when_large: Events;
        a_repeated_save_is_one_save: Events;
        a_partly_repeated_save_is_a_conflict: Events;
        goes_on_after_a_refusal: Events;
        takes_several_aggregates_in_one_call: Events;
        takes_many_events_in_one_call: Events;
        takes_many_aggregates_in_one_call: Events;
        keeps_every_byte: Events;
        keeps_every_byte_of_many_in_one_call: Events;
        keeps_an_empty_state: Events;
        keeps_a_large_state: Events;
        keeps_text_and_uuid_apart: Events;
        keeps_the_least_and_the_greatest_uuid: Events;
        compares_text_ids_byte_by_byte: Events;
        keeps_hostile_ids: Events;
        keeps_hostile_topics: Events;
    }
    version {
        the_first_is_1: Events;
        one_that_is_there_is_a_conflict: Events;
        what_is_there_is_never_replaced: Events;
        one_that_leaves_a_hole_is_a_conflict: Events;
        a_repeat_in_one_call_is_a_conflict: Events;
        a_hole_in_one_call_is_a_conflict: Events;
        a_wrong_order_in_one_call_is_a_conflict: Events;
        a_conflict_names_the_aggregate_that_has_moved_on: Events;
        aggregates_have_versions_of_their_own: Events;
    }
    invalid {
        version_0: Events;
        a_version_above_the_greatest: Events;
        an_empty_id: Events;
        a_nul_in_an_id: Events;
        an_empty_topic: Events;
        a_nul_in_a_topic: Events;
        a_nil_event_id: Events;
        a_schema_version_out_of_range: Events;
        selecting_invalid_ids_and_topics_finds_nothing: Events;
    }
    select {
        an_unknown_aggregate_has_no_events: Events;
        ascends_by_version: Events;
        descends_when_asked: Events;
        after_is_exclusive: Events;
        up_to_is_inclusive: Events;
        limit_counts_from_the_first_that_is_selected: Events;
        limit_0_selects_nothing: Events;
        the_last_one_is_the_first_descending: Events;
        takes_the_greatest_numbers: Events;
        combines_everything: Events;
    }
    notification {
        an_empty_log_has_none: Events;
        the_log_has_every_event_once: Events;
        from_is_inclusive: Events;
        after_is_exclusive: Events;
        up_to_is_inclusive: Events;
        limit_counts_from_the_first_that_is_selected: Events;
        limit_0_selects_nothing: Events;
        topics_choose: Events;
        an_empty_set_of_topics_selects_nothing_and_reaches_the_end: Events;
        families_choose: Events;
        families_are_compared_byte_by_byte: Events;
        takes_many_families: Events;
        limit_counts_after_topics_have_chosen: Events;
        topics_are_compared_byte_by_byte: Events;
        hostile_topics_choose: Events;
        takes_many_topics: Events;
        combines_everything: Events;
        pages_put_together_are_the_whole: Events;
        pages_by_families_put_together_are_the_whole: Events;
        a_page_reaches_as_far_as_it_has_looked_and_no_further: Events;
        a_rare_topic_is_found_in_bounded_steps: Events;
        max_position_is_that_of_the_last: Events;
        takes_the_greatest_numbers: Events;
    }
    ordering {
        a_later_save_has_later_positions: Events;
        positions_are_contiguous_in_spite_of_conflicts: Events ContiguousPositions;
        positions_are_contiguous_in_spite_of_large_conflicts: Events ContiguousPositions;
        events_of_a_save_are_adjacent: Events;
        large_saves_do_not_interleave: Events;
        versions_ascend_with_positions: Events;
        nothing_comes_late: Events;
        the_last_position_is_that_of_a_completed_prefix: Events;
        events_of_a_save_become_readable_together: Events;
        pages_under_writers_miss_nothing: Events;
    }
    concurrency {
        one_of_many_at_the_same_version_wins: Events;
        a_loser_may_try_again: Events;
        repeats_of_one_save_are_one_save: Events;
        different_aggregates_do_not_conflict: Events;
        crossing_saves_end_in_one_winner: Events;
        large_saves_do_not_disturb_each_other_or_readers: Events;
        hundreds_of_tasks_read_their_own_writes: Events;
    }
    cancellation {
        a_dropped_save_is_stored_wholly_or_not_at_all: Events;
        aborted_tasks_store_wholly_or_not_at_all: Events;
        a_dropped_save_keeps_its_tracking_with_it: Process;
        dropped_snapshots_are_stored_wholly_or_not_at_all: Snapshots;
        dropped_reads_harm_nobody: Events;
    }
    standstill {
        a_save_that_nobody_polls_keeps_nothing_from_others: Events;
        reads_that_nobody_polls_keep_nothing_from_others: Events;
    }
    model {
        random_calls_end_as_in_the_model: Events;
        random_calls_with_tracking_end_as_in_the_model: Process;
    }
    tracking {
        nothing_is_tracked_at_first: Tracking;
        the_last_is_readable_when_it_returns: Tracking;
        positions_only_grow: Tracking;
        positions_may_be_skipped_for_good: Tracking;
        upstreams_do_not_know_of_each_other: Tracking;
        consumers_do_not_know_of_each_other: Tracking;
        hostile_names_are_kept_apart: Tracking;
        a_lower_fence_is_refused: Tracking;
        the_fence_is_kept: Tracking;
        invalid_ones_are_refused: Tracking;
        the_event_id_is_kept: Tracking;
        the_greatest_position_is_kept: Tracking;
        one_of_many_at_the_same_position_wins: Tracking;
        waiting_for_what_is_tracked_ends_at_once: Tracking;
        waiting_for_position_0_ends_at_once: Tracking;
        waiting_ends_when_the_position_is_tracked: Tracking;
        waiting_goes_on_until_the_position_is_tracked: Tracking;
        giving_up_waiting_harms_nobody: Tracking;
    }
    process {
        stores_events_and_tracking: Process;
        a_conflict_stores_no_tracking: Process;
        a_tracked_position_stores_no_events: Process;
        a_lower_fence_stores_no_events: Process;
        keeps_the_whole_tracking: Process;
        two_faults_store_nothing: Process;
        invalid_events_store_no_tracking: Process;
        no_events_store_the_tracking_alone: Process;
        events_alone_leave_the_tracking: Process;
        tracking_alone_counts_for_events: Process;
        many_events_keep_their_tracking: Process;
        each_position_is_processed_once: Process;
        every_way_of_storing_keeps_the_tracking: Process;
        wakes_who_waits_for_events_and_who_waits_for_tracking: Process Wakeup;
    }
    decision {
        events_with_tags_are_in_the_log: Decisions;
        every_query_shape_is_found: Decisions;
        events_of_aggregates_are_found: Decisions;
        only_the_last_event_is_read_when_asked: Decisions;
        a_condition_fails_exactly_when_something_that_matters_is_there: Decisions;
        plain_saves_make_conditions_fail: Decisions;
        a_failed_condition_stores_nothing: Decisions;
        an_append_that_makes_its_own_condition_fail_is_stored: Decisions;
        aggregates_and_tagged_events_are_stored_together: Decisions;
        a_repeated_append_is_one_append: Decisions;
        no_events_are_stored_whatever_the_condition_says: Decisions;
        tags_are_compared_byte_by_byte: Decisions;
        invalid_tags_are_refused: Decisions;
        takes_many_events_and_tags_in_one_call: Decisions;
        tags_are_there_when_the_store_is_opened_again: Decisions Durability;
    }
    contention {
        one_of_many_decisions_about_the_same_wins: Decisions;
        decisions_about_different_things_do_not_fail: Decisions;
        no_decision_overlooks_what_came_before_it: Decisions;
        no_decision_overlooks_what_another_opening_has_stored: Decisions Sharing;
        a_query_is_read_as_of_one_moment: Decisions;
    }
    snapshot {
        there_are_none_at_first: Snapshots;
        keeps_every_byte: Snapshots;
        versions_may_be_skipped: Snapshots;
        are_ordered_by_version_not_by_insertion: Snapshots;
        the_latest_is_the_first_descending: Snapshots;
        every_selection_is_by_version: Snapshots;
        one_replaces_another_of_the_same_version: Snapshots;
        the_last_of_a_version_in_one_call_stays: Snapshots;
        many_of_the_same_version_do_not_conflict: Snapshots;
        invalid_ones_are_refused: Snapshots;
        can_be_deleted: Snapshots;
        are_deleted_by_topic: Snapshots;
        a_stream_without_events_has_its_last_snapshot: Snapshots;
        a_stream_has_its_snapshot_and_the_events_from_it_on: Events Snapshots;
        a_stream_without_snapshot_has_all_events: Events Snapshots;
        a_stream_ends_where_it_is_asked_to: Events Snapshots;
        a_stream_is_read_as_of_one_moment: Events Snapshots;
    }
    wakeup {
        tells_whoever_waits: Events Wakeup;
        tells_what_came_before_anybody_waited: Events Wakeup;
        a_dropped_wait_takes_no_signal_with_it: Events Wakeup;
        tells_everybody: Events Wakeup;
    }
    subscription {
        delivers_what_is_there_then_what_comes: Events Wakeup;
        starts_on_an_empty_log: Events Wakeup;
        delivers_what_came_before_it_was_polled: Events Wakeup;
        starts_after_a_position: Events Wakeup;
        starts_after_the_last_position: Events Wakeup;
        goes_on_after_the_position_of_another: Events Wakeup;
        delivers_only_its_topics: Events Wakeup;
        finds_a_rare_topic_in_a_long_log: Events Wakeup;
        ends_at_its_upper_bound: Events Wakeup;
        waits_for_its_upper_bound: Events Wakeup;
        ends_at_its_limit: Events Wakeup;
        limit_0_ends_at_once: Events Wakeup;
        stops_in_the_loop: Events Wakeup;
        stops_before_it_is_polled: Events Wakeup;
        stops_while_it_waits: Events Wakeup;
        one_that_is_dropped_harms_nobody: Events Wakeup;
        reads_no_more_than_a_page_ahead: Events Wakeup;
        many_follow_at_once: Events Wakeup;
        a_commit_between_page_and_wakeup_is_not_missed: Events Wakeup;
        a_commit_at_any_moment_of_its_start_is_not_missed: Events Wakeup;
        delivers_a_burst_in_order: Events Wakeup;
        an_error_ends_it: Events Wakeup;
    }
    datastore {
        its_application_recorders_share_one_log: Events;
        its_process_recorder_has_the_applications_log: Process;
        its_process_and_tracking_recorders_share_the_tracking: Process Tracking;
        its_snapshots_are_no_events: Events Snapshots;
    }
    durability {
        events_are_there: Events Durability;
        positions_and_versions_go_on: Events Durability;
        a_repeated_save_is_one_save: Events Durability;
        tracking_is_there: Tracking Durability;
        tracking_of_a_process_is_there: Process Durability;
        snapshots_are_there: Snapshots Durability;
        closing_waits_for_saves_that_have_begun: Events Durability;
    }
    sharing {
        each_reads_what_the_other_stores: Events Sharing;
        one_at_the_same_version_wins: Events Sharing;
        nothing_comes_late: Events Sharing;
        positions_are_contiguous: Events Sharing ContiguousPositions;
        a_subscription_hears_of_what_the_other_stores: Events Wakeup Sharing;
        a_wait_hears_of_what_the_other_tracks: Tracking Sharing;
        each_position_is_processed_once: Process Sharing;
    }
};
