//! `es`: looks into the log of an application from the terminal.
//!
//! It needs no types of the program that has written the log. It only reads: it makes no tables and stores nothing.

mod arguments;
mod body;
mod commands;
mod database;
mod error;
mod filter;
mod output;
mod shown;

use std::process::ExitCode;

use clap::Parser as _;

use self::{arguments::Arguments, error::Error, output::Output};

/// The exit code for damage in the log.
const DAMAGED: u8 = 3;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let mut output = Output::stdout();
    match run(&arguments, &mut output) {
        Ok(()) => ExitCode::SUCCESS,
        // The reader of the output, such as `head`, has read enough.
        Err(Error::Output(error)) if error.kind() == std::io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            output::complain(&error);
            ExitCode::from(if matches!(error, Error::Damaged(_)) { DAMAGED } else { 1 })
        }
    }
}

#[tokio::main]
async fn run(arguments: &Arguments, output: &mut Output) -> Result<(), Error> {
    commands::run(arguments, output).await?;
    output.flush()
}
