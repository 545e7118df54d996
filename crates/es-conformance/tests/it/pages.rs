//! Flaws in the pages of the log are found.

use crate::{controls::finds, flawed::Flaw};

#[test]
fn an_empty_set_that_selects_everything_is_found() {
    finds(
        &Flaw::EmptySetIsAll,
        &[
            "notification::an_empty_set_of_topics_selects_nothing_and_reaches_the_end",
            "notification::combines_everything",
        ],
    );
}

#[test]
fn topics_that_are_not_compared_are_found() {
    finds(
        &Flaw::FewTopics,
        &["notification::takes_many_topics", "notification::takes_many_families"],
    );
}

#[test]
fn families_with_other_topics_are_found() {
    let cases = [
        "notification::families_choose",
        "notification::families_are_compared_byte_by_byte",
    ];
    finds(&Flaw::FamiliesIgnoreCase, &cases);
    finds(&Flaw::FamiliesWithoutStop, &["notification::families_choose"]);
}

#[test]
fn reads_of_any_length_are_found() {
    finds(
        &Flaw::UnboundedReads,
        &["notification::a_rare_topic_is_found_in_bounded_steps"],
    );
}

#[test]
fn a_page_that_reaches_too_little_is_found() {
    finds(
        &Flaw::ReachesLastFound,
        &[
            "notification::an_empty_set_of_topics_selects_nothing_and_reaches_the_end",
            "notification::a_page_reaches_as_far_as_it_has_looked_and_no_further",
            "notification::a_rare_topic_is_found_in_bounded_steps",
            "subscription::finds_a_rare_topic_in_a_long_log",
            "subscription::waits_for_its_upper_bound",
            "model::random_calls_end_as_in_the_model",
        ],
    );
}

#[test]
fn a_page_that_reaches_too_far_is_found() {
    let case = "notification::a_page_reaches_as_far_as_it_has_looked_and_no_further";
    finds(&Flaw::ReachesBeyondUpper, &[case]);
    finds(
        &Flaw::ReachesBeyondLast,
        &[case, "subscription::waits_for_its_upper_bound"],
    );
    finds(&Flaw::ZeroReachesEnd, &[case]);
    finds(
        &Flaw::FullPageReachesEnd,
        &[
            case,
            "notification::pages_put_together_are_the_whole",
            "notification::pages_by_families_put_together_are_the_whole",
            "ordering::pages_under_writers_miss_nothing",
            "model::random_calls_end_as_in_the_model",
        ],
    );
}
