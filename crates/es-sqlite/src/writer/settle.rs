//! Learning what became of saves whose write has failed.
//!
//! A failed write is not a failed save: the disk may have what SQLite reported as an error, and a log that was written and
//! not synced may come back after a crash. So the file is opened anew, and the write-ahead log is moved into it and emptied
//! (`TRUNCATE`): what can be read then is on the disk, and nothing else can come back. If that does not succeed, the outcome
//! stays unknown.
//!
//! An event is found by its ID, which no other event has. A row of tracking has the token of the transaction that wrote it.
//! Snapshots are written once more, which changes nothing if they are there already.

use std::{error, sync::Arc};

use es_persistence::{RecorderError, RecorderErrorKind, StoredEvent, Tracking};
use es_sql::Save;
use sqlx::{AssertSqlSafe, SqliteConnection};

use super::{Outcome, Writer, attempt::Attempt};
use crate::{
    STORE,
    error::Failure,
    rows::{self, IdColumn},
    schema::Tables,
};

/// What the file has of a save.
enum Found {
    /// All of it, with these positions.
    All(Vec<u64>),
    /// Nothing.
    Nothing,
    /// Another transaction has overwritten the only row that could tell.
    Unknown,
}

/// The failure of a write, which several saves share.
struct Cause(Arc<dyn error::Error + Send + Sync>);

impl Cause {
    fn error(&self, save: &Save, kind: RecorderErrorKind) -> RecorderError {
        RecorderError::new(STORE, save.operation(), kind).with_source(Arc::clone(&self.0))
    }
}

impl Writer {
    /// Says of each save of a group whether it is stored, after a write has failed.
    pub(super) async fn settle(
        &mut self,
        group: &[Save],
        attempt: &Attempt,
        failure: Failure,
        outcomes: &mut Vec<Outcome>,
    ) {
        self.link.close().await;
        let known = failure.is_before_commit().then(|| failure.kind(group[0].operation()));
        let cause = Cause(Arc::from(failure.into_source()));
        if let Some(kind) = known {
            outcomes.extend(group.iter().map(|save| Err(cause.error(save, kind.clone()))));
            return;
        }
        // The first failure says more than that of the look.
        let found = self.look_up(group, attempt).await.unwrap_or_default();
        if found.is_empty() {
            self.link.close().await;
        }
        let mut found = found.into_iter();
        outcomes.extend(group.iter().map(|save| match found.next().unwrap_or(Found::Unknown) {
            Found::All(positions) => Ok(positions),
            Found::Nothing => Err(cause.error(save, RecorderErrorKind::NotStored)),
            Found::Unknown => Err(cause.error(save, RecorderErrorKind::OutcomeUnknown)),
        }));
    }

    async fn look_up(&mut self, group: &[Save], attempt: &Attempt) -> Result<Vec<Found>, Failure> {
        self.empty_log().await?;
        let mut found = Vec::with_capacity(group.len());
        for (index, save) in group.iter().enumerate() {
            found.push(self.find(save, attempt, index).await?);
        }
        Ok(found)
    }

    /// Moves the write-ahead log into the file, syncs it, and empties the log.
    async fn empty_log(&mut self) -> Result<(), Failure> {
        let query = sqlx::query_as("PRAGMA wal_checkpoint(TRUNCATE)");
        let (is_busy, _frames, _moved): (i64, i64, i64) = query.fetch_one(self.link.get().await?).await?;
        if is_busy == 0 {
            Ok(())
        } else {
            Err(Failure::new("the write-ahead log is in use"))
        }
    }

    /// Looks for the save at `index` of its group.
    async fn find(&mut self, save: &Save, attempt: &Attempt, index: usize) -> Result<Found, Failure> {
        let connection = self.link.get().await?;
        if !save.events.is_empty() {
            return self.tables.find_events(connection, save).await;
        }
        match &save.tracking {
            Some(_) if attempt.has_refused(index) => Ok(Found::Nothing),
            Some(tracking) => self.tables.find_tracking(connection, tracking, attempt).await,
            None => self.write_again(save).await,
        }
    }

    /// Writes snapshots, or deletes them, once more.
    async fn write_again(&mut self, save: &Save) -> Result<Found, Failure> {
        self.link.execute("BEGIN IMMEDIATE").await?;
        self.statements.write_snapshots(self.link.get().await?, save).await?;
        self.link.execute("COMMIT").await?;
        Ok(Found::All(Vec::new()))
    }
}

