//! `es log`.

use std::sync::Arc;

use es_persistence::{LogPages, ReadableLog};
use futures_util::StreamExt as _;

use super::{PAGE, each};
use crate::{
    arguments::{Format, Log},
    database::Database,
    error::Error,
    output::Output,
    shown::{CSV_HEAD, Shown, TABLE_HEAD},
};

pub(super) async fn run(database: &Database, options: &Log, output: &mut Output) -> Result<(), Error> {
    match options.format() {
        Format::Table if output.is_terminal() => output.line(TABLE_HEAD)?,
        Format::Csv => output.line(CSV_HEAD)?,
        Format::Table | Format::Json => {}
    }
    let mut printer = Printer {
        options,
        output,
        left: options.limit,
    };
    if options.follow {
        return follow(database, &mut printer).await;
    }
    if options.limit == Some(0) {
        return Ok(());
    }
    each(database, options.filter.selection(), |notification| {
        printer.print(&Shown::of(notification, &database.mapper))
    })
    .await
}

/// Prints the events that the options choose.
struct Printer<'a> {
    options: &'a Log,
    output: &'a mut Output,
    /// How many more events are printed.
    left: Option<usize>,
}

impl Printer<'_> {
    /// Returns `false` after the last event.
    fn print(&mut self, event: &Shown) -> Result<bool, Error> {
        if !self.options.filter.accepts(event) {
            return Ok(true);
        }
        self.output.line(event.line(self.options.format()))?;
        self.left = self.left.map(|left| left.saturating_sub(1));
        Ok(self.left != Some(0))
    }
}

/// Prints events as they come, until Ctrl-C, the limit, or the end of the selection.
async fn follow(database: &Database, printer: &mut Printer<'_>) -> Result<(), Error> {
    let log: Arc<dyn ReadableLog> = Arc::clone(&database.recorder) as _;
    let mut pages = LogPages::new(log, printer.options.filter.selection(), PAGE);
    loop {
        let page = tokio::select! {
            page = pages.next() => page,
            _ = tokio::signal::ctrl_c() => return Ok(()),
        };
        let Some(page) = page.transpose()? else {
            return Ok(());
        };
        for notification in page.notifications {
            if !printer.print(&Shown::of(notification, &database.mapper))? {
                return Ok(());
            }
        }
        // Somebody waits for each line.
        printer.output.flush()?;
    }
}
