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
        "\n",
        include_str!("schema/tags.sql"),
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
            .replace("{check_versions}", include_str!("schema/versions.sql"))
            .replace("{insert_events}", include_str!("schema/insert.sql"))
            .replace("{ways}", WAYS)
            .replace("{event_matches}", &matches("e"))
            .replace("{row_matches}", &matches("r"))
            .replace("{tags_key}", &table_key("tags"))
            .replace("{e_columns}", E_COLUMNS)
            .replace("{take_positions}", &positions_for("appended - 1"))
            .replace("{take_one_position}", &positions_for("0"))
            .replace("{table_key}", &table_key("events"))
            .replace(
                "{sequence_key}",
                &lock_key(&format!("{positions}::pg_catalog.oid::bigint")),
            )
            .replace("{position_key}", &lock_key(&last))
            .replace("{last_position}", &last)
            .replace("{snapshot_columns}", SNAPSHOT)
            .replace("{event_columns}", EVENT)
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

/// The key of a table in locks.
fn table_key(table: &str) -> String {
    lock_key(&format!(
        r#"'"{{schema}}"."{{name}}_{table}"'::pg_catalog.regclass::pg_catalog.oid::bigint"#
    ))
}

/// Takes the ways to match a query apart.
const WAYS: &str = "SELECT * FROM jsonb_to_recordset(ways::jsonb) AS j(way integer, save integer, first text, \
                    more text[], id uuid, txt text, exact text[], prefixes text[], most bigint, after bigint, \
                    seen bigint[])";

