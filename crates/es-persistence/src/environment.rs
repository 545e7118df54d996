//! Settings by names and values.

mod variable;

use std::{collections::BTreeMap, env, fmt, str::FromStr};

pub use self::variable::Variable;

/// The settings of one application.
///
/// A key `K` is looked up as `N_K` first, where `N` is the name of the application in capitals, and then as `K`. So several
/// applications can have different settings in one process.
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

/// A setting is missing or has an invalid value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EnvironmentError {
    /// The setting has no value.
    #[error("{key} is not set: {advice}")]
    Missing {
        /// The key of the setting.
        key: String,
        /// What to set the key to.
        advice: &'static str,
    },
    /// The setting is there and has no value, or one of white space.
    #[error("{key} is empty: give it a value, or remove it")]
    Empty {
        /// The key of the setting.
        key: String,
    },
    /// The value of the setting is invalid.
    #[error("{key} is {value:?}, which is not {allowed}")]
    Invalid {
        /// The key of the setting.
        key: String,
        /// The value; stars if it is a secret.
        value: String,
        /// The valid values.
        allowed: String,
    },
}

/// A key with one of these words in its name holds a secret, and its value is never shown.
const SECRET: [&str; 5] = ["KEY", "PASSWORD", "SALT", "SECRET", "URL"];

impl Environment {
    /// Makes an environment without settings for the application `name`.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        let name = name.into();
        Self {
            prefix: name.to_uppercase(),
            name,
            values: BTreeMap::new(),
        }
    }

    /// Reads the environment variables of this process, for the application `name`.
    ///
    /// A variable whose name or value is not valid Unicode is left out.
    #[must_use]
    pub fn from_process(name: impl Into<String>) -> Self {
        let unicode =
            env::vars_os().filter_map(|(key, value)| Some((key.into_string().ok()?, value.into_string().ok()?)));
        Self {
            values: unicode.collect(),
            ..Self::new(name)
        }
    }

    /// Sets `key` to `value`, and replaces an earlier value.
    #[must_use]
    pub fn with(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.values.insert(key.into(), value.into());
        self
    }

    /// Returns the name of the application.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the same settings for another application.
    #[must_use]
    pub fn named(self, name: impl Into<String>) -> Self {
        Self {
            values: self.values,
            ..Self::new(name)
        }
    }

    /// Returns the value of `key` for this application, also an empty one: see [`text`](Self::text).
    pub fn get(&self, key: &str) -> Option<&str> {
        let own = self.values.get(&self.own_key(key));
        own.or_else(|| self.values.get(key)).map(String::as_str)
    }

    fn own_key(&self, key: &str) -> String {
        format!("{}_{key}", self.prefix)
    }

    /// The name under which `key` is set.
    fn set_key(&self, key: &str) -> String {
        let own = self.own_key(key);
        if self.values.contains_key(&own) {
            own
        } else {
            key.to_owned()
        }
    }

    /// Returns the value of `key`, or `None` if it is not set. An empty value is refused, here and by the following methods: the
    /// variable was meant to be filled.
    ///
    /// # Errors
    ///
    /// [`EnvironmentError::Empty`] when the value is empty or white space.
    pub fn text(&self, key: &str) -> Result<Option<&str>, EnvironmentError> {
        match self.get(key) {
            Some(value) if value.trim().is_empty() => Err(EnvironmentError::Empty { key: self.set_key(key) }),
            value => Ok(value),
        }
    }

    /// Returns the value of `key`, which must be set.
    ///
    /// # Errors
    ///
    /// [`EnvironmentError::Missing`], with `advice`, when the key is not set; [`EnvironmentError::Empty`] when it has no value.
    pub fn require(&self, key: &str, advice: &'static str) -> Result<&str, EnvironmentError> {
        self.text(key)?.ok_or_else(|| EnvironmentError::Missing {
            key: key.to_owned(),
            advice,
        })
    }

    /// Reads a switch: `y`, `yes`, `t`, `true`, `on` and `1`, or `n`, `no`, `f`, `false`, `off` and `0`, in any case.
    ///
    /// # Errors
    ///
    /// [`EnvironmentError::Invalid`] when the value is none of these, [`EnvironmentError::Empty`] when there is none.
    pub fn flag(&self, key: &str, default: bool) -> Result<bool, EnvironmentError> {
        let Some(value) = self.text(key)? else {
            return Ok(default);
        };
        match value.trim().to_ascii_lowercase().as_str() {
            "y" | "yes" | "t" | "true" | "on" | "1" => Ok(true),
            "n" | "no" | "f" | "false" | "off" | "0" => Ok(false),
            _ => Err(self.invalid(key, "one of y, yes, t, true, on, 1, n, no, f, false, off, 0")),
        }
    }

    /// Returns the value of `key` as a number or another type that is parsed from text, or `None` if it is not set.
    ///
    /// # Errors
    ///
    /// [`EnvironmentError::Invalid`], with `allowed`, when the value is no such text; [`EnvironmentError::Empty`] when there is
    /// none.
    pub fn parse<T: FromStr>(&self, key: &str, allowed: &str) -> Result<Option<T>, EnvironmentError> {
        let Some(value) = self.text(key)? else { return Ok(None) };
        let parsed = value.trim().parse().map(Some);
        parsed.map_err(|_nonsense| self.invalid(key, allowed))
    }

    /// Returns the error that says that the value of `key` is not `allowed`. The error names the key that is set: `N_K` or `K`.
    pub fn invalid(&self, key: &str, allowed: impl Into<String>) -> EnvironmentError {
        let value = self.get(key).unwrap_or_default();
        EnvironmentError::Invalid {
            key: self.set_key(key),
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

/// Prints the values of this library's keys, but no secrets and no keys of other programs.
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
