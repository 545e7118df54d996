//! Names of tables.

use std::fmt;

pub use es_persistence::ApplicationNameError as SqlNameError;
use es_persistence::check_application_name;

/// A name that is safe to stand in SQL: ASCII small letters, digits and underscores, a letter first, at most 48 of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SqlName(String);

impl SqlName {
    /// The name of `application` in small letters.
    ///
    /// # Errors
    ///
    /// As [`check_application_name`].
    pub fn of_application(application: &str) -> Result<Self, SqlNameError> {
        check_application_name(application)?;
        Ok(Self(application.to_ascii_lowercase()))
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
    fn names_differ_by_more_than_the_case_of_letters() {
        let name = |text| SqlName::of_application(text).unwrap();
        assert_eq!(name("Dog_School2").to_string(), "dog_school2");
        assert_eq!(name("One"), name("ONE"));
        SqlName::of_application("a\"; DROP TABLE x; --").unwrap_err();
    }
}
