//! Ctrl-C and a request to end: noted, so that what was started is removed before this process ends.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::error::Error;

static SEEN: AtomicBool = AtomicBool::new(false);

/// Notes interruptions from here on instead of ending the process.
///
/// A child in the terminal's process group gets Ctrl-C itself; this process only outlives it.
pub(crate) fn watch() -> Result<(), Error> {
    ctrlc::set_handler(|| SEEN.store(true, Ordering::SeqCst)).map_err(Error::Signals)
}

/// Returns whether the process was asked to end.
pub(crate) fn seen() -> bool {
    SEEN.load(Ordering::SeqCst)
}

/// Fails once the process was asked to end.
pub(crate) fn check() -> Result<(), Error> {
    if seen() { Err(Error::Interrupted) } else { Ok(()) }
}
