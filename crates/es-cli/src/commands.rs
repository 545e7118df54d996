//! The subcommands.

mod export;
mod log;
mod show;
mod stats;
mod trace;
mod verify;

use clap::CommandFactory as _;
use es_persistence::{Notification, Selection, cipher::create_key};

use crate::{
    arguments::{Arguments, Command, Keys},
    database::Database,
    error::Error,
    output::Output,
};

pub(crate) async fn run(arguments: &Arguments, output: &mut Output) -> Result<(), Error> {
    match &arguments.command {
        Command::Keys(Keys::Create { bytes }) => output.line(&*create_key(*bytes)?),
        Command::Completions { shell } => completions(*shell, output),
        Command::Verify(options) => verify::run(arguments, options, output).await,
        command => {
            let database = Database::open(arguments).await?;
            let done = match command {
                Command::Log(options) => log::run(&database, options, output).await,
                Command::Show(options) => show::run(&database, options, output).await,
                Command::Trace(options) => trace::run(&database, options, output).await,
                Command::Export(options) => export::run(&database, options, arguments, output).await,
                _ => stats::run(&database, output).await,
            };
            database.close().await;
            done
        }
    }
}

fn completions(shell: clap_complete::Shell, output: &mut Output) -> Result<(), Error> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "es", &mut script);
    output.line(String::from_utf8_lossy(&script).trim_end())
}

/// How many events are read at once.
const PAGE: usize = 500;

/// Calls `take` with every event that `selection` selects, page by page. It ends early if `take` returns `false`.
async fn each(
    database: &Database,
    selection: Selection,
    mut take: impl FnMut(Notification) -> Result<bool, Error>,
) -> Result<(), Error> {
    let mut rest = selection;
    // Events that come after the beginning are not read: a busy log would never end.
    let last = database.recorder.max_position().await?.unwrap_or_default();
    loop {
        let page = database.recorder.select_notifications(rest.clone().limit(PAGE)).await?;
        let reached = page.reached;
        for notification in page.notifications {
            if notification.position > last || !take(notification)? {
                return Ok(());
            }
        }
        rest = match rest.rest(reached, 0) {
            Some(rest) if reached < last => rest,
            _ => return Ok(()),
        };
    }
}
