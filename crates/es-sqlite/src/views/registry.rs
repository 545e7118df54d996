//! Which generations there are, and which of them are read.

use es_persistence::{
    Operation, RecorderError, RecorderErrorKind,
    views::{Generation, GenerationId, GenerationState, ViewName},
};
use sqlx::SqliteConnection;

use super::{file::File, name};
use crate::{STORE, error::Failure};

const SELECT: &str = "SELECT version, number, state,
        coalesce(state = 'live' AND version = (SELECT v.version FROM es_views v WHERE v.name = g.name), false)
    FROM es_generations g WHERE name = ? ORDER BY version, number";
const BUILDING: &str = "SELECT max(number) FROM es_generations WHERE name = ? AND version = ? AND state = 'building'";
const INSERT: &str = "INSERT INTO es_generations (name, version, number, state)
    SELECT ?1, ?2, 1 + coalesce(max(number), 0), 'building'
    FROM es_generations WHERE name = ?1 AND version = ?2 RETURNING number";
const STATE: &str = "SELECT state FROM es_generations WHERE name = ? AND version = ? AND number = ?";
const RETIRE: &str = "UPDATE es_generations SET state = 'retired' WHERE name = ? AND version = ? AND state = 'live'";
const LIVE: &str = "UPDATE es_generations SET state = 'live' WHERE name = ? AND version = ? AND number = ?";
const PUBLISHED: &str = "INSERT INTO es_views (name, version) VALUES (?, ?)
    ON CONFLICT (name) DO UPDATE SET version = max(version, excluded.version)";
const SWITCHED: &str = "INSERT INTO es_views (name, version) VALUES (?, ?)
    ON CONFLICT (name) DO UPDATE SET version = excluded.version";
const FORGET: &str = "DELETE FROM es_generations WHERE name = ?1 AND version = ?2 AND number = ?3 AND NOT
    (state = 'live' AND EXISTS (SELECT 1 FROM es_views WHERE name = ?1 AND version = ?2))";

/// The file that says which generation is read.
#[derive(Debug)]
pub(super) struct Registry(pub(super) File);

type Row = (i64, i64, String, bool);

impl Registry {
    /// All generations of a read model.
    pub(super) async fn generations(&self, name: &str) -> Result<Vec<Generation>, RecorderError> {
        let stored = name::stored(name, Operation::ReadView)?;
        let mut reader = self.0.reader().await?;
        let rows = select(&mut reader, &stored).await;
        let rows = rows.map_err(|error| Failure::from(error).into_error(Operation::ReadView))?;
        rows.into_iter().map(|row| generation(name, row)).collect()
    }

    /// The generation that is being built, or a new one.
    pub(super) async fn build(&self, view: &ViewName) -> Result<Generation, RecorderError> {
        let stored = name::stored(&view.name, Operation::SwitchView)?;
        let mut writer = self.0.writer().await?;
        let number = build(writer.connection(), &stored, view.version).await;
        let number = writer.settle(number, Operation::SwitchView)?;
        let id = view.clone().generation(number_of(number)?);
        Ok(Generation::new(id, GenerationState::Building, false))
    }

    /// Makes a generation the live one of its version, and its version the current one, unless that is newer.
    pub(super) async fn publish(&self, id: &GenerationId) -> Result<(), RecorderError> {
        self.enliven(id, Step::Publish).await
    }

    /// Makes a generation that was published the one that is read.
    pub(super) async fn switch_to(&self, id: &GenerationId) -> Result<(), RecorderError> {
        self.enliven(id, Step::Switch).await
    }

    async fn enliven(&self, id: &GenerationId, step: Step) -> Result<(), RecorderError> {
        let stored = name::stored(&id.view.name, Operation::SwitchView)?;
        let mut writer = self.0.writer().await?;
        let is_there = enliven(writer.connection(), &stored, id, step).await;
        if writer.settle(is_there, Operation::SwitchView)? {
            Ok(())
        } else {
            Err(invalid(format!("there is no {id}, or it is still being built")))
        }
    }

