//! Tests as users write them.

use std::{
    convert::Infallible,
    panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook},
    sync::Mutex,
    thread::{ThreadId, current},
};

use es_domain::{
    OriginatorId, RootAccess as _, TriggerErrorKind,
    prelude::*,
    testing::{When, deterministic, given, given_nothing},
};

#[derive(Debug, PartialEq, Eq)]
pub enum AccountError {
    InsufficientFunds { balance: i64 },
    NoOwner,
}

#[derive(Aggregate, Debug, Default)]
pub struct Account {
    root: Root<Self>,
    balance: i64,
}

/// It can be written, and cannot be printed.
#[derive(Aggregate, Default, Serialize, Deserialize)]
pub struct Safe {
    root: Root<Self>,
    code: u32,
}

#[events]
impl Safe {
    #[event]
    pub fn built() -> Self {
        Self::default()
    }

    #[event]
    fn locked(&mut self, code: u32) -> Result<(), String> {
        if code == 0 {
            return Err("no code".to_owned());
        }
        self.code = code;
        Ok(())
    }

    fn lock_badly(&mut self, code: u32) -> Result<(), String> {
        self.code = code;
        self.locked(0)
    }
}

#[events]
impl Account {
    #[event(Opened)]
    fn opened(owner: &str) -> Self {
        Self::default()
    }

    #[event(Deposited)]
    pub fn deposit(&mut self, amount: i64) {
        self.balance += amount;
    }

    #[event(Withdrawn)]
    fn withdrawn(&mut self, amount: i64) {
        self.balance -= amount;
    }

    #[event(Closed, discards)]
    pub fn close(&mut self) {}

    pub fn open(owner: &str) -> Result<Self, AccountError> {
        if owner.is_empty() {
            return Err(AccountError::NoOwner);
        }
        Ok(Self::opened(owner))
    }

    pub fn withdraw(&mut self, amount: i64) -> Result<(), AccountError> {
        if amount > self.balance {
            return Err(AccountError::InsufficientFunds { balance: self.balance });
        }
        self.withdrawn(amount);
        Ok(())
    }

    /// Triggers an event before it refuses.
    pub fn withdraw_with_fee(&mut self, amount: i64) -> Result<(), AccountError> {
        self.withdrawn(1);
        self.withdraw(amount)
    }

    /// Changes the state without an event.
    pub fn withdraw_secretly(&mut self, amount: i64) -> Result<(), AccountError> {
        self.balance -= 1;
        self.withdraw(amount)
    }

    pub fn audit(&self) -> Result<i64, AccountError> {
        if self.balance < 0 {
            return Err(AccountError::InsufficientFunds { balance: self.balance });
        }
        Ok(self.balance)
    }
}

fn opened() -> AccountEvent {
    AccountEvent::Opened { owner: "Ann".into() }
}

#[test]
fn a_command_that_fails() {
    given::<Account>([
        AccountEvent::Opened { owner: "Ann".into() },
        AccountEvent::Deposited { amount: 10 },
    ])
    .when(|account| account.withdraw(25))
    .then_error(AccountError::InsufficientFunds { balance: 10 });
}

#[test]
fn a_command_that_succeeds() {
    given::<Account>([AccountEvent::Opened { owner: "Ann".into() }])
        .when(|account| account.deposit(5))
        .then([AccountEvent::Deposited { amount: 5 }])
        .then_state(|account| assert_eq!((account.balance, account.version()), (5, 2)));
}

#[test]
fn a_command_that_does_nothing() {
    given::<Account>([opened()])
        .when(|account| account.audit())
        .then_nothing();
}

#[test]
fn a_command_that_makes_an_aggregate() {
    given_nothing().when(|| Account::open("Ann")).then([opened()]);
    given_nothing().when(Safe::built).then([SafeEvent::Built]);
    given_nothing()
        .when(|| Account::opened("Ann"))
        .then_state(|account| assert_eq!(account.version(), 1));
    given_nothing()
        .when(|| Account::open(""))
        .then_error(AccountError::NoOwner);
}

#[test]
fn a_command_that_is_refused() {
    given::<Account>([opened()])
        .when(|account| {
            account.close();
            account.deposit(1);
        })
        .then_refused(TriggerErrorKind::Discarded);
}

#[test]
fn the_aggregate_may_have_a_certain_id() {
    let id = Id::new();
    given::<Account>([opened()])
        .with_id(id)
        .when(|account| account.deposit(1))
        .then_state(|account| assert_eq!(account.id(), id));
}

#[test]
fn the_same_test_gives_the_same_bytes() {
    let run = || {
        deterministic(|| {
            let mut account = Account::opened("Ann");
            account.deposit(5);
            account.collect_events()
        })
    };
    assert_eq!(format!("{:?}", run()), format!("{:?}", run()));
    let events = run();
    assert_ne!(events[0].event_id(), events[1].event_id());
    assert!(matches!(
        events[0].originator_id().to_originator_id(),
        OriginatorId::Uuid(_)
    ));
}

/// What a failing test says.
fn message(test: impl FnOnce()) -> String {
    let panic = catch_unwind(AssertUnwindSafe(test)).expect_err("the test fails");
    match panic.downcast::<String>() {
        Ok(message) => *message,
        Err(panic) => panic
            .downcast::<&str>()
            .map_or_else(|_| "?".to_owned(), |message| (*message).to_owned()),
    }
}

#[test]
fn a_failure_shows_expected_and_actual_events_side_by_side() {
    let message = message(|| {
        given::<Account>([opened()])
            .when(|account| {
                account.deposit(5);
                account.deposit(7);
            })
            .then([
                AccountEvent::Deposited { amount: 5 },
                AccountEvent::Withdrawn { amount: 7 },
                AccountEvent::Closed,
            ]);
    });
    assert_eq!(
        message,
        "other events have come of the command
    expected                | actual
    ----------------------- | -----------------------
    Deposited { amount: 5 } | Deposited { amount: 5 }
  ≠ Withdrawn { amount: 7 } | Deposited { amount: 7 }
  ≠ Closed                  | (nothing)
"
    );
}

