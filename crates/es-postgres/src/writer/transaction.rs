//! Events in a transaction of the user's own.

use std::time::Instant;

use es_persistence::{
    DatastoreError, Environment, Operation, RecorderError, RecorderErrorKind, StoredEvent, check_events,
};
use es_sql::{Save, SqlName, Table};
use sqlx::PgConnection;

use super::batch::Batch;
use crate::{STORE, config::schema, error::Failure, schema::Tables};

/// Stores events of one application in transactions of the caller's own, so that they are stored together with changes of
/// other tables.
///
/// While such a transaction is open, readers of the log do not see what comes after its events: a save by the application
/// harms nobody by being slow. Who follows the log notices the commit within a second, or at once when it is
/// [announced](Self::announce).
///
/// ```
/// use es_persistence::{Environment, StoredEvent};
/// use es_postgres::TransactionalEvents;
/// use sqlx::{Connection, PgConnection};
///
/// async fn pay(
///     connection: &mut PgConnection,
///     environment: &Environment,
///     events: Vec<StoredEvent>,
/// ) -> Result<(), Box<dyn std::error::Error>> {
///     let log = TransactionalEvents::of(environment)?;
///     let mut transaction = connection.begin().await?;
///     sqlx::query("UPDATE accounts SET balance = balance - 5")
///         .execute(&mut *transaction)
///         .await?;
///     log.insert_in(&mut transaction, events).await?;
///     transaction.commit().await?;
///     log.announce(connection).await?;
///     Ok(())
/// }
/// ```
#[derive(Debug)]
pub struct TransactionalEvents {
    tables: Tables,
}

impl TransactionalEvents {
    /// The events of the application that `environment` is of. The application's own recorder makes the tables.
    ///
    /// # Errors
    ///
    /// [`DatastoreError`] when the application or its schema has a name that cannot be that of tables.
    pub fn of(environment: &Environment) -> Result<Self, DatastoreError> {
        let invalid = |error| RecorderError::new(STORE, Operation::Open, RecorderErrorKind::Invalid).with_source(error);
        let application = SqlName::of_application(environment.name()).map_err(invalid)?;
        let tables = Tables::new(&schema(environment)?, &application).map_err(invalid)?;
        Ok(Self { tables })
    }

    /// Stores `events` in the transaction that `connection` has open, and returns their positions.
    ///
    /// # Errors
    ///
    /// As [`insert_events`](es_persistence::AggregateRecorder::insert_events), but for outcomes that are unknown: nothing
    /// is stored before the caller commits. After a conflict the transaction goes on.
    ///
    /// # Cancel safety
    ///
    /// After the future was dropped, the transaction must be rolled back.
    pub async fn insert_in(
        &self,
        connection: &mut PgConnection,
        events: Vec<StoredEvent>,
    ) -> Result<Vec<u64>, RecorderError> {
        check_events(STORE, &events)?;
        let saves = [Save {
            table: Table::Events,
            events,
            tracking: None,
            since: Instant::now(),
        }];
        let mut batch = Batch::new(&saves);
        if saves[0].events.is_empty() {
            return Ok(Vec::new());
        }
        if let Some(group) = batch.next_group() {
            let answer = group.send(&self.tables, connection).await.map_err(|failure| {
                if failure.is_lost() {
                    failure.into_error_of(Operation::InsertEvents, RecorderErrorKind::NotStored)
                } else {
                    failure.into_error(Operation::InsertEvents)
                }
            })?;
            batch.take_answer(&group, &answer);
        }
        batch.into_outcomes().pop().unwrap_or_else(|| Ok(Vec::new()))
    }

    /// Tells all who follow the log that there are new events, so that they look at once.
    ///
    /// It is for after the commit: transactions that tell something wait for each other.
    ///
    /// # Errors
    ///
    /// [`RecorderError`] when the server cannot be reached, or the tables are missing. What was stored is stored all the
    /// same.
    pub async fn announce(&self, connection: &mut PgConnection) -> Result<(), RecorderError> {
        let told = self.tables.announcement.query().execute(connection).await;
        told.map(drop)
            .map_err(|error| Failure::from(error).into_error(Operation::MaxPosition))
    }
}
