//! Names of tables.

use std::fmt;

/// A name that is safe to stand in SQL: ASCII small letters, digits and underscores, a letter first, at most 48 of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SqlName(String);

/// The name of the application cannot be that of a table.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the application's name {0:?} cannot name tables: use letters, digits and underscores, a letter first, at most {MAX_LEN}"
)]
pub struct SqlNameError(String);

/// Leaves room for suffixes within the 63 characters that PostgreSQL keeps of a name.
const MAX_LEN: usize = 48;

impl SqlName {
    /// The name of `application` in small letters.
    ///
    /// # Errors
    ///
    /// [`SqlNameError`] when there is another character in it than letters, digits and underscores of ASCII, it does
    /// not begin with a letter, or it is longer than 48.
    pub fn of_application(application: &str) -> Result<Self, SqlNameError> {
        let fits = application.len() <= MAX_LEN
            && application.starts_with(|first: char| first.is_ascii_alphabetic())
            && application.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        if fits {
            Ok(Self(application.to_ascii_lowercase()))
        } else {
            Err(SqlNameError(application.to_owned()))
        }
    }
}

impl fmt::Display for SqlName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_names_are_refused() {
        let long = "a".repeat(49);
        for name in [
            "",
            "1st",
            "_a",
            "a b",
            "a\"; DROP TABLE x; --",
            "dögs",
            "a\0",
            "a.b",
            long.as_str(),
        ] {
            assert_eq!(SqlName::of_application(name), Err(SqlNameError(name.to_owned())));
        }
        assert_eq!(
            SqlName::of_application("Dog_School2").unwrap().to_string(),
            "dog_school2"
        );
    }
}
