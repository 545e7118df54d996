//! What a backend lacks is ignored, with a reason.

use std::error::Error;

use es_conformance::{Backend, FreshStore, Outcome, Part, case_names, run_case};
use es_persistence::BoxFuture;

/// A backend that is never opened.
struct Absent {
    why: Option<&'static str>,
}

impl Backend for Absent {
    fn name(&self) -> &'static str {
        "absent"
    }

    fn supports(&self, part: Part) -> bool {
        part == Part::Events
    }

    fn fresh(&self) -> BoxFuture<'_, Result<FreshStore, Box<dyn Error + Send + Sync>>> {
        Box::pin(async { Err("the server is down".into()) })
    }

    fn unavailable(&self) -> Option<String> {
        self.why.map(str::to_owned)
    }
}

#[test]
fn a_case_of_a_part_that_is_missing_is_ignored() {
    let outcome = run_case(&Absent { why: None }, "sharing::nothing_comes_late");
    assert_eq!(outcome, Some(Outcome::Ignored("absent has no Sharing".to_owned())));
}

#[test]
fn a_store_that_cannot_be_made_fails_the_case() {
    let outcome = run_case(&Absent { why: None }, "append::is_atomic");
    assert_eq!(
        outcome,
        Some(Outcome::Failed(
            "there is no fresh store: the server is down".to_owned()
        ))
    );
}

#[test]
fn everything_is_ignored_where_the_backend_is_unavailable() {
    let why = "set ES_STORE_URL";
    for case in case_names() {
        assert_eq!(
            run_case(&Absent { why: Some(why) }, case),
            Some(Outcome::Ignored(why.to_owned()))
        );
    }
}

#[test]
fn there_is_no_case_of_another_name() {
    assert_eq!(run_case(&Absent { why: None }, "append::is_magic"), None);
}

#[test]
fn no_two_cases_have_the_same_name() {
    let mut names: Vec<_> = case_names().collect();
    names.sort_unstable();
    assert!(names.is_sorted_by(|one, other| one < other), "{names:?}");
}
