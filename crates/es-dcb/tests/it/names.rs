//! Unique names that are free again after a time, and numbers without gaps.

use std::{sync::Arc, time::Duration};

use es_dcb::{prelude::*, testing::given};
use es_domain::{Stamp, Timestamp};
use serde::{Deserialize, Serialize};
use tokio::{sync::Barrier, task::JoinSet};

use crate::stores;

const DAY: Duration = Duration::from_hours(24);

#[derive(Tag, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct UserName(String);

#[derive(TaggedEvent, Clone, Debug, Serialize, Deserialize)]
pub(crate) enum AccountEvent {
    Registered {
        #[tag]
        name: UserName,
    },
    Closed {
        #[tag]
        name: UserName,
    },
}

#[derive(Clone)]
struct Holder {
    name: UserName,
    is_taken: bool,
    free_since: Option<Timestamp>,
}

impl DecisionModel for Holder {
    type Events = AccountEvent;

    fn tags(&self) -> Tags {
        (&self.name).into()
    }

    fn apply(&mut self, event: &Recorded<AccountEvent>) {
        match event.body() {
            AccountEvent::Registered { .. } => self.is_taken = true,
            AccountEvent::Closed { .. } => {
                self.is_taken = false;
                self.free_since = Some(event.timestamp());
            }
        }
    }
}

#[derive(Debug, PartialEq)]
pub(crate) struct NameTaken;

/// Registers a name; one of a closed account is free after three days.
pub(crate) fn register(name: &UserName) -> impl Decision<Event = AccountEvent, Error = NameTaken> {
    let name = name.clone();
    let holder = Holder {
        name: name.clone(),
        is_taken: false,
        free_since: None,
    };
    decision(holder, move |holder| {
        let now = Stamp::now().timestamp().as_micros();
        let wait = i64::try_from((3 * DAY).as_micros()).expect("three days are few");
        let waits = holder.free_since.is_some_and(|since| now < since.as_micros() + wait);
        if holder.is_taken || waits {
            return Err(NameTaken);
        }
        Ok(AccountEvent::Registered { name: name.clone() })
    })
}

#[test]
fn a_name_is_taken_once_and_free_again_after_a_time() {
    let (ann, bob) = (UserName("ann".to_owned()), UserName("bob".to_owned()));
    let registered = || AccountEvent::Registered { name: ann.clone() };
    let closed = || AccountEvent::Closed { name: ann.clone() };
    given([registered()]).when(register(&ann)).then_error(NameTaken);
    given([registered()])
        .when(register(&bob))
        .then([AccountEvent::Registered { name: bob }]);
    given([registered(), closed()])
        .after(2 * DAY)
        .when(register(&ann))
        .then_error(NameTaken);
    given([registered(), closed()])
        .after(3 * DAY)
        .when(register(&ann))
        .then([registered()]);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_who_register_a_name_one_gets_it() {
    for opened in stores::all().await {
        let start = Arc::new(Barrier::new(8));
        let mut registering = JoinSet::new();
        for _ in 0..8 {
            let (app, start) = (opened.app.clone(), Arc::clone(&start));
            registering.spawn(async move {
                start.wait().await;
                app.decide(register(&UserName("ann".to_owned()))).await
            });
        }
        let outcomes = registering.join_all().await;
        let registered = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
        assert_eq!(registered, 1);
        let is_refusal = |error: &ExecuteError<NameTaken>| matches!(error, ExecuteError::Command(NameTaken));
        assert!(
            outcomes
                .iter()
                .filter_map(|outcome| outcome.as_ref().err())
                .all(is_refusal)
        );
    }
}

#[derive(TaggedEvent, Clone, Debug, Serialize, Deserialize)]
pub(crate) enum InvoiceEvent {
    Issued { number: u64, amount: u64 },
}

#[derive(Clone, Default)]
struct LastNumber(u64);

impl DecisionModel for LastNumber {
    type Events = InvoiceEvent;

    const LAST_ONLY: bool = true;

    fn tags(&self) -> Tags {
        Tags::none()
    }

    fn apply(&mut self, event: &Recorded<InvoiceEvent>) {
        assert_eq!(self.0, 0, "only the last one is read");
        let InvoiceEvent::Issued { number, .. } = event.body();
        self.0 = *number;
    }
}

pub(crate) fn issue(amount: u64) -> impl Decision<Event = InvoiceEvent, Error = std::convert::Infallible> {
    decision(LastNumber::default(), move |last| {
        let number = last.0 + 1;
        Ok(InvoiceEvent::Issued { number, amount })
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn numbers_have_no_gaps_whoever_issues_them() {
    for opened in stores::all().await {
        let mut issuing = JoinSet::new();
        for _ in 0..4 {
            let app = opened.app.clone();
            issuing.spawn(async move {
                let mut numbers = Vec::new();
                for _ in 0..10 {
                    let issued = app.decide(issue(10)).await.unwrap();
                    numbers.extend(
                        issued
                            .into_events()
                            .into_iter()
                            .map(|InvoiceEvent::Issued { number, .. }| number),
                    );
                }
                numbers
            });
        }
        let mut numbers = issuing.join_all().await.concat();
        numbers.sort_unstable();
        assert_eq!(numbers, (1..=40).collect::<Vec<_>>());
    }
}
