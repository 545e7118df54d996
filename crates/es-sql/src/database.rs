//! The interface between the shared recorders and one SQL store.

use std::{fmt, sync::Arc};

use es_persistence::{
    Capabilities, Environment, EnvironmentError, EventQuery, FoundEvents, LogPage, OriginatorId, RecorderError,
    Selection, SnapshotStream, StoredEvent, StoredSnapshot, StreamSelection, Tracking, TrackingKey, Wakeup,
};

use crate::{Save, SqlName};

/// The tables of one application in an open database.
pub trait Database: fmt::Debug + Send + Sync + Sized + 'static {
    /// The value of `PERSISTENCE_MODULE` that chooses the store.
    const MODULE: &'static str;

    /// The name of the store in errors.
    const STORE: &'static str;

    /// The settings of the database.
    type Config: Clone + fmt::Debug + Send + Sync + 'static;

    /// Reads the settings of the database from the environment.
    ///
    /// # Errors
    ///
    /// [`EnvironmentError`] when a setting is wrong.
    fn configure(environment: &Environment) -> Result<Self::Config, EnvironmentError>;

    /// Opens the database, and creates the application's tables if the settings ask for it.
    fn open(config: Self::Config, application: &SqlName) -> impl Future<Output = Result<Self, RecorderError>> + Send;

    /// Waits for the saves that have begun, and closes the database.
    fn close(&self) -> impl Future<Output = ()> + Send;

    /// Stores a save that is not empty and has been checked. Returns the positions of its events.
    fn save(self: &Arc<Self>, save: Save) -> impl Future<Output = Result<Vec<u64>, RecorderError>> + Send;

    /// Returns the positions of `events`, or `None` unless all of them are stored under the same IDs and versions.
    fn find_positions(
        self: &Arc<Self>,
        events: Arc<[StoredEvent]>,
    ) -> impl Future<Output = Result<Option<Vec<u64>>, RecorderError>> + Send;

    /// Reads events of one aggregate.
    fn read_stream(
        self: &Arc<Self>,
        selection: StreamSelection,
    ) -> impl Future<Output = Result<Vec<StoredEvent>, RecorderError>> + Send;

    /// Reads snapshots of one aggregate.
    fn read_snapshots(
        self: &Arc<Self>,
        selection: StreamSelection,
    ) -> impl Future<Output = Result<Vec<StoredSnapshot>, RecorderError>> + Send;

    /// Reads the last snapshot up to version `up_to`, and at most `limit` events from its version on, as of one moment.
    fn read_snapshot_stream(
        self: &Arc<Self>,
        originator_id: OriginatorId,
        up_to: u64,
        limit: usize,
    ) -> impl Future<Output = Result<SnapshotStream, RecorderError>> + Send;

    /// Makes what events with tags need, if it is not there and the settings ask for it.
    fn prepare_tags(self: &Arc<Self>) -> impl Future<Output = Result<(), RecorderError>> + Send;

    /// Reads the events that match a query, as of one moment.
    fn read_tagged(
        self: &Arc<Self>,
        query: EventQuery,
    ) -> impl Future<Output = Result<FoundEvents, RecorderError>> + Send;

    /// Reads a part of the log.
    fn read_log(self: &Arc<Self>, selection: Selection) -> impl Future<Output = Result<LogPage, RecorderError>> + Send;

    /// Reads the last position of the log.
    fn max_position(self: &Arc<Self>) -> impl Future<Output = Result<Option<u64>, RecorderError>> + Send;

    /// Reads how far a consumer has processed a log.
    fn last_tracking(
        self: &Arc<Self>,
        key: TrackingKey,
    ) -> impl Future<Output = Result<Option<Tracking>, RecorderError>> + Send;

    /// Returns the signal for new events.
    fn event_wakeup(&self) -> Wakeup;

    /// Returns the signal for new tracking.
    fn tracking_wakeup(&self) -> Wakeup;

    /// Returns what the store promises beyond the common contract.
    fn capabilities(&self) -> Capabilities;
}
