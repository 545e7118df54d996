//! Bodies that may fail.

use std::fmt;

use es_domain::{ApplyError, ReplayErrorKind, RootAccess as _, TriggerErrorKind, prelude::*};

use crate::replayed;

#[derive(Debug, PartialEq, Eq)]
pub enum Refusal {
    NotPositive,
    Insufficient { balance: i64 },
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

impl std::error::Error for Refusal {}

type Result<T> = std::result::Result<T, Refusal>;

#[derive(Aggregate, Clone, Debug, Default, PartialEq)]
pub struct Account {
    root: Root<Self>,
    balance: i64,
    closed_for: Option<String>,
}

#[events(derive(PartialEq))]
impl Account {
    #[event(Opened)]
    pub fn open(amount: i64) -> std::result::Result<Self, Refusal> {
        if amount <= 0 {
            return Err(Refusal::NotPositive);
        }
        Ok(Self {
            balance: amount,
            ..Self::default()
        })
    }

    #[event(Withdrawn)]
    pub fn withdraw(&mut self, amount: i64) -> Result<()> {
        if amount > self.balance {
            return Err(Refusal::Insufficient { balance: self.balance });
        }
        self.balance -= amount;
        Ok(())
    }

    #[event(Closed)]
    pub fn close(&mut self, reason: String) -> std::result::Result<(), String> {
        if self.balance != 0 {
            return Err(format!("{} left", self.balance));
        }
        self.closed_for = Some(reason);
        Ok(())
    }

    /// Decides, and leaves the event to another method.
    pub fn withdraw_all(&mut self) -> Result<()> {
        self.withdraw(self.balance)
    }
}

#[test]
fn a_body_that_succeeds_is_recorded() {
    let mut account = Account::open(10).expect("10 is positive");
    account.withdraw(4).expect("there is enough");
    account.withdraw_all().expect("there is enough");
    account.close("moved".to_owned()).expect("nothing is left");
    assert_eq!(account.version(), 4);
    assert_eq!(
        *account.pending_events()[2].body(),
        AccountEvent::Withdrawn { amount: 6 }
    );
    let again = replayed(&account);
    drop(account.collect_events());
    assert_eq!(again, account);
}

#[test]
fn a_body_that_fails_records_nothing() {
    let mut account = Account::open(10).expect("10 is positive");
    assert_eq!(account.withdraw(11), Err(Refusal::Insufficient { balance: 10 }));
    assert_eq!(account.close("moved".to_owned()), Err("10 left".to_owned()));
    assert_eq!(
        (account.version(), account.pending_events().len(), account.balance),
        (1, 1, 10)
    );
    assert!(account.root().refusal().is_none());
    assert_eq!(account.withdraw(10), Ok(()));
}

#[test]
fn an_initial_body_that_fails_makes_no_aggregate() {
    assert_eq!(Account::open(0).err(), Some(Refusal::NotPositive));
}

#[test]
fn an_event_as_a_value_is_refused_with_the_cause() {
    let mut account = Account::open(10).expect("10 is positive");
    let error = account
        .trigger(AccountEvent::Withdrawn { amount: 11 })
        .expect_err("there is too little");
    assert_eq!(error.kind(), TriggerErrorKind::Refused);
    let cause = std::error::Error::source(&error).map(ToString::to_string);
    assert_eq!(cause.as_deref(), Some("Insufficient { balance: 10 }"));
    assert_eq!(account.version(), 1);
}

#[test]
fn events_are_initial_or_not() {
    assert!(matches!(
        AccountEvent::Withdrawn { amount: 1 }.create(),
        Err(ApplyError::NotInitial)
    ));
    let mut account = Account::open(10).expect("10 is positive");
    assert!(matches!(
        AccountEvent::Opened { amount: 1 }.apply(&mut account),
        Err(ApplyError::Initial)
    ));
}

#[test]
fn a_replay_that_fails_says_which_event() {
    let mut account = Account::open(10).expect("10 is positive");
    account.withdraw(4).expect("there is enough");
    account.withdraw(6).expect("there is enough");
    let mut events = account.collect_events();
    let smaller = DomainEvent::new(
        events[0].originator_id(),
        1,
        events[0].stamp().clone(),
        AccountEvent::Opened { amount: 5 },
    );
    events[0] = smaller;
    let error = Account::replay(events).expect_err("5 is too little");
    assert_eq!(*error.kind(), ReplayErrorKind::NotApplied);
    assert_eq!((error.originator_version(), error.topic()), (3, "Account.Withdrawn"));
}
