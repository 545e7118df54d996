//! What an event method returns when its event is refused.

use es_domain::{TriggerError, TriggerErrorKind, prelude::*, testing::given};

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum AccountError {
    #[error("the balance is {balance}")]
    TooLittle { balance: i64 },
    #[error(transparent)]
    Refused(#[from] TriggerError),
}

type Fallible<T, E = AccountError> = Result<T, E>;

#[derive(Aggregate, Clone, Debug, Default)]
pub struct Account {
    root: Root<Self>,
    balance: i64,
}

#[events]
impl Account {
    #[event]
    pub fn opened(balance: i64) -> Fallible<Self> {
        if balance < 0 {
            return Err(AccountError::TooLittle { balance });
        }
        Ok(Self {
            balance,
            ..Self::default()
        })
    }

    #[event]
    pub fn withdrawn(&mut self, amount: i64) -> Result<(), AccountError> {
        if amount > self.balance {
            return Err(AccountError::TooLittle { balance: self.balance });
        }
        self.balance -= amount;
        Ok(())
    }

    #[event]
    pub fn deposited(&mut self, amount: i64) -> Fallible<()> {
        self.balance += amount;
        Ok(())
    }

    #[event]
    pub fn audited(&mut self) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        Ok(())
    }

    /// Its error cannot be made of a `TriggerError`.
    #[event]
    pub fn renamed(&mut self, name: &str) -> Result<(), String> {
        if name.is_empty() {
            Err("no name".to_owned())
        } else {
            Ok(())
        }
    }

    #[event]
    pub fn nested(&mut self) -> Result<(), AccountError> {
        // A mistake: an event within an event.
        drop(self.deposited(1));
        Ok(())
    }

    #[event(discards)]
    pub fn closed(&mut self) {}
}

fn kept(account: &Account) -> Option<TriggerErrorKind> {
    account.root().refusal().map(TriggerError::kind)
}

fn kind(outcome: Result<(), AccountError>) -> TriggerErrorKind {
    match outcome {
        Err(AccountError::Refused(refusal)) => refusal.kind(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_refusal_is_returned_where_the_error_can_be_made_of_it() {
    let mut account = Account::opened(5).expect("5 is enough");
    account.closed();
    assert_eq!(kind(account.withdrawn(1)), TriggerErrorKind::Discarded);
    assert_eq!(kind(account.deposited(1)), TriggerErrorKind::Discarded);
    let error = account.audited().expect_err("the account is closed");
    assert!(error.to_string().contains("Account.Audited"), "{error}");
    assert_eq!((account.version(), account.balance, kept(&account)), (2, 5, None));
}

#[test]
fn an_aggregate_that_was_not_created_refuses_too() {
    let mut account = Account::default();
    assert_eq!(kind(account.withdrawn(0)), TriggerErrorKind::NotCreated);
    assert_eq!((account.version(), kept(&account)), (0, None));
}

#[test]
fn the_root_keeps_a_refusal_that_the_method_cannot_return() {
    let mut account = Account::opened(5).expect("5 is enough");
    account.closed();
    assert_eq!(account.renamed("savings"), Ok(()));
    assert_eq!(kept(&account), Some(TriggerErrorKind::Discarded));
}

#[test]
fn an_event_within_an_event_is_kept_though_its_error_is_dropped() {
    let mut account = Account::opened(5).expect("5 is enough");
    assert_eq!(account.nested(), Ok(()));
    assert_eq!(kept(&account), Some(TriggerErrorKind::WithinEvent));
}

#[test]
fn an_alias_of_result_is_a_result() {
    let mut account = Account::opened(5).expect("5 is enough");
    assert_eq!(account.deposited(2), Ok(()));
    assert_eq!((account.version(), account.balance), (2, 7));
    assert_eq!(Account::opened(-1).err(), Some(AccountError::TooLittle { balance: -1 }));
}

#[test]
fn refusals_can_be_compared() {
    given::<Account>([AccountEvent::Opened { balance: 1 }])
        .when(|account| {
            account.closed();
            let twice = [account.withdrawn(1), account.withdrawn(1)];
            assert_eq!(twice[0], twice[1]);
            assert_ne!(twice[0], account.deposited(1));
        })
        .then([AccountEvent::Closed]);
}
