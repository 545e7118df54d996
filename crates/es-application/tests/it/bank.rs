//! The aggregates of the tests.

use es_domain::prelude::*;

#[derive(Aggregate, Clone, Debug, Default, PartialEq)]
pub(crate) struct Account {
    root: Root<Self>,
    owner: String,
    balance: i64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct InsufficientFunds {
    pub(crate) balance: i64,
}

impl std::fmt::Display for InsufficientFunds {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "there are only {}", self.balance)
    }
}

impl std::error::Error for InsufficientFunds {}

#[events(derive(PartialEq), vis = pub(crate))]
impl Account {
    #[event(Opened)]
    pub(crate) fn open(owner: &str) -> Self {
        Self {
            owner: owner.to_owned(),
            ..Self::default()
        }
    }

    #[event(Deposited)]
    pub(crate) fn deposit(&mut self, amount: i64) {
        self.balance += amount;
    }

    #[event(Withdrawn)]
    fn take(&mut self, amount: i64) {
        self.balance -= amount;
    }

    #[event(Closed, discards)]
    pub(crate) fn close(&mut self) {}

    pub(crate) fn withdraw(&mut self, amount: i64) -> Result<i64, InsufficientFunds> {
        if self.balance < amount {
            return Err(InsufficientFunds { balance: self.balance });
        }
        self.take(amount);
        Ok(self.balance)
    }

    pub(crate) fn balance(&self) -> i64 {
        self.balance
    }
}

/// A name that is given once.
#[derive(Aggregate, Clone, Debug, Default, PartialEq)]
pub(crate) struct Name {
    root: Root<Self>,
    owner: String,
}

#[events(derive(PartialEq), vis = pub(crate))]
impl Name {
    #[event(Taken, id = Self::id_for(owner))]
    pub(crate) fn take(owner: &str) -> Self {
        Self {
            owner: owner.to_owned(),
            ..Self::default()
        }
    }

    pub(crate) fn id_for(owner: &str) -> Id<Self> {
        Id::named(uuid::Uuid::NAMESPACE_URL, &format!("/names/{owner}"))
    }

    pub(crate) fn owner(&self) -> &str {
        &self.owner
    }
}
