//! `cargo xtask soak`: the random tests of the stores' faults, for hours.

use crate::error::Error;
use crate::program;

/// The tests that go on for as long as they are told to.
const TESTS: [&str; 2] = [
    "a_killed_process_loses_nothing_that_it_acknowledged",
    "a_power_loss_loses_nothing_that_was_acknowledged",
];

/// How long, and from which seed; without a seed each test draws its own and prints it.
#[derive(Debug, PartialEq)]
struct Options {
    hours: f64,
    seed: Option<u64>,
}

/// Runs each test for its share of the time, one after the other; the first failure ends the soak.
pub(crate) fn run(arguments: &[String]) -> Result<(), Error> {
    let options = parse(arguments)?;
    let seconds = share(options.hours);
    for test in TESTS {
        println!("soak: {test}, {seconds} s");
        let mut cargo = program::cargo();
        cargo.args([
            "test",
            "--release",
            "-p",
            "es-sqlite",
            "--test",
            "faults",
            "--",
            "--exact",
            test,
            "--nocapture",
        ]);
        cargo.env("ES_SOAK_SECONDS", seconds.to_string());
        // A seed that was exported for something else would make this run a replay.
        let seed = options.seed.map(|seed| seed.to_string());
        match &seed {
            Some(seed) => cargo.env("ES_SEED", seed),
            None => cargo.env_remove("ES_SEED"),
        };
        program::run(&mut cargo).inspect_err(|_| println!("soak: {}", replay(options.hours)))?;
    }
    Ok(())
}

/// What to type to see a failure again.
fn replay(hours: f64) -> String {
    format!("replay with `cargo xtask soak --hours {hours} --seed S`, S being the seed above")
}

fn share(hours: f64) -> u64 {
    let seconds = (hours * 3600.0 / f64::from(u8::try_from(TESTS.len()).unwrap_or(u8::MAX))).ceil();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "hours are checked to be few and positive"
    )]
    let seconds = seconds as u64;
    seconds.max(1)
}

fn parse(arguments: &[String]) -> Result<Options, Error> {
    let mut options = Options { hours: 1.0, seed: None };
    let mut rest = arguments.iter();
    while let Some(flag) = rest.next() {
        let mut value = || {
            rest.next()
                .ok_or_else(|| Error::Usage(format!("`{flag}` needs a value")))
        };
        match flag.as_str() {
            "--hours" => options.hours = hours(value()?)?,
            "--seed" => options.seed = Some(seed(value()?)?),
            unknown => return Err(Error::Usage(format!("`soak` has no argument `{unknown}`"))),
        }
    }
    Ok(options)
}

fn hours(text: &str) -> Result<f64, Error> {
    let hours = text.parse().ok().filter(|hours| (0.0..=1000.0).contains(hours));
    hours.ok_or_else(|| Error::Usage(format!("`--hours {text}` is no number of hours from 0 to 1000")))
}

fn seed(text: &str) -> Result<u64, Error> {
    text.parse()
        .map_err(|_nonsense| Error::Usage(format!("`--seed {text}` is no whole number")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(arguments: &[&str]) -> Result<Options, String> {
        let arguments: Vec<_> = arguments.iter().map(ToString::to_string).collect();
        parse(&arguments).map_err(|error| error.to_string())
    }

    #[test]
    fn the_time_is_shared_between_the_tests() {
        assert_eq!(
            parsed(&["--hours", "0.5", "--seed", "7"]),
            Ok(Options {
                hours: 0.5,
                seed: Some(7)
            })
        );
        assert_eq!(share(0.5), 900);
        assert_eq!(share(0.0), 1);
    }

    #[test]
    fn nonsense_is_named() {
        for (arguments, mistake) in [
            (vec!["--hours"], "`--hours` needs a value"),
            (vec!["--hours", "-1"], "`--hours -1` is no number"),
            (vec!["--seed", "x"], "`--seed x` is no whole number"),
            (vec!["--years", "1"], "has no argument `--years`"),
        ] {
            let error = parsed(&arguments).unwrap_err();
            assert!(error.contains(mistake), "{error}");
        }
    }
}
