//! The commands of this workspace: `cargo xtask help` lists them.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "what a command says goes to the terminal"
)]

mod bench;
mod ci;
mod compile;
mod error;
mod integration;
mod interrupt;
mod postgres;
mod program;
mod soak;
mod test;
mod tidy;
mod usage;
mod workspace;

use std::env;
use std::process::ExitCode;

use error::Error;

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match interrupt::watch().and_then(|()| dispatch(&arguments)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {}", error.chain());
            error.exit_code()
        }
    }
}

fn dispatch(arguments: &[String]) -> Result<(), Error> {
    let Some((command, rest)) = arguments.split_first() else {
        return Err(Error::Usage("no command given".to_owned()));
    };
    if rest.iter().any(|argument| argument == "--help") && command != "bench" {
        println!("{}", usage::TEXT);
        return Ok(());
    }
    match command.as_str() {
        "bench" => bench::run(rest),
        "ci" => ci::run(rest),
        "integration" => integration::run(rest),
        "postgres" => postgres::run(rest),
        "soak" => soak::run(rest),
        "test" => test::run(rest),
        "tidy" => tidy::run(rest),
        "help" | "--help" | "-h" => {
            println!("{}", usage::TEXT);
            Ok(())
        }
        unknown => Err(Error::Usage(format!("no command is called `{unknown}`"))),
    }
}
