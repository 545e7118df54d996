//! The end of an aggregate's life.

use es_domain::{ReplayErrorKind, RootAccess as _, TriggerErrorKind, prelude::*};

#[derive(Aggregate, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Account {
    root: Root<Self>,
    balance: i64,
}

#[events(derive(PartialEq))]
impl Account {
    #[event(Opened)]
    pub fn open() -> Self {
        Self::default()
    }

    #[event(Deposited)]
    pub fn deposit(&mut self, amount: i64) {
        self.balance += amount;
    }

    #[event(Audited)]
    pub fn audit(&mut self) -> Result<(), String> {
        if self.balance < 0 {
            Err("overdrawn".to_owned())
        } else {
            Ok(())
        }
    }

    #[event(Closed, discards)]
    pub fn close(&mut self) {}
}

#[test]
fn a_discarded_aggregate_is_not_found_again() {
    let mut account = Account::open();
    account.close();
    assert!(account.root().is_discarded());
    assert!(Account::replay(account.collect_events()).expect("it replays").is_none());
}

#[test]
fn later_triggers_are_refused_and_the_root_says_so() {
    let mut account = Account::open();
    account.close();
    account.deposit(5);
    assert_eq!(account.audit(), Ok(()));
    assert_eq!((account.version(), account.balance), (2, 0));
    let refusal = account.root().refusal().expect("the deposit was refused");
    assert_eq!(refusal.kind(), TriggerErrorKind::Discarded);
    assert!(refusal.to_string().contains("Account.Deposited"), "{refusal}");
}

#[test]
fn what_is_written_and_read_stays_discarded() {
    let mut account = Account::open();
    account.close();
    drop(account.collect_events());
    let json = serde_json::to_string(&account).expect("it can be written");
    let again: Account = serde_json::from_str(&json).expect("it can be read");
    assert_eq!(again, account);
    assert!(again.root().is_discarded());
}

#[test]
fn an_aggregate_that_no_event_has_made_is_refused_everything() {
    let mut account = Account::default();
    account.deposit(5);
    assert_eq!((account.version(), account.balance), (0, 0));
    assert_eq!(
        account.root().refusal().map(es_domain::TriggerError::kind),
        Some(TriggerErrorKind::NotCreated)
    );
}

#[test]
fn nothing_is_replayed_after_the_end() {
    let mut account = Account::open();
    account.deposit(5);
    account.close();
    let mut events = account.collect_events();
    let late = DomainEvent::new(account.id(), 4, events[1].stamp().clone(), events[1].body().clone());
    events.push(late);
    let error = Account::replay(events).expect_err("the deposit comes too late");
    assert_eq!(*error.kind(), ReplayErrorKind::Discarded);
}
