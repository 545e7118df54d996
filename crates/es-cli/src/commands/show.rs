//! `es show`.

use es_persistence::StreamSelection;
use serde_json::Map;

use super::PAGE;
use crate::{
    arguments::{self, Format, Show},
    body,
    database::Database,
    error::Error,
    output::{Output, printable},
    shown::Shown,
};

pub(super) async fn run(database: &Database, options: &Show, output: &mut Output) -> Result<(), Error> {
    let selection = StreamSelection::of(arguments::originator(&options.id)).limit(PAGE);
    let mut known = Map::new();
    let mut last = 0;
    loop {
        let rows = database.recorder.select_events(selection.clone().after(last)).await?;
        let Some(end) = rows.last().map(|row| row.originator_version) else {
            break;
        };
        for row in rows {
            let event = Shown::of_row(row, &database.mapper);
            if options.json {
                output.line(event.line(Format::Json))?;
            } else {
                print(&event, &mut known, output)?;
            }
        }
        last = end;
    }
    if last == 0 {
        return Err(Error::NoAggregate {
            id: printable(&options.id),
        });
    }
    Ok(())
}

/// Prints an event with its fields; new ones are marked with `+`, changed ones with `~`.
fn print(event: &Shown, known: &mut Map<String, serde_json::Value>, output: &mut Output) -> Result<(), Error> {
    let row = &event.row;
    output.line(format_args!(
        "version {}  {}  {}",
        row.originator_version,
        row.timestamp,
        printable(&row.topic)
    ))?;
    match event.body.value() {
        None => output.line(format_args!("    {}", printable(&event.body.text())))?,
        Some(value) => {
            for change in body::changes(known, value) {
                output.line(format_args!("    {}", printable(&change)))?;
            }
        }
    }
    for (key, value) in &event.metadata {
        let value = value.as_str().unwrap_or_default();
        output.line(format_args!("    @ {}: {}", printable(key), printable(value)))?;
    }
    Ok(())
}
