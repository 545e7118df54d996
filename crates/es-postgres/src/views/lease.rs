//! Leases, by the clock of the server.

use es_persistence::{
    Operation, RecorderError,
    views::{Claim, GenerationId, Lease},
};
use sqlx::PgConnection;
use uuid::Uuid;

use super::namespace::Namespace;
use crate::{STORE, error::Failure};

const ACQUIRE: &str = "UPDATE {schema}.es_view SET owner = $1, fence = fence + 1,
        expires_at = clock_timestamp() + make_interval(secs => $2)
    WHERE owner IS NULL OR owner = $1 OR expires_at <= clock_timestamp() RETURNING fence";
const SEIZE: &str = "UPDATE {schema}.es_view SET owner = $1, fence = fence + 1,
        expires_at = clock_timestamp() + make_interval(secs => $2) RETURNING fence";
const RENEW: &str = "UPDATE {schema}.es_view SET expires_at = clock_timestamp() + make_interval(secs => $3)
    WHERE owner = $1 AND fence = $2";
const RELEASE: &str =
    "UPDATE {schema}.es_view SET owner = NULL, error = coalesce($3, error) WHERE owner = $1 AND fence = $2";
const REPORT: &str = "UPDATE {schema}.es_view SET error = $3 WHERE owner = $1 AND fence = $2";
const FENCE: &str = "SELECT fence FROM {schema}.es_view";
const STATUS: &str = "SELECT CASE WHEN expires_at > clock_timestamp() THEN owner END,
        CASE WHEN isfinite(expires_at)
             THEN greatest(0, extract(epoch FROM expires_at - clock_timestamp()))::float8 ELSE 0 END,
        fence, error FROM {schema}.es_view";

/// How a lease is taken.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// When it is free.
    Acquire,
    /// Also from another instance.
    Seize,
}

/// What is known of the lease of a generation.
pub(super) struct Held {
    pub(super) owner: Option<Uuid>,
    pub(super) seconds_left: f64,
    pub(super) fence: u64,
    pub(super) error: Option<String>,
}

/// Takes a lease, or returns `None` while another instance has it.
pub(super) async fn take(
    namespace: &Namespace,
    connection: &mut PgConnection,
    way: Way,
    id: GenerationId,
    claim: Claim,
) -> Result<Option<Lease>, RecorderError> {
    let statement = match way {
        Way::Acquire => ACQUIRE,
        Way::Seize => SEIZE,
    };
    let take = sqlx::query_scalar(namespace.fill(statement)).bind(claim.owner);
    let fence = take.bind(claim.ttl.as_secs_f64()).fetch_optional(connection).await;
    let fence: Option<i64> = fence.map_err(failed)?;
    Ok(fence.map(|fence| Lease::new(id, claim, fence.cast_unsigned())))
}

/// Renews a lease that nobody else has taken.
pub(super) async fn renew(
    namespace: &Namespace,
    connection: &mut PgConnection,
    lease: &Lease,
) -> Result<(), RecorderError> {
    let renew = sqlx::query(namespace.fill(RENEW))
        .bind(lease.claim.owner)
        .bind(lease.fence.cast_signed());
    let renewed = renew
        .bind(lease.claim.ttl.as_secs_f64())
        .execute(&mut *connection)
        .await;
    match renewed.map_err(failed)?.rows_affected() {
        0 => Err(fenced(namespace, connection, lease).await),
        _ => Ok(()),
    }
}

/// Stores an error under a lease that nobody else has taken.
pub(super) async fn report(
    namespace: &Namespace,
    connection: &mut PgConnection,
    lease: &Lease,
    error: &str,
) -> Result<(), RecorderError> {
    let report = sqlx::query(namespace.fill(REPORT))
        .bind(lease.claim.owner)
        .bind(lease.fence.cast_signed());
    match report
        .bind(error)
        .execute(&mut *connection)
        .await
        .map_err(failed)?
        .rows_affected()
    {
        0 => Err(fenced(namespace, connection, lease).await),
        _ => Ok(()),
    }
}

/// Gives a lease back.
pub(super) async fn release(
    namespace: &Namespace,
    connection: &mut PgConnection,
    lease: &Lease,
    error: Option<String>,
) -> Result<(), RecorderError> {
    let release = sqlx::query(namespace.fill(RELEASE))
        .bind(lease.claim.owner)
        .bind(lease.fence.cast_signed());
    release.bind(error).execute(connection).await.map(drop).map_err(failed)
}

/// The error for a lease that another instance has taken.
pub(super) async fn fenced(namespace: &Namespace, connection: &mut PgConnection, lease: &Lease) -> RecorderError {
    let last = sqlx::query_scalar(namespace.fill(FENCE)).fetch_one(connection).await;
    match last {
        Ok(last) => RecorderError::new(STORE, Operation::WriteView, lease.fenced(i64::cast_unsigned(last))),
        Err(error) => failed(error),
    }
}

/// Reads what is known of the lease.
pub(super) async fn held(namespace: &Namespace, connection: &mut PgConnection) -> Result<Held, sqlx::Error> {
    let row: (Option<Uuid>, f64, i64, Option<String>) =
        sqlx::query_as(namespace.fill(STATUS)).fetch_one(connection).await?;
    let (owner, seconds_left, fence, error) = row;
    Ok(Held {
        owner,
        seconds_left,
        fence: fence.cast_unsigned(),
        error,
    })
}

fn failed(error: sqlx::Error) -> RecorderError {
    Failure::from(error).into_error(Operation::AcquireLease)
}