#[test]
fn a_long_event_takes_several_lines() {
    let message = message(|| {
        let owner = "x".repeat(70);
        given_nothing()
            .when(|| Account::open("Ann"))
            .then([AccountEvent::Opened { owner }]);
    });
    assert!(message.lines().all(|line| line.chars().count() <= 120), "{message}");
    assert!(message.contains("xxx\" }"), "{message}");
}

#[test]
fn a_failure_names_the_error() {
    let text = message(|| {
        given::<Account>([opened()])
            .when(|account| account.withdraw(1))
            .then_nothing();
    });
    assert!(
        text.starts_with("the command failed with InsufficientFunds { balance: 0 }"),
        "{text}"
    );

    let text = message(|| {
        given::<Account>([opened()])
            .when(|account| account.withdraw(1))
            .then_error(AccountError::NoOwner);
    });
    assert!(text.contains("≠ NoOwner  | InsufficientFunds { balance: 0 }"), "{text}");

    let text = message(|| {
        given::<Account>([opened()])
            .when(|account| account.withdraw(0))
            .then_error(AccountError::NoOwner);
    });
    assert!(
        text.starts_with("the command was to fail with NoOwner, and succeeded"),
        "{text}"
    );
    assert!(text.contains("≠ (nothing) | Withdrawn { amount: 0 }"), "{text}");

    let text = message(|| {
        given::<Account>([opened()])
            .when(|account| {
                account.close();
                account.deposit(1);
            })
            .then([AccountEvent::Closed]);
    });
    assert!(text.contains("the aggregate is discarded"), "{text}");
}

#[test]
fn a_command_that_fails_changes_nothing() {
    let text = message(|| {
        given::<Account>([opened()])
            .when(|account| account.withdraw_with_fee(1))
            .then_error(AccountError::InsufficientFunds { balance: -1 });
    });
    assert!(
        text.starts_with("the command failed as expected, but it has triggered events"),
        "{text}"
    );
    assert!(text.contains("≠ (nothing) | Withdrawn { amount: 1 }"), "{text}");

    let text = message(|| {
        given::<Account>([opened()])
            .when(|account| account.withdraw_secretly(1))
            .then_error(AccountError::InsufficientFunds { balance: -1 });
    });
    assert!(
        text.starts_with("the command failed as expected, but it has changed the aggregate"),
        "{text}"
    );
    assert!(
        text.contains("balance: 0 }") && text.contains("balance: -1 }"),
        "{text}"
    );

    let text = message(|| {
        given::<Safe>([SafeEvent::Built])
            .when(|safe| safe.lock_badly(7))
            .then_error("no code".to_owned());
    });
    assert!(text.contains("it has changed the aggregate"), "{text}");
    given::<Safe>([SafeEvent::Built])
        .when(|safe| safe.locked(0))
        .then_error("no code".to_owned());
}

#[test]
fn a_failure_points_at_the_line_of_the_test() {
    static LINES: Mutex<Vec<(ThreadId, u32)>> = Mutex::new(Vec::new());
    let hook = take_hook();
    set_hook(Box::new(move |panic| {
        let location = panic.location().filter(|location| location.file() == file!());
        let line = location.map_or(0, std::panic::Location::line);
        LINES.lock().unwrap().push((current().id(), line));
        hook(panic);
    }));
    let line = |test: &dyn Fn()| {
        message(test);
        let (_, line) = *LINES
            .lock()
            .unwrap()
            .iter()
            .rfind(|(id, _)| *id == current().id())
            .expect("it has panicked");
        line
    };
    let first = line!();
    let lines = [
        line(&|| drop(given::<Account>([]).when(|account| account.deposit(1)))),
        line(&|| drop(given::<Account>([AccountEvent::Closed]).when(|account| account.deposit(1)))),
        line(&|| drop(account_after(opened()).then([]))),
        line(&|| drop(account_after(opened()).then_nothing())),
        line(&|| drop(account_after(opened()).then_refused(TriggerErrorKind::Discarded))),
        line(&|| drop(safe_after(1).then_error(String::new()))),
        line(&|| drop(safe_after(0).then_error("no code".to_owned()))),
        line(&|| drop(safe_after(0).then_state(|_| {}))),
    ];
    let last = line!();
    assert!(lines.iter().all(|line| (first..last).contains(line)), "{lines:?}");
    assert!(lines.is_sorted_by(|one, other| one < other), "{lines:?}");
}

fn account_after(event: AccountEvent) -> When<Account, Infallible> {
    given::<Account>([event]).when(|account| account.deposit(1))
}

fn safe_after(code: u32) -> When<Safe, String> {
    given::<Safe>([SafeEvent::Built]).when(|safe| {
        if code == 0 {
            safe.lock_badly(1)
        } else {
            safe.locked(code)
        }
    })
}

#[test]
fn what_cannot_be_given_is_explained() {
    let text = message(|| drop(given::<Account>([]).when(|account| account.deposit(1))));
    assert!(text.contains("write `given_nothing().when(|| …)`"), "{text}");
    let text = message(|| drop(given::<Account>([opened(), opened()]).when(|account| account.deposit(1))));
    assert!(
        text.ends_with("cannot be applied: only a new aggregate starts with this event"),
        "{text}"
    );
    let text = message(|| drop(given::<Account>([opened(), AccountEvent::Closed]).when(|account| account.deposit(1))));
    assert!(text.contains("end the aggregate's life"), "{text}");
}
