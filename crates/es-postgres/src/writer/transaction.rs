//! Events in a transaction of the user's own.

use es_persistence::{
    DatastoreError, Environment, Operation, RecorderError, RecorderErrorKind, StoredEvent, check_events,
};
use es_sql::{Save, SqlName};
use sqlx::{Executor as _, PgConnection};

use super::{
    Outcome,
    batch::{Batch, conflict},
    group::{Answer, Group},
};
use crate::{STORE, config::schema, error::Failure, reading::find_positions, schema::Tables};

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
    tables: Box<Tables>,
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
        Ok(Self {
            tables: Box::new(tables),
        })
    }

    /// Stores `events` in the transaction that `connection` has open, and returns their positions.
    ///
    /// It uses a savepoint: after an error other than of the connection, the transaction can go on as if nothing had been
    /// asked. Events that are there already under the same IDs keep their positions.
    ///
    /// # Errors
    ///
    /// As [`insert_events`](es_persistence::AggregateRecorder::insert_events), but for outcomes that are unknown: nothing
    /// is stored before the caller commits. A save by somebody else that is committed meanwhile is a conflict too.
    /// [`Invalid`](RecorderErrorKind::Invalid) when `connection` has no transaction open.
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
        if events.is_empty() {
            return Ok(Vec::new());
        }
        let inserted = self.try_to_insert(connection, Save::of_events(events, None)).await;
        inserted.unwrap_or_else(|failure| Err(refused(failure)))
    }

    async fn try_to_insert(&self, connection: &mut PgConnection, save: Save) -> Result<Outcome, Failure> {
        let saves = [save];
        let mut batch = Batch::new(&saves);
        let Some(group) = batch.next_group() else {
            return Ok(batch.into_outcomes().pop().unwrap_or_else(|| Ok(Vec::new())));
        };
        let outcome = match self.send(connection, &group).await {
            Ok(answer) => {
                batch.take_answer(&group, &answer);
                batch.into_outcomes().pop().unwrap_or_else(|| Ok(Vec::new()))
            }
            Err(failure) if failure.is_taken() => Err(lost_race(&saves[0].events)),
            Err(failure) => return Err(failure),
        };
        match outcome {
            Err(error) if error.conflict().is_some() => {
                let known = find_positions(&self.tables, saves[0].events.iter(), connection).await?;
                Ok(known.ok_or(error))
            }
            outcome => Ok(outcome),
        }
    }

    /// Sends a group, and once more when somebody else has been faster: then the server sees what that one has stored,
    /// unless the transaction looks at an older state of the database.
    async fn send(&self, connection: &mut PgConnection, group: &Group<'_>) -> Result<Answer, Failure> {
        match self.send_once(connection, group).await {
            Err(failure) if failure.is_taken() => self.send_once(connection, group).await,
            outcome => outcome,
        }
    }

    async fn send_once(&self, connection: &mut PgConnection, group: &Group<'_>) -> Result<Answer, Failure> {
        connection.execute("SAVEPOINT es_postgres").await?;
        let answer = group.send(&self.tables, connection).await;
        match &answer {
            Ok(_) => connection.execute("RELEASE SAVEPOINT es_postgres").await?,
            Err(failure) if failure.is_lost() => return answer,
            Err(_) => {
                let back = "ROLLBACK TO SAVEPOINT es_postgres; RELEASE SAVEPOINT es_postgres";
                connection.execute(back).await?
            }
        };
        answer
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

/// The error of an insertion that nobody has committed.
fn refused(failure: Failure) -> RecorderError {
    let kind = if failure.is_lost() {
        RecorderErrorKind::NotStored
    } else if failure.is_outside_of_a_transaction() {
        RecorderErrorKind::Invalid
    } else {
        return failure.into_error(Operation::InsertEvents);
    };
    failure.into_error_of(Operation::InsertEvents, kind)
}

/// The conflict with events that the transaction cannot see. They have at least the first of the versions.
fn lost_race(events: &[StoredEvent]) -> RecorderError {
    let first = events.iter().min_by_key(|event| event.originator_version);
    first.map_or_else(
        || RecorderError::new(STORE, Operation::InsertEvents, RecorderErrorKind::NotStored),
        |event| conflict(event, event.originator_version),
    )
}
