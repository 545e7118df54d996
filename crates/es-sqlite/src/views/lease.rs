//! Leases, by the clock of the machine that the file is on.

use es_persistence::{
    Operation, RecorderError, RecorderErrorKind,
    views::{Claim, GenerationId, Lease},
};
use sqlx::{Sqlite, SqliteConnection, query::Query, sqlite::SqliteArguments};
use uuid::Uuid;

use super::file::File;
use crate::STORE;

const ACQUIRE: &str = "UPDATE es_view SET owner = ?1, fence = fence + 1, expires_at = unixepoch('subsec') + ?2
                       WHERE owner IS NULL OR owner = ?1 OR expires_at <= unixepoch('subsec') RETURNING fence";
const SEIZE: &str = "UPDATE es_view SET owner = ?1, fence = fence + 1, expires_at = unixepoch('subsec') + ?2
                     RETURNING fence";
const RENEW: &str = "UPDATE es_view SET expires_at = unixepoch('subsec') + ?3 WHERE owner = ?1 AND fence = ?2";
const RELEASE: &str = "UPDATE es_view SET owner = NULL, error = coalesce(?3, error) WHERE owner = ?1 AND fence = ?2";
const REPORT: &str = "UPDATE es_view SET error = ?3 WHERE owner = ?1 AND fence = ?2";
const STATUS: &str = "SELECT CASE WHEN expires_at > unixepoch('subsec') THEN owner END,
                             max(0.0, expires_at - unixepoch('subsec')), fence, error FROM es_view";

/// What is known of the lease of a file.
pub(super) struct Held {
    pub(super) owner: Option<Uuid>,
    pub(super) seconds_left: f64,
    pub(super) fence: u64,
    pub(super) error: Option<String>,
}

/// Takes the lease if it is free.
pub(super) async fn acquire(file: &File, id: GenerationId, claim: Claim) -> Result<Option<Lease>, RecorderError> {
    take(file, ACQUIRE, id, claim).await
}

/// Takes the lease, also from another instance.
pub(super) async fn seize(file: &File, id: GenerationId, claim: Claim) -> Result<Lease, RecorderError> {
    let lease = take(file, SEIZE, id, claim).await?;
    lease.ok_or_else(|| {
        RecorderError::new(STORE, Operation::AcquireLease, RecorderErrorKind::Schema)
            .with_source("the table es_view is empty: rebuild the read model")
    })
}

async fn take(
    file: &File,
    statement: &'static str,
    id: GenerationId,
    claim: Claim,
) -> Result<Option<Lease>, RecorderError> {
    let mut writer = file.writer().await?;
    let taking = sqlx::query_scalar(statement).bind(claim.owner.as_bytes().as_slice());
    let taking = taking.bind(claim.ttl.as_secs_f64());
    let taken = taking.fetch_optional(writer.connection()).await;
    let fence: Option<i64> = writer.settle(taken, Operation::AcquireLease)?;
    Ok(fence.map(|fence| Lease::new(id, claim, fence.cast_unsigned())))
}

/// Renews a lease that nobody else has taken.
pub(super) async fn renew(file: &File, lease: &Lease) -> Result<(), RecorderError> {
    let renew = bound(RENEW, lease).bind(lease.claim.ttl.as_secs_f64());
    update(file, lease, renew).await
}

/// Stores an error under a lease that nobody else has taken.
pub(super) async fn report(file: &File, lease: &Lease, error: &str) -> Result<(), RecorderError> {
    update(file, lease, bound(REPORT, lease).bind(error)).await
}

type Statement<'q> = Query<'q, Sqlite, SqliteArguments>;

/// A statement about a lease: its first parameters are the owner and the fence.
fn bound<'q>(statement: &'static str, lease: &'q Lease) -> Statement<'q> {
    let statement = sqlx::query(statement).bind(lease.claim.owner.as_bytes().as_slice());
    statement.bind(lease.fence.cast_signed())
}

async fn update(file: &File, lease: &Lease, statement: Statement<'_>) -> Result<(), RecorderError> {
    let mut writer = file.writer().await?;
    let last = match statement.execute(writer.connection()).await {
        Ok(updated) if updated.rows_affected() == 0 => fence(writer.connection()).await.map(Some),
        Ok(_) => Ok(None),
        Err(error) => Err(error),
    };
    match writer.settle(last, Operation::AcquireLease)? {
        None => Ok(()),
        Some(last) => Err(RecorderError::new(STORE, Operation::AcquireLease, lease.fenced(last))),
    }
}

/// The number of the last lease.
pub(super) async fn fence(connection: &mut SqliteConnection) -> Result<u64, sqlx::Error> {
    let fence: i64 = sqlx::query_scalar("SELECT fence FROM es_view")
        .fetch_one(connection)
        .await?;
    Ok(fence.cast_unsigned())
}

/// Gives a lease back.
pub(super) async fn release(file: &File, lease: &Lease, error: Option<String>) -> Result<(), RecorderError> {
    let mut writer = file.writer().await?;
    let released = bound(RELEASE, lease).bind(error).execute(writer.connection()).await;
    writer.settle(released, Operation::AcquireLease).map(drop)
}

/// Reads what is known of the lease.
pub(super) async fn held(connection: &mut SqliteConnection) -> Result<Held, sqlx::Error> {
    let row: (Option<Vec<u8>>, f64, i64, Option<String>) = sqlx::query_as(STATUS).fetch_one(connection).await?;
    let (owner, seconds_left, fence, error) = row;
    Ok(Held {
        owner: owner.and_then(|owner| Uuid::from_slice(&owner).ok()),
        seconds_left,
        fence: fence.cast_unsigned(),
        error,
    })
}