impl Tables {
    /// Looks for the events of a save, which are there together with its tracking or not at all.
    async fn find_events(&self, connection: &mut SqliteConnection, save: &Save) -> Result<Found, Failure> {
        let mut positions = Vec::with_capacity(save.events.len());
        for event in save.events.iter() {
            match self.find_event(connection, event).await? {
                Some(position) => positions.push(position),
                None => return Ok(Found::Nothing),
            }
        }
        Ok(Found::All(positions))
    }

    async fn find_event(&self, connection: &mut SqliteConnection, event: &StoredEvent) -> Result<Option<u64>, Failure> {
        let query = sqlx::query_scalar(AssertSqlSafe(self.events.find.clone()))
            .bind(IdColumn(&event.originator_id))
            .bind(rows::to_column(event.originator_version))
            .bind(event.event_id.as_bytes().as_slice());
        let position: Option<i64> = query.fetch_optional(connection).await?;
        Ok(position.map(i64::unsigned_abs))
    }

    /// Looks for the row that the attempt has written, or one that tells that it has not written any: positions only grow,
    /// so that a row at or below the position was not written after one at the position.
    async fn find_tracking(
        &self,
        connection: &mut SqliteConnection,
        tracking: &Tracking,
        attempt: &Attempt,
    ) -> Result<Found, Failure> {
        Ok(match self.stored_tracking(connection, &tracking.key).await? {
            Some(last) if last.token() == attempt.token => Found::All(Vec::new()),
            Some(last) if last.position() > tracking.position => Found::Unknown,
            _ => Found::Nothing,
        })
    }
}

#[cfg(test)]
mod tests {
    use es_persistence::{Environment, TrackingKey};
    use es_sql::SqlName;
    use tempfile::TempDir;

    use super::*;
    use crate::{
        config::Config,
        connection::{Place, open_writer},
        gate::Gate,
        writer::Wakers,
    };

    async fn open(folder: &TempDir) -> Writer {
        let path = folder.path().join("events.sqlite");
        let environment = Environment::new("bank").with("SQLITE_DBNAME", path.to_str().unwrap());
        let config = Config::from_environment(&environment).unwrap();
        let application = SqlName::of_application("bank").unwrap();
        let tables = Arc::new(Tables::new(&application));
        let mut connection = open_writer(&config).await.unwrap();
        tables.create(&application, &mut connection).await.unwrap();
        let place = Place::of(&config, &mut connection).await.unwrap();
        let gate = Gate::of(&config.location);
        Writer::new(Config { place, ..config }, tables, connection, gate, Wakers::default()).unwrap()
    }

    fn save(position: u64) -> Save {
        let tracking = Tracking::of(TrackingKey::new("balances", "shop"), position);
        Save::of_events(Vec::new(), Some(tracking))
    }

    /// What becomes of a save of position 5 whose commit has failed, when the file then has what `stored` says: by the save
    /// itself, or by another one.
    async fn settled(stored: Option<(u64, bool)>) -> Option<RecorderErrorKind> {
        let folder = TempDir::new().unwrap();
        let (mut writer, mut other) = (open(&folder).await, open(&folder).await);
        let attempt = Attempt::new(writer.tokens.next());
        let token = |is_own: bool| if is_own { attempt.token } else { [7; 16] };
        if let Some((position, is_own)) = stored {
            let connection = other.link.get().await.unwrap();
            let written = other
                .statements
                .write(connection, &save(position), &token(is_own))
                .await;
            assert!(written.is_ok());
        }
        let mut outcomes = Vec::new();
        let failure = Failure::new("the disk has failed");
        writer.settle(&[save(5)], &attempt, failure, &mut outcomes).await;
        assert_eq!(outcomes.len(), 1);
        outcomes.pop().unwrap().err().map(|error| error.kind().clone())
    }

    #[tokio::test]
    async fn a_position_that_another_transaction_has_stored_is_never_taken_for_ones_own() {
        assert_eq!(settled(Some((5, true))).await, None);
        assert_eq!(
            settled(Some((6, true))).await,
            None,
            "a later save of the same transaction"
        );
        assert_eq!(settled(None).await, Some(RecorderErrorKind::NotStored));
        assert_eq!(settled(Some((4, false))).await, Some(RecorderErrorKind::NotStored));
        assert_eq!(settled(Some((5, false))).await, Some(RecorderErrorKind::NotStored));
        assert_eq!(settled(Some((6, false))).await, Some(RecorderErrorKind::OutcomeUnknown));
    }
}
