//! Dead letters and checkpoints as rows.

use es_persistence::{
    OriginatorId, Topics, Tracking, TrackingKey,
    views::{Checkpoint, DeadLetter, Disposition},
};
use sqlx::{PgConnection, Row as _, postgres::PgRow};
use uuid::Uuid;

use super::namespace::Namespace;

const INSERT: &str = "INSERT INTO {schema}.es_dead_letters VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
    ON CONFLICT (consumer, upstream, position) DO UPDATE
    SET error = excluded.error, attempts = excluded.attempts, disposition = excluded.disposition";
const DELETE: &str = "DELETE FROM {schema}.es_dead_letters WHERE consumer = $1 AND upstream = $2 AND position = $3";
const DISPOSE: &str = "UPDATE {schema}.es_dead_letters SET disposition = $4
    WHERE consumer = $1 AND upstream = $2 AND position = $3";
const SELECT: &str = "SELECT * FROM {schema}.es_dead_letters ORDER BY consumer, upstream, position";
const CHECKPOINTS: &str = "SELECT * FROM {schema}.es_tracking ORDER BY consumer, upstream";
const CHECKPOINT: &str = "SELECT * FROM {schema}.es_tracking WHERE consumer = $1 AND upstream = $2";
const TRACK: &str = "INSERT INTO {schema}.es_tracking AS t VALUES ($1, $2, $3, $4, $5, $6)
    ON CONFLICT (consumer, upstream) DO UPDATE
    SET position = excluded.position, event_id = excluded.event_id, fence = excluded.fence, topics = excluded.topics
    WHERE t.position <= excluded.position";

pub(super) async fn insert(
    namespace: &Namespace,
    connection: &mut PgConnection,
    letter: &DeadLetter,
) -> Result<(), sqlx::Error> {
    let insert = sqlx::query(namespace.fill(INSERT))
        .bind(&*letter.key.consumer)
        .bind(&*letter.key.upstream)
        .bind(letter.position.cast_signed())
        .bind(letter.event_id)
        .bind(letter.originator.as_uuid())
        .bind(letter.originator.as_text())
        .bind(&*letter.topic)
        .bind(letter.error.replace('\0', "\u{fffd}"))
        .bind(i64::from(letter.attempts))
        .bind(letter.disposition.as_str());
    insert.execute(connection).await.map(drop)
}

pub(super) async fn delete(
    namespace: &Namespace,
    connection: &mut PgConnection,
    letter: &DeadLetter,
) -> Result<(), sqlx::Error> {
    let delete = sqlx::query(namespace.fill(DELETE))
        .bind(&*letter.key.consumer)
        .bind(&*letter.key.upstream);
    let delete = delete.bind(letter.position.cast_signed());
    delete.execute(connection).await.map(drop)
}

pub(super) async fn dispose(
    namespace: &Namespace,
    connection: &mut PgConnection,
    letter: &DeadLetter,
    disposition: Disposition,
) -> Result<bool, sqlx::Error> {
    let dispose = sqlx::query(namespace.fill(DISPOSE))
        .bind(&*letter.key.consumer)
        .bind(&*letter.key.upstream);
    let dispose = dispose.bind(letter.position.cast_signed()).bind(disposition.as_str());
    Ok(dispose.execute(connection).await?.rows_affected() > 0)
}

pub(super) async fn all(namespace: &Namespace, connection: &mut PgConnection) -> Result<Vec<DeadLetter>, sqlx::Error> {
    let rows = sqlx::query(namespace.fill(SELECT)).fetch_all(connection).await?;
    rows.iter().map(letter).collect()
}

fn letter(row: &PgRow) -> Result<DeadLetter, sqlx::Error> {
    let (position, attempts): (i64, i64) = (row.try_get("position")?, row.try_get("attempts")?);
    let letter = DeadLetter::new(
        key(row)?,
        position.cast_unsigned(),
        row.try_get("event_id")?,
        originator(row)?,
    );
    let disposition: &str = row.try_get("disposition")?;
    let disposition =
        Disposition::parse(disposition).ok_or_else(|| damaged(format!("{disposition:?} is no word here")))?;
    let attempts = u32::try_from(attempts).map_err(damaged)?;
    Ok(letter
        .with_topic(row.try_get::<&str, _>("topic")?)
        .with_error(row.try_get::<&str, _>("error")?, attempts)
        .with_disposition(disposition))
}

fn key(row: &PgRow) -> Result<TrackingKey, sqlx::Error> {
    let (consumer, upstream): (&str, &str) = (row.try_get("consumer")?, row.try_get("upstream")?);
    Ok(TrackingKey::new(consumer, upstream))
}

fn originator(row: &PgRow) -> Result<OriginatorId, sqlx::Error> {
    if let Some(uuid) = row.try_get::<Option<Uuid>, _>("originator_uuid")? {
        return Ok(uuid.into());
    }
    Ok(row.try_get::<&str, _>("originator_text")?.into())
}

pub(super) async fn checkpoint(
    namespace: &Namespace,
    connection: &mut PgConnection,
    key: &TrackingKey,
) -> Result<Option<Checkpoint>, sqlx::Error> {
    let query = sqlx::query(namespace.fill(CHECKPOINT))
        .bind(&*key.consumer)
        .bind(&*key.upstream);
    query
        .fetch_optional(connection)
        .await?
        .as_ref()
        .map(tracked)
        .transpose()
}

pub(super) async fn checkpoints(
    namespace: &Namespace,
    connection: &mut PgConnection,
) -> Result<Vec<Checkpoint>, sqlx::Error> {
    let rows = sqlx::query(namespace.fill(CHECKPOINTS)).fetch_all(connection).await?;
    rows.iter().map(tracked).collect()
}

fn tracked(row: &PgRow) -> Result<Checkpoint, sqlx::Error> {
    let (position, fence): (i64, i64) = (row.try_get("position")?, row.try_get("fence")?);
    let tracking = Tracking::of(key(row)?, position.cast_unsigned()).with_fence(fence.cast_unsigned());
    let tracking = match row.try_get("event_id")? {
        Some(event_id) => tracking.with_event_id(event_id),
        None => tracking,
    };
    let topics: Topics = Checkpoint::parse_topics(row.try_get("topics")?).map_err(damaged)?;
    Ok(Checkpoint::new(tracking, topics))
}

/// Stores how far a log was processed. Returns the stored position if it is greater.
pub(super) async fn track(
    namespace: &Namespace,
    connection: &mut PgConnection,
    checkpoint: &Checkpoint,
) -> Result<Option<u64>, sqlx::Error> {
    let Tracking {
        key,
        position,
        event_id,
        fence,
        ..
    } = &checkpoint.tracking;
    let track = sqlx::query(namespace.fill(TRACK))
        .bind(&*key.consumer)
        .bind(&*key.upstream)
        .bind(position.cast_signed())
        .bind(*event_id)
        .bind(fence.cast_signed())
        .bind(checkpoint.stored_topics());
    if track.execute(&mut *connection).await?.rows_affected() > 0 {
        return Ok(None);
    }
    let last = self::checkpoint(namespace, connection, key).await?;
    Ok(Some(last.map_or(0, |last| last.tracking.position)))
}

/// What is stored cannot have been stored by this library.
fn damaged(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> sqlx::Error {
    sqlx::Error::Decode(cause.into())
}
