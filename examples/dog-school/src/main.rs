//! A dog school: an event-sourced application on a SQLite file, or where the environment says.
//!
//! Each run finds the dogs of the runs before, registers one more, teaches it tricks, and prints all dogs and the log.

#![expect(clippy::print_stderr, reason = "printing is what this program does")]

mod arguments;
mod report;

use std::{
    error::Error,
    fmt,
    io::{self, Write as _},
    process::ExitCode,
};

use dog_school::school::DogSchool;

use self::arguments::{Arguments, USAGE};

/// The dogs that come to the school, one a run.
const NAMES: [&str; 5] = ["Fido", "Rex", "Bella", "Luna", "Milo"];

fn main() -> ExitCode {
    let arguments = match Arguments::parse(std::env::args().skip(1)) {
        Ok(Some(arguments)) => arguments,
        Ok(None) => {
            // Nobody reads what cannot be printed.
            let _unread = say(USAGE);
            return ExitCode::SUCCESS;
        }
        Err(error) => {
            eprintln!("dog-school: {error}\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("dog-school: {}", chain(&*error));
            ExitCode::FAILURE
        }
    }
}

#[tokio::main]
async fn run(arguments: &Arguments) -> Result<(), Box<dyn Error>> {
    let school = DogSchool::open(arguments.environment()).await?;
    say(format_args!("The school is kept in {}.", arguments.place()))?;

    let before = school.dogs().await?.len();
    say(format_args!("Dogs found from earlier runs: {before}.\n"))?;
    let name = NAMES[before % NAMES.len()];
    let dog = school.register_dog(name).await?;
    school.add_trick(dog, "roll over").await?;
    school.add_trick(dog, "fetch ball").await?;

    say(report::dogs(&school.dogs().await?))?;
    say(report::log(&school.log().await?))?;
    school.close().await;
    Ok(())
}

/// Prints a line. Whoever has read enough of it, as `head` does, may go away.
fn say(line: impl fmt::Display) -> io::Result<()> {
    match writeln!(io::stdout(), "{line}") {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        said => said,
    }
}

/// The error and its causes in one line.
fn chain(error: &dyn Error) -> String {
    match error.source() {
        None => error.to_string(),
        Some(cause) => format!("{error}: {}", chain(cause)),
    }
}
