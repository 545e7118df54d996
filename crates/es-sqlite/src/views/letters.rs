//! Dead letters and checkpoints as rows.

use es_persistence::{
    OriginatorId, Topics, Tracking, TrackingKey,
    views::{Checkpoint, DeadLetter, Disposition},
};
use sqlx::{Row as _, SqliteConnection, TypeInfo as _, ValueRef as _, sqlite::SqliteRow};
use uuid::Uuid;

use crate::rows::IdColumn;

const INSERT: &str = "INSERT INTO es_dead_letters VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (consumer, upstream, position) DO UPDATE
     SET error = excluded.error, attempts = excluded.attempts, disposition = excluded.disposition";
const DELETE: &str = "DELETE FROM es_dead_letters WHERE consumer = ? AND upstream = ? AND position = ?";
const DISPOSE: &str =
    "UPDATE es_dead_letters SET disposition = ?4 WHERE consumer = ?1 AND upstream = ?2 AND position = ?3";
const SELECT: &str = "SELECT * FROM es_dead_letters ORDER BY consumer, upstream, position";
const CHECKPOINTS: &str = "SELECT * FROM es_tracking ORDER BY consumer, upstream";
const CHECKPOINT: &str = "SELECT * FROM es_tracking WHERE consumer = ? AND upstream = ?";
const TRACK: &str = "INSERT INTO es_tracking VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT (consumer, upstream) DO UPDATE
     SET position = excluded.position, event_id = excluded.event_id, fence = excluded.fence, topics = excluded.topics
     WHERE position <= excluded.position";

pub(super) async fn insert(connection: &mut SqliteConnection, letter: &DeadLetter) -> Result<(), sqlx::Error> {
    let insert = sqlx::query(INSERT)
        .bind(&*letter.key.consumer)
        .bind(&*letter.key.upstream)
        .bind(letter.position.cast_signed())
        .bind(letter.event_id.as_bytes().as_slice())
        .bind(IdColumn(&letter.originator))
        .bind(&*letter.topic)
        .bind(&*letter.error)
        .bind(letter.attempts)
        .bind(letter.disposition.as_str());
    insert.execute(connection).await.map(drop)
}

pub(super) async fn delete(connection: &mut SqliteConnection, letter: &DeadLetter) -> Result<(), sqlx::Error> {
    let delete = sqlx::query(DELETE)
        .bind(&*letter.key.consumer)
        .bind(&*letter.key.upstream);
    let delete = delete.bind(letter.position.cast_signed());
    delete.execute(connection).await.map(drop)
}

pub(super) async fn dispose(
    connection: &mut SqliteConnection,
    letter: &DeadLetter,
    disposition: Disposition,
) -> Result<bool, sqlx::Error> {
    let dispose = sqlx::query(DISPOSE)
        .bind(&*letter.key.consumer)
        .bind(&*letter.key.upstream);
    let dispose = dispose.bind(letter.position.cast_signed()).bind(disposition.as_str());
    Ok(dispose.execute(connection).await?.rows_affected() > 0)
}

pub(super) async fn all(connection: &mut SqliteConnection) -> Result<Vec<DeadLetter>, sqlx::Error> {
    let rows = sqlx::query(SELECT).fetch_all(connection).await?;
    rows.iter().map(letter).collect()
}

fn letter(row: &SqliteRow) -> Result<DeadLetter, sqlx::Error> {
    let position: i64 = row.try_get("position")?;
    let letter = DeadLetter::new(
        key(row)?,
        position.cast_unsigned(),
        id(row)?.unwrap_or_default(),
        originator(row)?,
    );
    let disposition: &str = row.try_get("disposition")?;
    let disposition =
        Disposition::parse(disposition).ok_or_else(|| damaged(format!("{disposition:?} is no word here")))?;
    Ok(letter
        .with_topic(row.try_get::<&str, _>("topic")?)
        .with_error(row.try_get::<&str, _>("error")?, row.try_get("attempts")?)
        .with_disposition(disposition))
}

fn key(row: &SqliteRow) -> Result<TrackingKey, sqlx::Error> {
    let (consumer, upstream): (&str, &str) = (row.try_get("consumer")?, row.try_get("upstream")?);
    Ok(TrackingKey::new(consumer, upstream))
}

fn id(row: &SqliteRow) -> Result<Option<Uuid>, sqlx::Error> {
    let bytes: Option<&[u8]> = row.try_get("event_id")?;
    bytes.map(Uuid::from_slice).transpose().map_err(damaged)
}

/// A UUID is a blob, a text is text.
fn originator(row: &SqliteRow) -> Result<OriginatorId, sqlx::Error> {
    let column = row.try_get_raw("originator")?;
    if column.type_info().name() == "TEXT" {
        return Ok(row.try_get_unchecked::<&str, _>("originator")?.into());
    }
    let bytes: &[u8] = row.try_get_unchecked("originator")?;
    Uuid::from_slice(bytes).map(OriginatorId::from).map_err(damaged)
}

pub(super) async fn checkpoint(
    connection: &mut SqliteConnection,
    key: &TrackingKey,
) -> Result<Option<Checkpoint>, sqlx::Error> {
    let query = sqlx::query(CHECKPOINT).bind(&*key.consumer).bind(&*key.upstream);
    query
        .fetch_optional(connection)
        .await?
        .as_ref()
        .map(tracked)
        .transpose()
}

pub(super) async fn checkpoints(connection: &mut SqliteConnection) -> Result<Vec<Checkpoint>, sqlx::Error> {
    let rows = sqlx::query(CHECKPOINTS).fetch_all(connection).await?;
    rows.iter().map(tracked).collect()
}

fn tracked(row: &SqliteRow) -> Result<Checkpoint, sqlx::Error> {
    let (position, fence): (i64, i64) = (row.try_get("position")?, row.try_get("fence")?);
    let tracking = Tracking::of(key(row)?, position.cast_unsigned()).with_fence(fence.cast_unsigned());
    let tracking = match id(row)? {
        Some(event_id) => tracking.with_event_id(event_id),
        None => tracking,
    };
    let topics: Topics = Checkpoint::parse_topics(row.try_get("topics")?).map_err(damaged)?;
    Ok(Checkpoint::new(tracking, topics))
}

/// Stores how far a log was processed. Returns the stored position if it is greater.
pub(super) async fn track(
    connection: &mut SqliteConnection,
    checkpoint: &Checkpoint,
) -> Result<Option<u64>, sqlx::Error> {
    let Tracking {
        key,
        position,
        event_id,
        fence,
        ..
    } = &checkpoint.tracking;
    let track = sqlx::query(TRACK)
        .bind(&*key.consumer)
        .bind(&*key.upstream)
        .bind(position.cast_signed())
        .bind(event_id.as_ref().map(|id| id.as_bytes().as_slice()))
        .bind(fence.cast_signed())
        .bind(checkpoint.stored_topics());
    if track.execute(&mut *connection).await?.rows_affected() > 0 {
        return Ok(None);
    }
    let last = self::checkpoint(connection, key).await?;
    Ok(Some(last.map_or(0, |last| last.tracking.position)))
}

/// What is stored cannot have been stored by this library.
fn damaged(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> sqlx::Error {
    sqlx::Error::Decode(cause.into())
}
