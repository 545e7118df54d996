//! What the command line says.

use es_application::Environment;

/// How the program is called.
pub(crate) const USAGE: &str = "usage: dog-school [--store memory|sqlite|postgres] [--path FILE]
PostgreSQL is found by POSTGRES_HOST, POSTGRES_DBNAME, POSTGRES_USER and POSTGRES_PASSWORD in the environment.";

/// The file that is kept when no other is named.
const DEFAULT_PATH: &str = "dog-school.sqlite";

/// Where the school is kept. What the command line leaves open is taken from the environment.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Arguments {
    store: Option<String>,
    path: Option<String>,
}

impl Arguments {
    /// Reads the arguments; `None` when they ask for help.
    pub(crate) fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Option<Self>, String> {
        let mut parsed = Self::default();
        while let Some(argument) = arguments.next() {
            let slot = match argument.as_str() {
                "-h" | "--help" => return Ok(None),
                "--store" => &mut parsed.store,
                "--path" => &mut parsed.path,
                _ => return Err(format!("there is no argument {argument:?}")),
            };
            let value = arguments.next().ok_or_else(|| format!("{argument} needs a value"))?;
            *slot = Some(value);
        }
        match parsed.store.as_deref() {
            Some("memory" | "postgres") if parsed.path.is_some() => Err("--path goes with --store sqlite".to_owned()),
            None | Some("memory" | "sqlite" | "postgres") => Ok(Some(parsed)),
            Some(other) => Err(format!("there is no store {other:?}")),
        }
    }

    /// The settings of the application: the process's environment, where the arguments say nothing else.
    pub(crate) fn environment(&self) -> Environment {
        let environment = Environment::from_process("DogSchool");
        let store = self
            .store
            .as_deref()
            .or(environment.get("PERSISTENCE_MODULE"))
            .unwrap_or("sqlite")
            .to_owned();
        let path = self
            .path
            .as_deref()
            .or(environment.get("SQLITE_DBNAME"))
            .unwrap_or(DEFAULT_PATH)
            .to_owned();
        environment
            .with("DOGSCHOOL_PERSISTENCE_MODULE", store)
            .with("DOGSCHOOL_SQLITE_DBNAME", path)
    }

    /// Where the school is kept, for a person.
    pub(crate) fn place(&self) -> String {
        let environment = self.environment();
        match (environment.get("PERSISTENCE_MODULE"), environment.get("SQLITE_DBNAME")) {
            (Some("sqlite"), Some(path)) => format!("the SQLite file {path}"),
            (Some("postgres"), _) => {
                let database = environment.get("POSTGRES_DBNAME").unwrap_or_default();
                format!("the PostgreSQL database {database}")
            }
            (store, _) => store.unwrap_or("memory").to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(arguments: &[&str]) -> Result<Option<Arguments>, String> {
        Arguments::parse(arguments.iter().map(ToString::to_string))
    }

    #[test]
    fn bad_arguments_are_named() {
        assert_eq!(
            parse(&["--stor", "memory"]),
            Err(r#"there is no argument "--stor""#.to_owned())
        );
        assert_eq!(parse(&["--store"]), Err("--store needs a value".to_owned()));
        assert_eq!(
            parse(&["--store", "mysql"]),
            Err(r#"there is no store "mysql""#.to_owned())
        );
        for store in ["memory", "postgres"] {
            let misplaced = parse(&["--store", store, "--path", "x"]);
            assert_eq!(misplaced, Err("--path goes with --store sqlite".to_owned()));
        }
    }

    #[test]
    fn arguments_choose_the_store() {
        let arguments = parse(&["--store", "sqlite", "--path", "dogs.sqlite"]).unwrap().unwrap();
        assert_eq!(arguments.environment().get("PERSISTENCE_MODULE"), Some("sqlite"));
        assert_eq!(arguments.environment().get("SQLITE_DBNAME"), Some("dogs.sqlite"));
        assert_eq!(arguments.place(), "the SQLite file dogs.sqlite");
        let arguments = parse(&["--store", "memory"]).unwrap().unwrap();
        assert_eq!(arguments.place(), "memory");
    }
}
