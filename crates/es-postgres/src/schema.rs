//! The tables of one application, and the statements about them.
//!
//! All SQL that has names in it is made here, of names that have been checked. The tables, and the functions that write
//! them, are in the files of the folder `schema`; the application's account needs no more than to execute these functions
//! and to read.

mod form;

use std::sync::Arc;

use es_sql::{SqlName, SqlNameError};
use sqlx::{
    AssertSqlSafe, Executor as _, PgConnection, Postgres, Row as _,
    postgres::{PgArguments, PgRow},
    query::Query,
};

use self::form::Form;
use crate::error::Failure;

/// Returns what makes the tables and functions of `application` in `schema`, for an owner to apply.
///
/// It may be applied again, by several at once, and while the application runs; tables of an earlier form are brought to
/// the form of this version, and those of a later one are left as they are, with an error. The application's own account
/// then needs what [`grants`] returns, and `CREATE_TABLE=no`.
///
/// # Errors
///
/// [`SqlNameError`] when one of the names has other characters than letters, digits and underscores of ASCII, does not
/// begin with a letter, or is longer than 48.
pub fn ddl(schema: &str, application: &str) -> Result<String, SqlNameError> {
    let names = Names::new(schema, application)?;
    Ok(names.fill(concat!(
        "BEGIN;\n",
        include_str!("schema/lock.sql"),
        "\n",
        include_str!("schema/events.sql"),
        "\n",
        include_str!("schema/tracking.sql"),
        "\n",
        include_str!("schema/snapshots.sql"),
        "\nCOMMENT ON TABLE \"{schema}\".\"{name}_events\" IS 'es-postgres {form}';\nCOMMIT;\n",
    )))
}

/// Returns what lets the account `role` run `application`: execute its functions, and read.
///
/// # Errors
///
/// As [`ddl`], for any of the three names.
pub fn grants(schema: &str, application: &str, role: &str) -> Result<String, SqlNameError> {
    let role = SqlName::of_application(role)?.to_string();
    let names = Names::new(schema, application)?;
    Ok(names.fill(include_str!("schema/grants.sql")).replace("{role}", &role))
}

/// A statement whose names have been checked.
#[derive(Clone, Debug)]
pub(crate) struct Sql(Arc<str>);

impl Sql {
    pub(crate) fn query(&self) -> Query<'static, Postgres, PgArguments> {
        sqlx::query(AssertSqlSafe(Arc::clone(&self.0)))
    }
}

/// The names that the tables are made of.
#[derive(Clone, Debug)]
struct Names {
    schema: SqlName,
    name: SqlName,
}

impl Names {
    fn new(schema: &str, application: &str) -> Result<Self, SqlNameError> {
        Ok(Self {
            schema: SqlName::of_application(schema)?,
            name: SqlName::of_application(application)?,
        })
    }

