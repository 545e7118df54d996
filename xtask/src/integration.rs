//! `cargo xtask integration`: the tests that need PostgreSQL, against a server in Docker.

use crate::error::Error;
use crate::postgres::{self, Choice, Server, URL_VARIABLE};
use crate::program;

/// What is tested: the PostgreSQL store, and every crate whose tests can run on it.
const FILTER: &str = "rdeps(es-postgres)";

/// What the arguments ask for.
#[derive(Debug, Default, PartialEq, Eq)]
struct Options {
    server: Choice,
    /// Whether the server is left running.
    keep: bool,
    /// Goes to nextest as it is.
    extra: Vec<String>,
}

/// Runs `cargo xtask integration`.
pub(crate) fn run(arguments: &[String]) -> Result<(), Error> {
    let options = parse(arguments)?;
    if options.keep {
        postgres::check_none_is_kept()?;
    }
    println!("integration: PostgreSQL from {}", options.server);
    let server = Server::chosen(&options.server)?;
    println!("integration: it is {}", server.origin());
    let tested = test(&server, &options.extra);
    if options.keep {
        println!("integration: it goes on running; `cargo xtask postgres down` removes it");
        postgres::keep(server)?;
    } else {
        drop(server);
        println!("integration: whatever was started is removed");
    }
    tested
}

fn test(server: &Server, extra: &[String]) -> Result<(), Error> {
    let mut cargo = program::cargo();
    cargo.args(["nextest", "run", "--workspace", "-E", FILTER]);
    program::run(cargo.args(extra).env(URL_VARIABLE, server.url()))
}

fn parse(arguments: &[String]) -> Result<Options, Error> {
    let mut options = Options::default();
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        let mut value = || {
            rest.next()
                .cloned()
                .ok_or_else(|| Error::Usage(format!("`{argument}` needs a value")))
        };
        match argument.as_str() {
            "--keep" => options.keep = true,
            "--local" => options.server = only(&options.server, Choice::Local)?,
            "--image" => options.server = only(&options.server, Choice::Image(value()?))?,
            "--url" => options.server = only(&options.server, Choice::Url(value()?))?,
            "--" => options.extra = rest.by_ref().cloned().collect(),
            unknown => return Err(Error::Usage(format!("`integration` does not know `{unknown}`"))),
        }
    }
    match options {
        Options {
            keep: true,
            server: Choice::Url(_),
            ..
        } => Err(Error::Usage("`--keep` has nothing to keep where `--url` is".to_owned())),
        options => Ok(options),
    }
}

/// The choice, unless another was made before.
fn only(before: &Choice, choice: Choice) -> Result<Choice, Error> {
    match before {
        Choice::Docker => Ok(choice),
        _ => Err(Error::Usage(
            "only one of `--local`, `--image` and `--url` can be chosen".to_owned(),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(arguments: &[&str]) -> Result<Options, String> {
        let arguments: Vec<_> = arguments.iter().map(ToString::to_string).collect();
        parse(&arguments).map_err(|error| error.to_string())
    }

    #[test]
    fn one_server_is_chosen() {
        let image = Options {
            server: Choice::Image("postgres:16".to_owned()),
            keep: true,
            extra: Vec::new(),
        };
        assert_eq!(parsed(&["--image", "postgres:16", "--keep"]), Ok(image));
        assert_eq!(parsed(&[]), Ok(Options::default()));
        let extra = Options {
            server: Choice::Local,
            keep: false,
            extra: vec!["append".to_owned()],
        };
        assert_eq!(parsed(&["--local", "--", "append"]), Ok(extra));
    }

    #[test]
    fn nonsense_is_named() {
        for (arguments, mistake) in [
            (vec!["--image"], "`--image` needs a value"),
            (vec!["--local", "--url", "x"], "only one of"),
            (vec!["--remote"], "does not know `--remote`"),
            (vec!["--url", "x", "--keep"], "nothing to keep"),
        ] {
            let error = parsed(&arguments).unwrap_err();
            assert!(error.contains(mistake), "{error}");
        }
    }
}
