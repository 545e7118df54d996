//! Which form the tables have. The comment on the events table says so.

use std::cmp::Ordering;

/// The form that this version makes, and the only one that it works with.
pub(super) const CURRENT: u32 = 1;

/// The form that was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// There are no tables.
    Missing,
    /// The definition of this version, once more applied, makes it the current one.
    Earlier,
    Current,
    /// Of a version that this one does not know, or not made by this library.
    Unknown,
}

impl Form {
    pub(super) fn of_comment(comment: Option<&str>) -> Self {
        let Some(comment) = comment else {
            return Self::Missing;
        };
        let form = comment.strip_prefix("es-postgres ").and_then(|form| form.parse().ok());
        match form.map(|form: u32| form.cmp(&CURRENT)) {
            Some(Ordering::Less) => Self::Earlier,
            Some(Ordering::Equal) => Self::Current,
            Some(Ordering::Greater) | None => Self::Unknown,
        }
    }

    /// Why the tables cannot be used, and what to do.
    pub(super) const fn fault(self) -> Option<&'static str> {
        match self {
            Self::Missing => {
                Some("the tables are missing: apply what es_postgres::schema::ddl prints, or set CREATE_TABLE to yes")
            }
            Self::Earlier => Some(
                "the tables were made by an earlier version of this library: apply what es_postgres::schema::ddl and \
                 es_postgres::schema::grants print, or set CREATE_TABLE to yes",
            ),
            Self::Current => None,
            Self::Unknown => Some("the tables were made by another version of this library: use that one"),
        }
    }
}
