//! `es export`.

use super::each;
use crate::{
    arguments::{Arguments, Envelope, Export},
    database::Database,
    error::Error,
    output::{self, Output},
    shown::Shown,
};

/// After so many events, progress is reported.
const REPORT: u64 = 100_000;

pub(super) async fn run(
    database: &Database,
    options: &Export,
    arguments: &Arguments,
    stdout: &mut Output,
) -> Result<(), Error> {
    let mut file = options.output.as_deref().map(Output::file).transpose()?;
    let to = file.as_mut().unwrap_or(stdout);
    let source = format!("/{}", arguments.app.as_deref().unwrap_or_default());
    let mut written: u64 = 0;
    each(database, options.filter.selection(), |notification| {
        let event = Shown::of(notification, &database.mapper);
        if options.filter.accepts(&event) {
            to.line(match options.envelope {
                Envelope::Json => event.json(),
                Envelope::Cloudevents => event.cloud_event(&source),
            })?;
            written += 1;
            if written.is_multiple_of(REPORT) {
                output::report(format_args!("{written} events written"));
            }
        }
        Ok(true)
    })
    .await?;
    to.flush()
}
