//! What a SQL store does by its own means.

use std::{fmt, sync::Arc};

use es_persistence::{
    Capabilities, Environment, EnvironmentError, Notification, RecorderError, Selection, StoredEvent, StreamSelection,
    Tracking, Wakeup,
};

use crate::{Save, SqlName, Table};

/// The tables of one application in an open database.
pub trait Database: fmt::Debug + Send + Sync + Sized + 'static {
    /// The value of `PERSISTENCE_MODULE` that chooses the store.
    const MODULE: &'static str;

    /// The name of the store in errors.
    const STORE: &'static str;

    /// Where the database is and how it is used.
    type Config: Clone + fmt::Debug + Send + Sync + 'static;

    /// What the environment says about the database.
    ///
    /// # Errors
    ///
    /// [`EnvironmentError`] when a setting is wrong.
    fn configure(environment: &Environment) -> Result<Self::Config, EnvironmentError>;

    /// Opens the database, and makes the application's tables when that is wanted.
    fn open(config: Self::Config, application: &SqlName) -> impl Future<Output = Result<Self, RecorderError>> + Send;

    /// Waits for the saves that have begun, and lets go of the database.
    fn close(&self) -> impl Future<Output = ()> + Send;

    /// Stores what is not empty and has been checked, and returns the positions of its events.
    fn save(self: &Arc<Self>, save: Save) -> impl Future<Output = Result<Vec<u64>, RecorderError>> + Send;

    /// Reads rows of one aggregate.
    fn read_stream(
        self: &Arc<Self>,
        table: Table,
        selection: StreamSelection,
    ) -> impl Future<Output = Result<Vec<StoredEvent>, RecorderError>> + Send;

    /// Reads a part of the log.
    fn read_log(
        self: &Arc<Self>,
        selection: Selection,
    ) -> impl Future<Output = Result<Vec<Notification>, RecorderError>> + Send;

    /// Reads the last position of the log.
    fn max_position(self: &Arc<Self>) -> impl Future<Output = Result<Option<u64>, RecorderError>> + Send;

    /// Reads how far `upstream` has been processed.
    fn last_tracking(
        self: &Arc<Self>,
        upstream: Arc<str>,
    ) -> impl Future<Output = Result<Option<Tracking>, RecorderError>> + Send;

    /// Tells of new events.
    fn event_wakeup(&self) -> Wakeup;

    /// Tells of new tracking.
    fn tracking_wakeup(&self) -> Wakeup;

    /// What it promises beyond the common contract.
    fn capabilities(&self) -> Capabilities;
}
