//! Other programs: cargo, docker, the PostgreSQL server.

use std::env;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::error::Error;
use crate::interrupt;

const POLL: Duration = Duration::from_millis(20);

/// How long a child may take to end by itself after an interruption, before each firmer request.
const GRACE: Duration = Duration::from_secs(5);

/// Returns the cargo that runs this process, so that the toolchain stays the same.
pub(crate) fn cargo() -> Command {
    Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// Returns what a person would type for `command`, without its environment.
pub(crate) fn line(command: &Command) -> String {
    let program = command.get_program().to_string_lossy();
    let mut words = vec![if program.ends_with("/cargo") {
        "cargo".to_owned()
    } else {
        program.into_owned()
    }];
    words.extend(command.get_args().map(|word| word.to_string_lossy().into_owned()));
    words.join(" ")
}

/// Runs `command` on the terminal until it ends, however long that takes.
pub(crate) fn run(command: &mut Command) -> Result<(), Error> {
    let mut child = spawn(command)?;
    let status = loop {
        if let Some(status) = poll(&mut child, command)? {
            break status;
        }
        if interrupt::seen() {
            end(&mut child, command)?;
            return Err(Error::Interrupted);
        }
        thread::sleep(POLL);
    };
    interrupt::check()?;
    succeeded(command, status, "")
}

/// Runs `command` on the terminal and ends it after `limit`.
pub(crate) fn run_within(command: &mut Command, limit: Duration) -> Result<(), Error> {
    let mut child = spawn(command)?;
    let deadline = Instant::now() + limit;
    loop {
        if let Some(status) = poll(&mut child, command)? {
            interrupt::check()?;
            return succeeded(command, status, "");
        }
        if interrupt::seen() || Instant::now() >= deadline {
            end(&mut child, command)?;
            interrupt::check()?;
            let line = line(command);
            return Err(Error::TooLong { line, limit });
        }
        thread::sleep(POLL);
    }
}

/// Runs `command` on the terminal and leaves it to it what Ctrl-C means, as a shell does.
pub(crate) fn hand_over(command: &mut Command) -> Result<(), Error> {
    let status = command.status().map_err(|source| not_started(command, source))?;
    succeeded(command, status, "")
}

/// Runs `command` unseen, out of reach of Ctrl-C, and returns what it printed.
///
/// For short commands, above all those that clean up: they must not end halfway.
pub(crate) fn capture(command: &mut Command) -> Result<String, Error> {
    let output = command
        .process_group(0)
        .stdin(Stdio::null())
        .output()
        .map_err(|source| not_started(command, source))?;
    let said = String::from_utf8_lossy(&output.stderr);
    succeeded(command, output.status, &said)?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

fn spawn(command: &mut Command) -> Result<Child, Error> {
    command.spawn().map_err(|source| not_started(command, source))
}

fn poll(child: &mut Child, command: &Command) -> Result<Option<ExitStatus>, Error> {
    child.try_wait().map_err(|source| not_started(command, source))
}

/// Waits for an interrupted child; asks it to end if it did not get the signal, and kills it at last.
fn end(child: &mut Child, command: &Command) -> Result<(), Error> {
    for signal in ["-TERM", "-KILL"] {
        let deadline = Instant::now() + GRACE;
        while Instant::now() < deadline {
            if poll(child, command)?.is_some() {
                return Ok(());
            }
            thread::sleep(POLL);
        }
        capture(Command::new("kill").arg(signal).arg(child.id().to_string()))?;
    }
    child.wait().map_err(|source| not_started(command, source))?;
    Ok(())
}

fn not_started(command: &Command, source: std::io::Error) -> Error {
    let line = line(command);
    Error::NotStarted { line, source }
}

fn succeeded(command: &Command, status: ExitStatus, output: &str) -> Result<(), Error> {
    if status.success() {
        return Ok(());
    }
    Err(Error::Failed {
        line: line(command),
        status,
        output: output.to_owned(),
    })
}
