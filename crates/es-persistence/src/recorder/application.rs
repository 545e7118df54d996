//! Events of a whole application.

use super::{AggregateRecorder, ReadableLog};

/// Stores the events of an application and numbers them, so that they can be followed.
///
/// # Contract
///
/// - The events of one call have adjacent positions in the given order and become readable together.
///   (`ordering::events_of_a_save_are_adjacent`, `ordering::events_of_a_save_become_readable_together`)
pub trait ApplicationRecorder: AggregateRecorder + ReadableLog {}

impl<R: AggregateRecorder + ReadableLog> ApplicationRecorder for R {}
