//! A connection that is lent for reading.

use std::ops::{Deref, DerefMut};

use sqlx::PgConnection;
use tokio::runtime::Handle;

use crate::connections::Lease;

/// A connection in a transaction that only reads. Dropped, it ends the transaction and goes back.
pub(super) struct Lent(Option<Lease>);

impl Lent {
    pub(super) const fn new(lease: Lease) -> Self {
        Self(Some(lease))
    }
}

/// What is lent is there until it is dropped.
const LENT: &str = "the connection is taken out by `drop` alone";

impl Deref for Lent {
    type Target = PgConnection;

    fn deref(&self) -> &PgConnection {
        &self.0.as_ref().expect(LENT).driver
    }
}

impl DerefMut for Lent {
    fn deref_mut(&mut self) -> &mut PgConnection {
        &mut self.0.as_mut().expect(LENT).driver
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        // Outside of a runtime the connection is closed.
        let (Some(mut lease), Ok(runtime)) = (self.0.take(), Handle::try_current()) else {
            return;
        };
        runtime.spawn(async move {
            if sqlx::raw_sql("ROLLBACK").execute(&mut lease.driver).await.is_ok() {
                lease.give_back();
            }
        });
    }
}
