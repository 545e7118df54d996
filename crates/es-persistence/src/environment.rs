//! Configuration by names and values.

mod variable;

use std::{collections::BTreeMap, env, fmt, str::FromStr};

pub use self::variable::Variable;

/// The settings of one application.
///
/// The value of key `K` for the application `N` is that of `N_K`, with `N` in capitals, or else that of `K`: so that
/// several applications share a process.
///
/// ```
/// use es_persistence::Environment;
///
/// let environment = Environment::new("DogSchool")
///     .with("SQLITE_DBNAME", "shared.sqlite")
///     .with("DOGSCHOOL_SQLITE_DBNAME", "dogs.sqlite");
/// assert_eq!(environment.get("SQLITE_DBNAME"), Some("dogs.sqlite"));
/// ```
///
#[doc = include_str!("environment/variables.md")]
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Environment {
    name: String,
    prefix: String,
    values: BTreeMap<String, String>,
}

/// A setting has a value that it cannot have, or none where one is needed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EnvironmentError {
    /// The setting has no value.
    #[error("{key} is not set: {advice}")]
    Missing {
        /// Which setting.
        key: String,
        /// What to set it to.
        advice: &'static str,
    },
    /// The setting has a value that it cannot have.
    #[error("{key} is {value:?}, which is not {allowed}")]
    Invalid {
        /// Which setting.
        key: String,
        /// Its value; stars when it is a secret.
        value: String,
        /// The values that it can have.
        allowed: String,
    },
}

/// Words in the name of a key whose value is never shown.
const SECRET: [&str; 5] = ["KEY", "PASSWORD", "SALT", "SECRET", "URL"];

impl Environment {
    /// No settings yet, for the application `name`.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        let name = name.into();
        Self {
            prefix: name.to_uppercase(),
            name,
            values: BTreeMap::new(),
        }
    }

    /// The settings in the environment variables of this process, for the application `name`.
    ///
    /// Variables whose name or value is no Unicode are left out.
    #[must_use]
    pub fn from_process(name: impl Into<String>) -> Self {
        let unicode =
            env::vars_os().filter_map(|(key, value)| Some((key.into_string().ok()?, value.into_string().ok()?)));
        Self {
            values: unicode.collect(),
            ..Self::new(name)
        }
    }

    /// Sets `key` to `value`, in place of what it was.
    #[must_use]
    pub fn with(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.values.insert(key.into(), value.into());
        self
    }

    /// The application's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The same settings for another application.
    #[must_use]
    pub fn named(self, name: impl Into<String>) -> Self {
        Self {
            values: self.values,
            ..Self::new(name)
        }
    }

    /// The value of `key` for this application.
    pub fn get(&self, key: &str) -> Option<&str> {
        let own = self.values.get(&format!("{}_{key}", self.prefix));
        own.or_else(|| self.values.get(key)).map(String::as_str)
    }

    /// The value of `key`, which must have one.
    ///
    /// # Errors
    ///
    /// [`EnvironmentError::Missing`], with `advice`, when the key has no value or an empty one.
    pub fn require(&self, key: &str, advice: &'static str) -> Result<&str, EnvironmentError> {
        self.get(key)
            .filter(|value| !value.is_empty())
            .ok_or_else(|| EnvironmentError::Missing {
                key: key.to_owned(),
                advice,
            })
    }

    /// The value of a switch: `y`, `yes`, `t`, `true`, `on` and `1`, or `n`, `no`, `f`, `false`, `off` and `0`, in any case.
    ///
    /// # Errors
    ///
    /// [`EnvironmentError::Invalid`] when the value is none of these.
    pub fn flag(&self, key: &str, default: bool) -> Result<bool, EnvironmentError> {
        let Some(value) = self.get(key) else { return Ok(default) };
        match value.to_ascii_lowercase().as_str() {
            "y" | "yes" | "t" | "true" | "on" | "1" => Ok(true),
            "n" | "no" | "f" | "false" | "off" | "0" => Ok(false),
            _ => Err(self.invalid(key, "one of y, yes, t, true, on, 1, n, no, f, false, off, 0")),
        }
    }

    /// The value of `key` as a number or another type that has a text, or `None` when it is not set or empty.
    ///
    /// # Errors
    ///
    /// [`EnvironmentError::Invalid`], with `allowed`, when the value is no such text.
    pub fn parse<T: FromStr>(&self, key: &str, allowed: &str) -> Result<Option<T>, EnvironmentError> {
        match self.get(key).map(str::trim) {
            None | Some("") => Ok(None),
            Some(value) => value.parse().map(Some).map_err(|_nonsense| self.invalid(key, allowed)),
        }
    }

    /// The error that says that the value of `key` is not `allowed`.
    pub fn invalid(&self, key: &str, allowed: impl Into<String>) -> EnvironmentError {
        let value = self.get(key).unwrap_or_default();
        EnvironmentError::Invalid {
            key: key.to_owned(),
            value: shown(key, value).to_owned(),
            allowed: allowed.into(),
        }
    }
}

fn shown<'a>(key: &str, value: &'a str) -> &'a str {
    let is_blank = value.trim().is_empty();
    if !is_blank && SECRET.iter().any(|word| key.contains(word)) {
        "***"
    } else {
        value
    }
}

/// Prints the values of this library's keys; those of secrets, and what other programs keep there, are left out.
impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ours = self.values.iter().filter(|(key, _)| self.is_ours(key));
        f.write_str("Environment ")?;
        f.debug_map()
            .entries(ours.map(|(key, value)| (key, shown(key, value))))
            .finish()
    }
}

impl Environment {
    fn is_ours(&self, key: &str) -> bool {
        let own = key
            .strip_prefix(self.prefix.as_str())
            .and_then(|rest| rest.strip_prefix('_'));
        let name = own.unwrap_or(key);
        Self::VARIABLES.iter().any(|variable| variable.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_applications_own_value_comes_before_the_common_one() {
        let environment = Environment::new("Dogs")
            .with("CREATE_TABLE", "y")
            .with("DOGS_CREATE_TABLE", "n");
        assert_eq!(environment.flag("CREATE_TABLE", true), Ok(false));
        assert_eq!(environment.named("Cats").flag("CREATE_TABLE", false), Ok(true));
    }

    #[test]
    fn a_wrong_switch_names_key_value_and_what_is_allowed() {
        let error = Environment::new("Dogs")
            .with("CREATE_TABLE", "maybe")
            .flag("CREATE_TABLE", true)
            .unwrap_err();
        assert_eq!(
            error.to_string(),
            r#"CREATE_TABLE is "maybe", which is not one of y, yes, t, true, on, 1, n, no, f, false, off, 0"#
        );
    }

    #[test]
    fn secrets_are_never_shown() {
        let environment = Environment::new("Dogs")
            .with("CIPHER_KEY", "swordfish")
            .with("DOGS_POSTGRES_PASSWORD", "swordfish");
        assert!(!format!("{environment:?}").contains("swordfish"));
        assert!(
            !environment
                .invalid("CIPHER_KEY", "a key")
                .to_string()
                .contains("swordfish")
        );
    }

    #[test]
    fn what_belongs_to_other_programs_is_not_shown() {
        let environment = Environment::new("Dogs")
            .with("AWS_SESSION", "swordfish")
            .with("SQLITE_DBNAME", "dogs");
        assert_eq!(format!("{environment:?}"), r#"Environment {"SQLITE_DBNAME": "dogs"}"#);
    }
}