/// Whether `row` has a topic of the way `w`, and all keys but the first.
fn matches(row: &str) -> String {
    format!(
        "AND (w.exact IS NULL OR {row}.topic = ANY (w.exact) OR {row}.topic ^@ ANY (w.prefixes))
            AND NOT EXISTS (SELECT FROM unnest(w.more) AS m(key) WHERE NOT EXISTS (
                SELECT FROM \"{{schema}}\".\"{{name}}_tags\" k WHERE k.key = m.key AND k.position = {row}.position))"
    )
}

/// The columns of an event by the name `e`, in the order of [`EVENT`].
const E_COLUMNS: &str =
    r#"e.originator_version, e.topic, e."timestamp", e.schema_version, e.state, e.hash, e.event_id, e.metadata"#;

/// The columns of a snapshot.
const SNAPSHOT: &str = r#"originator_version, topic, "timestamp", schema_version, state, hash"#;

/// The columns of an event: those that a snapshot has too, and its own.
const EVENT: &str = r#"originator_version, topic, "timestamp", schema_version, state, hash, event_id, metadata"#;

/// The statements about one application.
#[derive(Clone, Debug)]
pub(crate) struct Tables {
    pub(crate) select_events: StreamStatements,
    pub(crate) select_snapshots: StreamStatements,
    pub(crate) select_stream: Sql,
    pub(crate) find_positions: Sql,
    pub(crate) append: Sql,
    pub(crate) append_one: Sql,
    pub(crate) append_tagged: Sql,
    pub(crate) select_tagged: Sql,
    pub(crate) put_snapshots: Sql,
    pub(crate) delete_snapshots: Sql,
    pub(crate) settled: Sql,
    pub(crate) select_streams: Sql,
    pub(crate) select_log: Sql,
    pub(crate) select_log_of_topics: Sql,
    pub(crate) last_tracking: Sql,
    pub(crate) announcement: Sql,
    definition: Arc<str>,
    inspection: Sql,
    tags_definition: Sql,
    tags_inspection: Sql,
}

/// The statements that read rows of one aggregate, in the order of versions and in the opposite order.
#[derive(Clone, Debug)]
pub(crate) struct StreamStatements {
    pub(crate) ascending: Sql,
    pub(crate) descending: Sql,
}

impl StreamStatements {
    fn new(names: &Names, table: &str, columns: &str) -> Self {
        let select = |order| {
            names.sql(&format!(
                "SELECT {columns} FROM \"{{schema}}\".\"{{name}}_{table}\" \
                 WHERE originator_id = $1 AND originator_text = $2 \
                 AND originator_version > $3 AND originator_version <= $4 \
                 ORDER BY originator_version {order} LIMIT $5"
            ))
        };
        Self {
            ascending: select("ASC"),
            descending: select("DESC"),
        }
    }
}

/// Reads a part of the log; `topics` is a condition more.
fn select_log(names: &Names, topics: &str) -> Sql {
    names.sql(&format!(
        "SELECT position, originator_id, originator_text, {EVENT} \
         FROM \"{{schema}}\".\"{{name}}_events\" WHERE position > $1 AND position <= $2 {topics} \
         ORDER BY position LIMIT $3"
    ))
}

/// Calls a function with `arguments` arguments.
fn call(names: &Names, function: &str, arguments: usize) -> Sql {
    let arguments: Vec<_> = (1..=arguments).map(|number| format!("${number}")).collect();
    let arguments = arguments.join(", ");
    names.sql(&format!(
        "SELECT * FROM \"{{schema}}\".\"{{name}}_{function}\"({arguments})"
    ))
}

impl Tables {
    pub(crate) fn new(schema: &SqlName, application: &SqlName) -> Result<Self, SqlNameError> {
        let names = Names {
            schema: schema.clone(),
            name: application.clone(),
        };
        Ok(Self {
            select_events: StreamStatements::new(&names, "events", EVENT),
            select_snapshots: StreamStatements::new(&names, "snapshots", SNAPSHOT),
            select_stream: names.sql(include_str!("schema/stream.sql")),
            find_positions: names.sql(include_str!("schema/find.sql")),
            append: call(&names, "append_v1", 20),
            append_one: call(&names, "append_one_v1", 10),
            append_tagged: call(&names, "append_tags_v1", 20),
            select_tagged: names.sql(
                "SELECT event_position, id, txt, version, event_topic, stamp, body_version, body, link, event, info, way \
                 FROM \"{schema}\".\"{name}_select_tags_v1\"($1)",
            ),
            put_snapshots: call(&names, "snap_put_v1", 8),
            delete_snapshots: call(&names, "snap_delete_v1", 3),
            settled: call(&names, "settled_v1", 0),
            select_log: select_log(&names, ""),
            select_log_of_topics: select_log(&names, "AND (topic = ANY ($4) OR topic ^@ ANY ($5))"),
            last_tracking: names.sql(
                "SELECT position, fence, event_id, token FROM \"{schema}\".\"{name}_tracking\" \
                 WHERE consumer = $1 AND upstream = $2",
            ),
            select_streams: names.sql(include_str!("schema/streams.sql")),
            announcement: names.sql(include_str!("schema/announcement.sql")),
            inspection: names.sql(include_str!("schema/inspection.sql")),
            tags_definition: names.sql(concat!(
                "BEGIN;\n",
                include_str!("schema/lock.sql"),
                "\n",
                include_str!("schema/tags.sql"),
                "\nCOMMIT;\n",
            )),
            tags_inspection: names.sql("SELECT to_regclass('\"{schema}\".\"{name}_tags\"') IS NOT NULL"),
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

    /// Makes what events with tags need, when it is not there and that is wanted: the tables may be older than it is.
    pub(crate) async fn prepare_tags(&self, connection: &mut PgConnection, create: bool) -> Result<(), Failure> {
        let found = self
            .tags_inspection
            .query()
            .persistent(false)
            .fetch_one(&mut *connection)
            .await?;
        match found.try_get(0)? {
            true => Ok(()),
            false if create => {
                connection
                    .execute(AssertSqlSafe(Arc::clone(&self.tags_definition.0)))
                    .await?;
                Ok(())
            }
            false => Err(Failure::misfit(
                "the table of tags is missing: apply what es_postgres::schema::ddl and es_postgres::schema::grants print, \
                 or set CREATE_TABLE to yes",
            )),
        }
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
