//! `es verify`.

use std::time::{Duration, Instant};

use es_application::VerifyError;

use crate::{
    arguments::{Arguments, Verify},
    database,
    error::Error,
    output::{self, Output},
};

/// How often progress is reported.
const PAUSE: Duration = Duration::from_secs(1);

pub(super) async fn run(arguments: &Arguments, options: &Verify, output: &mut Output) -> Result<(), Error> {
    let app = database::application(arguments).await?;
    let mut reported = Instant::now();
    let verification = app.verify().after(options.after).on_progress(move |progress| {
        if reported.elapsed() >= PAUSE {
            reported = Instant::now();
            output::report(format_args!(
                "verified up to position {} of {}",
                progress.position, progress.last
            ));
        }
    });
    let verified = verification.await;
    app.close().await;
    let verified = verified.map_err(|error| match error {
        VerifyError::Damaged(_) => Error::Damaged(Box::new(error)),
        other => Error::Verify(Box::new(other)),
    })?;
    output.line(format_args!(
        "{} events up to position {} are whole; {} of them are linked by hash chains",
        verified.events, verified.position, verified.linked
    ))
}
