//! Tests of aggregates: given, when, then.
//!
//! A test of an aggregate names the events that have happened, the command, and the events that are expected:
//!
//! ```
//! use es_domain::{prelude::*, testing::{given, given_nothing}};
//!
//! #[derive(Debug, PartialEq)]
//! struct Insufficient { balance: i64 }
//!
//! #[derive(Aggregate, Default)]
//! struct Account {
//!     root: Root<Self>,
//!     balance: i64,
//! }
//!
//! #[events]
//! impl Account {
//!     #[event(Opened)]
//!     fn open(owner: &str) -> Self {
//!         Self::default()
//!     }
//!
//!     #[event(Deposited)]
//!     fn deposit(&mut self, amount: i64) {
//!         self.balance += amount;
//!     }
//!
//!     #[event(Withdrawn)]
//!     fn withdrawn(&mut self, amount: i64) {
//!         self.balance -= amount;
//!     }
//!
//!     fn withdraw(&mut self, amount: i64) -> Result<(), Insufficient> {
//!         if amount > self.balance {
//!             return Err(Insufficient { balance: self.balance });
//!         }
//!         self.withdrawn(amount);
//!         Ok(())
//!     }
//! }
//!
//! given_nothing()
//!     .when(|| Account::open("Ann"))
//!     .then([AccountEvent::Opened { owner: "Ann".into() }]);
//!
//! given::<Account>([AccountEvent::Opened { owner: "Ann".into() }, AccountEvent::Deposited { amount: 10 }])
//!     .when(|account| account.withdraw(4))
//!     .then([AccountEvent::Withdrawn { amount: 4 }])
//!     .then_state(|account| assert_eq!(account.balance, 6));
//!
//! given::<Account>([AccountEvent::Opened { owner: "Ann".into() }])
//!     .when(|account| account.withdraw(1))
//!     .then_error(Insufficient { balance: 0 });
//! ```
//!
//! [`assert_events_locked`] fails if an event changes that may be stored already. [`assert_events_round_trip`] and
//! [`assert_snapshot_round_trips`] fail if a format loses a value.
//!
//! Events are compared in their stored form, so they need no `PartialEq`. (The form is that of Greg Young's tests in
//! "CQRS Documents", 2010.)

mod deterministic;
mod given;
mod lock;
mod picture;
mod round_trip;
mod shape;
mod table;
mod then;

pub use self::{
    deterministic::{Deterministic, deterministic},
    given::{Given, GivenNothing, given, given_nothing},
    lock::assert_events_locked,
    round_trip::{assert_events_round_trip, assert_snapshot_round_trips},
    then::{Then, When},
};
