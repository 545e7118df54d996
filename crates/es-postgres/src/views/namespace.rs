//! The schema of a generation.

use std::{fmt, sync::Arc};

use es_persistence::{Operation, RecorderError, RecorderErrorKind, views::GenerationId};
use es_sql::SqlName;
use sqlx::AssertSqlSafe;

use crate::STORE;

/// The longest name of a read model, so that there is room for its numbers.
const MAX_LEN: usize = 40;

/// How long a name can be before the server cuts it.
const LONGEST: usize = 63;

/// The name of a schema, made of names that were checked: it can stand in SQL.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Namespace(Arc<str>);

/// The name under which a read model is kept: its own in small letters.
pub(super) fn stored(name: &str, operation: Operation) -> Result<String, RecorderError> {
    let stored = SqlName::of_application(name).map(|name| name.to_string());
    stored.ok().filter(|name| name.len() <= MAX_LEN).ok_or_else(|| {
        let cause = format!(
            "the name {name:?} of a projection cannot name a schema: use letters, digits and underscores, a letter first, at most {MAX_LEN}"
        );
        RecorderError::new(STORE, operation, RecorderErrorKind::Invalid).with_source(cause)
    })
}

impl Namespace {
    /// The schema of the registry.
    pub(super) fn of_registry(schema: &SqlName) -> Self {
        Self(schema.to_string().into())
    }

    /// The schema of a generation.
    pub(super) fn of(schema: &SqlName, id: &GenerationId, operation: Operation) -> Result<Self, RecorderError> {
        let name = stored(&id.view.name, operation)?;
        let prefix = match schema.to_string() {
            public if public == "public" => String::new(),
            schema => format!("{schema}_"),
        };
        let namespace = format!("{prefix}{name}_{}_g{}", id.view.version, id.number);
        if namespace.len() <= LONGEST {
            return Ok(Self(namespace.into()));
        }
        let cause = format!(
            "the schema {namespace} of a read model would have a name of more than {LONGEST} letters: shorten POSTGRES_SCHEMA or the projection's name"
        );
        Err(RecorderError::new(STORE, operation, RecorderErrorKind::Invalid).with_source(cause))
    }

    /// The statement with this schema in the place of `{schema}`.
    pub(super) fn fill(&self, statement: &str) -> AssertSqlSafe<String> {
        AssertSqlSafe(statement.replace("{schema}", &self.0))
    }
}

impl fmt::Display for Namespace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use es_persistence::views::ViewName;

    use super::*;

    fn of(schema: &str, name: &str) -> Result<String, RecorderError> {
        let schema = SqlName::of_application(schema).unwrap();
        let id = ViewName::new(name, 1).generation(2);
        Namespace::of(&schema, &id, Operation::ReadView).map(|namespace| namespace.to_string())
    }

    #[test]
    fn a_schema_is_named_after_the_read_model_and_the_schema_that_was_set() {
        assert_eq!(of("public", "TrickCounts").unwrap(), "trickcounts_1_g2");
        assert_eq!(of("tenant", "TrickCounts").unwrap(), "tenant_trickcounts_1_g2");
    }

    #[test]
    fn names_that_cannot_name_a_schema_are_refused() {
        for name in ["", "a b", "a\"", "dögs", &"a".repeat(41)] {
            assert_eq!(
                *of("public", name).unwrap_err().kind(),
                RecorderErrorKind::Invalid,
                "{name}"
            );
        }
        of(&"t".repeat(40), &"a".repeat(40)).unwrap_err();
    }
}
