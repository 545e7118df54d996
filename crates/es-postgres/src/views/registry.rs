//! Which generations there are, and which of them are read.

use es_persistence::{
    Operation, RecorderError, RecorderErrorKind,
    views::{Generation, GenerationId, GenerationState, ViewName},
};
use sqlx::PgConnection;

use super::namespace::{Namespace, stored};
use crate::{STORE, error::Failure};

const SELECT: &str = "SELECT version, number, state,
        coalesce(state = 'live' AND version = (SELECT v.version FROM {schema}.es_views v WHERE v.name = g.name), false)
    FROM {schema}.es_generations g WHERE name = $1 ORDER BY version, number";
const BUILDING: &str =
    "SELECT max(number) FROM {schema}.es_generations WHERE name = $1 AND version = $2 AND state = 'building'";
const INSERT: &str = "INSERT INTO {schema}.es_generations (name, version, number, state)
    SELECT $1, $2, 1 + coalesce(max(number), 0), 'building'
    FROM {schema}.es_generations WHERE name = $1 AND version = $2 RETURNING number";
const STATE: &str = "SELECT state FROM {schema}.es_generations WHERE name = $1 AND version = $2 AND number = $3";
const RETIRE: &str =
    "UPDATE {schema}.es_generations SET state = 'retired' WHERE name = $1 AND version = $2 AND state = 'live'";
const LIVE: &str = "UPDATE {schema}.es_generations SET state = 'live' WHERE name = $1 AND version = $2 AND number = $3";
const PUBLISHED: &str = "INSERT INTO {schema}.es_views AS v (name, version) VALUES ($1, $2)
    ON CONFLICT (name) DO UPDATE SET version = greatest(v.version, excluded.version)";
const SWITCHED: &str = "INSERT INTO {schema}.es_views (name, version) VALUES ($1, $2)
    ON CONFLICT (name) DO UPDATE SET version = excluded.version";
const FORGET: &str = "DELETE FROM {schema}.es_generations WHERE name = $1 AND version = $2 AND number = $3 AND NOT
    (state = 'live' AND EXISTS (SELECT 1 FROM {schema}.es_views WHERE name = $1 AND version = $2))";

type Row = (i64, i64, String, bool);

/// How a generation becomes the live one.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// It has caught up.
    Publish,
    /// It was published before.
    Switch,
}

/// All generations of a read model.
pub(super) async fn generations(
    registry: &Namespace,
    connection: &mut PgConnection,
    name: &str,
) -> Result<Vec<Generation>, RecorderError> {
    let stored = stored(name, Operation::ReadView)?;
    let rows = sqlx::query_as(registry.fill(SELECT))
        .bind(stored)
        .fetch_all(connection)
        .await;
    let rows: Vec<Row> = rows.map_err(|error| Failure::from(error).into_error(Operation::ReadView))?;
    rows.into_iter().map(|row| generation(name, row)).collect()
}

fn generation(name: &str, (version, number, state, is_current): Row) -> Result<Generation, RecorderError> {
    let state = GenerationState::parse(&state).ok_or_else(|| damaged(format!("no generation can be {state:?}")))?;
    let id = ViewName::new(name, number_of(version)?).generation(number_of(number)?);
    Ok(Generation::new(id, state, is_current))
}

fn number_of(column: i64) -> Result<u32, RecorderError> {
    u32::try_from(column).map_err(|error| damaged(format!("{column} is not a number of a generation ({error})")))
}

/// The generation that is being built, or a new one, in a transaction of the caller's. Returns whether it is new.
pub(super) async fn build(
    registry: &Namespace,
    connection: &mut PgConnection,
    view: &ViewName,
) -> Result<(Generation, bool), RecorderError> {
    let stored = stored(&view.name, Operation::SwitchView)?;
    let version = i64::from(view.version);
    let building = sqlx::query_scalar(registry.fill(BUILDING)).bind(&stored).bind(version);
    let building: Option<i64> = building.fetch_one(&mut *connection).await.map_err(failed)?;
    let number = if let Some(number) = building {
        number
    } else {
        let insert = sqlx::query_scalar(registry.fill(INSERT)).bind(&stored).bind(version);
        insert.fetch_one(connection).await.map_err(failed)?
    };
    let id = view.clone().generation(number_of(number)?);
    Ok((
        Generation::new(id, GenerationState::Building, false),
        building.is_none(),
    ))
}

/// Makes a generation the live one of its version, in a transaction of the caller's.
pub(super) async fn enliven(
    registry: &Namespace,
    connection: &mut PgConnection,
    id: &GenerationId,
    step: Step,
) -> Result<(), RecorderError> {
    let stored = stored(&id.view.name, Operation::SwitchView)?;
    let (version, number) = (i64::from(id.view.version), i64::from(id.number));
    let state = sqlx::query_scalar(registry.fill(STATE))
        .bind(&stored)
        .bind(version)
        .bind(number);
    let state: Option<String> = state.fetch_optional(&mut *connection).await.map_err(failed)?;
    let current = match (state.as_deref(), step) {
        (Some(_), Step::Publish) => PUBLISHED,
        (Some("live" | "retired"), Step::Switch) => SWITCHED,
        _ => return Err(invalid(format!("there is no {id}, or it is still being built"))),
    };
    let retire = sqlx::query(registry.fill(RETIRE)).bind(&stored).bind(version);
    retire.execute(&mut *connection).await.map_err(failed)?;
    let live = sqlx::query(registry.fill(LIVE))
        .bind(&stored)
        .bind(version)
        .bind(number);
    live.execute(&mut *connection).await.map_err(failed)?;
    let current = sqlx::query(registry.fill(current)).bind(&stored).bind(version);
    current.execute(connection).await.map_err(failed)?;
    Ok(())
}

/// Forgets a generation that is not current. Returns `false` if it is.
pub(super) async fn forget(
    registry: &Namespace,
    connection: &mut PgConnection,
    id: &GenerationId,
) -> Result<bool, RecorderError> {
    let stored = stored(&id.view.name, Operation::SwitchView)?;
    let forget = sqlx::query(registry.fill(FORGET)).bind(stored);
    let forget = forget.bind(i64::from(id.view.version)).bind(i64::from(id.number));
    Ok(forget.execute(connection).await.map_err(failed)?.rows_affected() > 0)
}

fn failed(error: sqlx::Error) -> RecorderError {
    Failure::from(error).into_error(Operation::SwitchView)
}

fn damaged(cause: String) -> RecorderError {
    RecorderError::new(STORE, Operation::ReadView, RecorderErrorKind::Corrupt).with_source(cause)
}

/// The error for what cannot be done with a generation.
pub(super) fn invalid(cause: String) -> RecorderError {
    RecorderError::new(STORE, Operation::SwitchView, RecorderErrorKind::Invalid).with_source(cause)
}