    /// Forgets a generation that is not current. Returns `false` if it is.
    pub(super) async fn forget(&self, id: &GenerationId) -> Result<bool, RecorderError> {
        let stored = name::stored(&id.view.name, Operation::SwitchView)?;
        let mut writer = self.0.writer().await?;
        let forget = sqlx::query(FORGET).bind(stored).bind(id.view.version).bind(id.number);
        let forgotten = forget.execute(writer.connection()).await;
        let forgotten = writer.settle(forgotten, Operation::SwitchView)?;
        Ok(forgotten.rows_affected() > 0)
    }
}

/// How a generation becomes the live one.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    /// It has caught up.
    Publish,
    /// It was published before.
    Switch,
}

async fn build(connection: &mut SqliteConnection, name: &str, version: u32) -> Result<i64, sqlx::Error> {
    sqlx::raw_sql("BEGIN IMMEDIATE").execute(&mut *connection).await?;
    let building = sqlx::query_scalar(BUILDING).bind(name).bind(version);
    let building: Option<i64> = building.fetch_one(&mut *connection).await?;
    let number = if let Some(number) = building {
        number
    } else {
        let insert = sqlx::query_scalar(INSERT).bind(name).bind(version);
        insert.fetch_one(&mut *connection).await?
    };
    sqlx::raw_sql("COMMIT").execute(connection).await?;
    Ok(number)
}

/// Returns `false` if there is no such generation, or it cannot be switched to.
async fn enliven(
    connection: &mut SqliteConnection,
    name: &str,
    id: &GenerationId,
    step: Step,
) -> Result<bool, sqlx::Error> {
    let (version, number) = (id.view.version, id.number);
    sqlx::raw_sql("BEGIN IMMEDIATE").execute(&mut *connection).await?;
    let state = sqlx::query_scalar(STATE).bind(name).bind(version).bind(number);
    let state: Option<String> = state.fetch_optional(&mut *connection).await?;
    let current = match (state.as_deref(), step) {
        (Some(_), Step::Publish) => PUBLISHED,
        (Some("live" | "retired"), Step::Switch) => SWITCHED,
        _ => {
            sqlx::raw_sql("ROLLBACK").execute(connection).await?;
            return Ok(false);
        }
    };
    let retire = sqlx::query(RETIRE).bind(name).bind(version);
    retire.execute(&mut *connection).await?;
    let live = sqlx::query(LIVE).bind(name).bind(version).bind(number);
    live.execute(&mut *connection).await?;
    sqlx::query(current)
        .bind(name)
        .bind(version)
        .execute(&mut *connection)
        .await?;
    sqlx::raw_sql("COMMIT").execute(connection).await?;
    Ok(true)
}

async fn select(connection: &mut SqliteConnection, name: &str) -> Result<Vec<Row>, sqlx::Error> {
    sqlx::query_as(SELECT).bind(name).fetch_all(connection).await
}

fn generation(name: &str, (version, number, state, is_current): Row) -> Result<Generation, RecorderError> {
    let state = GenerationState::parse(&state).ok_or_else(|| damaged(format!("no generation can be {state:?}")))?;
    let id = ViewName::new(name, number_of(version)?).generation(number_of(number)?);
    Ok(Generation::new(id, state, is_current))
}

fn number_of(column: i64) -> Result<u32, RecorderError> {
    u32::try_from(column).map_err(|error| damaged(format!("{column} is not a number of a generation ({error})")))
}

fn damaged(cause: String) -> RecorderError {
    RecorderError::new(STORE, Operation::ReadView, RecorderErrorKind::Corrupt).with_source(cause)
}

/// The error for what cannot be done with a generation.
pub(super) fn invalid(cause: String) -> RecorderError {
    RecorderError::new(STORE, Operation::SwitchView, RecorderErrorKind::Invalid).with_source(cause)
}