    fn fill(&self, template: &str) -> String {
        let positions = r#"'"{schema}"."{name}_positions"'::pg_catalog.regclass"#;
        let last = format!("coalesce(pg_catalog.pg_sequence_last_value({positions}), 0)");
        let positions_for = |more| include_str!("schema/positions.sql").replace("{more}", more);
        template
            .replace("{take_positions}", &positions_for("appended - 1"))
            .replace("{take_one_position}", &positions_for("0"))
            .replace(
                "{table_key}",
                &lock_key(r#"'"{schema}"."{name}_events"'::pg_catalog.regclass::pg_catalog.oid::bigint"#),
            )
            .replace(
                "{sequence_key}",
                &lock_key(&format!("{positions}::pg_catalog.oid::bigint")),
            )
            .replace("{position_key}", &lock_key(&last))
            .replace("{last_position}", &last)
            .replace("{form}", &form::CURRENT.to_string())
            .replace("{schema}", &self.schema.to_string())
            .replace("{name}", &self.name.to_string())
    }

    fn sql(&self, template: &str) -> Sql {
        Sql(self.fill(template).into())
    }
}

/// The low 32 bits of a number, as the signed number that a lock takes.
fn lock_key(number: &str) -> String {
    let low = format!("({number} OPERATOR(pg_catalog.&) 4294967295)");
    format!("(({low} OPERATOR(pg_catalog.#) 2147483648) OPERATOR(pg_catalog.-) 2147483648)::integer")
}

/// The statements about one application.
#[derive(Clone, Debug)]
pub(crate) struct Tables {
    pub(crate) events: StreamTable,
    pub(crate) snapshots: StreamTable,
    pub(crate) append: Sql,
    pub(crate) append_one: Sql,
    pub(crate) add_snapshots: Sql,
    pub(crate) settled: Sql,
    pub(crate) select_streams: Sql,
    pub(crate) select_log: Sql,
    pub(crate) select_log_of_topics: Sql,
    pub(crate) last_tracking: Sql,
    pub(crate) announcement: Sql,
    definition: Arc<str>,
    inspection: Sql,
}

/// The statements about events or snapshots by aggregate.
#[derive(Clone, Debug)]
pub(crate) struct StreamTable {
    pub(crate) select: Sql,
    pub(crate) select_descending: Sql,
    pub(crate) read_back: Sql,
}

impl StreamTable {
    fn new(names: &Names, suffix: &str, position: &str) -> Self {
        let from = format!(r#""{{schema}}"."{{name}}_{suffix}""#);
        let select = |order| {
            names.sql(&format!(
                "SELECT originator_version, topic, state FROM {from} \
                 WHERE originator_id = $1 AND originator_text = $2 \
                 AND originator_version > $3 AND originator_version <= $4 \
                 ORDER BY originator_version {order} LIMIT $5"
            ))
        };
        Self {
            select: select("ASC"),
            select_descending: select("DESC"),
            read_back: names.sql(&format!(
                "SELECT n.place, {position}, e.topic, e.state \
                 FROM unnest($1::uuid[], $2::text[], $3::bigint[]) WITH ORDINALITY AS n(id, txt, version, place) \
                 JOIN {from} e ON e.originator_id = n.id AND e.originator_text = n.txt \
                 AND e.originator_version = n.version ORDER BY n.place"
            )),
        }
    }
}

impl Tables {
    pub(crate) fn new(schema: &SqlName, application: &SqlName) -> Result<Self, SqlNameError> {
        let names = Names {
            schema: schema.clone(),
            name: application.clone(),
        };
        let log = |topics| {
            names.sql(&format!(
                "SELECT position, originator_id, originator_text, originator_version, topic, state \
                 FROM \"{{schema}}\".\"{{name}}_events\" WHERE position > $1 AND position <= $2 {topics} \
                 ORDER BY position LIMIT $3"
            ))
        };
        Ok(Self {
            events: StreamTable::new(&names, "events", "e.position"),
            snapshots: StreamTable::new(&names, "snapshots", "0::bigint"),
            append: names.sql(
                r#"SELECT * FROM "{schema}"."{name}_events_append"($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)"#,
            ),
            append_one: names.sql(r#"SELECT * FROM "{schema}"."{name}_events_append_one"($1, $2, $3, $4, $5)"#),
            add_snapshots: names.sql(r#"SELECT * FROM "{schema}"."{name}_snapshots_add"($1, $2, $3, $4, $5)"#),
            settled: names.sql(r#"SELECT * FROM "{schema}"."{name}_events_settled"()"#),
            // The events of each aggregate come from one index, those of the first one first.
            select_streams: names.sql(
                r#"SELECT n.place, e.originator_version, e.topic, e.state
                FROM unnest($1::uuid[], $2::text[], $3::bigint[], $4::bigint[], $5::bigint[])
                    WITH ORDINALITY AS n(id, txt, lower, upper, len, place)
                CROSS JOIN LATERAL (
                    SELECT s.originator_version, s.topic, s.state FROM "{schema}"."{name}_events" s
                    WHERE s.originator_id = n.id AND s.originator_text = n.txt
                    AND s.originator_version > n.lower AND s.originator_version <= n.upper
                    ORDER BY s.originator_version LIMIT n.len) e"#,
            ),
            select_log: log(""),
            select_log_of_topics: log("AND topic = ANY ($4)"),
            last_tracking: names
                .sql(r#"SELECT position, event_id FROM "{schema}"."{name}_tracking" WHERE upstream = $1"#),
            announcement: names.sql(include_str!("schema/announcement.sql")),
            inspection: names.sql(include_str!("schema/inspection.sql")),
            definition: ddl(&schema.to_string(), &application.to_string())?.into(),
        })
    }

    /// Makes what is not there, and renews what is of an earlier form, when that is wanted, and sees that all is as this
    /// version knows it. Returns what was found.
    pub(crate) async fn prepare(&self, connection: &mut PgConnection, create: bool) -> Result<Found, Failure> {
        let found = self.inspect(connection).await?;
        if create && matches!(found.form, Form::Missing | Form::Earlier) {
            connection.execute(AssertSqlSafe(Arc::clone(&self.definition))).await?;
            return self.inspect(connection).await?.checked();
        }
        found.checked()
    }

    async fn inspect(&self, connection: &mut PgConnection) -> Result<Found, Failure> {
        Found::from_row(&self.inspection.query().persistent(false).fetch_one(connection).await?)
    }
}

/// What is there of an application's tables.
#[derive(Debug)]
pub(crate) struct Found {
    /// The number by which the server knows the events table.
    pub(crate) oid: i64,
    /// Whether what is committed survives a crash of the server.
    pub(crate) is_durable: bool,
    form: Form,
    is_numbered_one_by_one: bool,
}

impl Found {
    fn from_row(row: &PgRow) -> Result<Self, Failure> {
        Ok(Self {
            oid: row.try_get::<Option<i64>, _>(0)?.unwrap_or_default(),
            form: Form::of_comment(row.try_get(1)?),
            is_numbered_one_by_one: row.try_get::<Option<bool>, _>(2)?.unwrap_or_default(),
            is_durable: row.try_get(3)?,
        })
    }

    fn checked(self) -> Result<Self, Failure> {
        if let Some(fault) = self.form.fault() {
            return Err(Failure::misfit(fault));
        }
        if !self.is_numbered_one_by_one {
            // Numbers that a session keeps for later would come after a reader has passed them.
            let fault = "the sequence of positions must have CACHE 1, INCREMENT 1 and NO CYCLE";
            return Err(Failure::misfit(fault));
        }
        Ok(self)
    }
}
