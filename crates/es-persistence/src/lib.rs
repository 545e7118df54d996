//! How events are stored: as rows of bytes, by recorders that are swapped by configuration.
//!
//! The way of an event: a [`Mapper`] turns a domain event into a [`StoredEvent`], an [`ApplicationRecorder`] stores it
//! with others in one transaction and gives it a position in the application's log, and whoever follows the log gets
//! it as a [`Notification`].
//!
//! | to do | look at |
//! |---|---|
//! | choose a store by the environment | [`Environment`], [`Persistence`] |
//! | write a store of your own | [`AggregateRecorder`], [`ApplicationRecorder`], [`ProcessRecorder`], [`TrackingRecorder`], [`Datastore`], [`Persistence`] |
//! | store events with tags, under a condition | [`DecisionRecorder`] |
//! | follow a log | [`Subscription`] |
//! | read and write events without an application | [`EventStore`] |
//! | write states in another form, smaller, or encrypted | [`Mapper`], [`Transcoder`], [`Compressor`], [`cipher`] |
//! | take over a database of the Python library | [`import`] |
//! | keep read models in a database of your own kind | [`views`] |
//! | know all variables | [`Environment`] |
//!
//! Cargo features, all of them on by default: `encryption` (AES-256-GCM), `messagepack`, `zlib` and `zstd`. Without them, a
//! program that keeps plain JSON in memory compiles no C. A setting or a stored state that needs a feature which is off is an
//! error that names the feature.

mod application_name;
mod capabilities;
mod compressor;
mod datastore;
mod decisions;
mod environment;
mod event_set;
mod event_store;
mod log_page;
mod log_pages;
mod mapper;
mod memory;
mod notification;
mod recorded;
mod recorder;
mod selection;
mod stored_event;
mod stored_snapshot;
mod subscription;
mod topics;
mod tracking;
mod transcoder;
mod upstream;
mod wakeup;

pub mod cipher;
pub mod views;

#[cfg(feature = "zlib")]
pub use self::compressor::Zlib;
#[cfg(feature = "zstd")]
pub use self::compressor::{InvalidDictionary, Zstd, ZstdDictionary};
pub use self::{
    application_name::{ApplicationNameError, check_application_name},
    capabilities::Capabilities,
    compressor::{Compressor, CompressorError},
    datastore::{Datastore, DatastoreError, Persistence, PersistenceModules},
    decisions::{AppendCondition, EventQuery, FoundEvent, FoundEvents, QueryItem, ReadToken, StoredTag, TaggedRow},
    environment::{Environment, EnvironmentError, Variable},
    event_set::EventSet,
    event_store::{EventStore, EventStoreError},
    log_page::LogPage,
    log_pages::{LogPages, Stopper},
    mapper::{
        ChainAcceptance, ChainError, Compression, Encryption, EncryptionMode, HashChain, Mapper, MapperConfig,
        MapperError, MapperErrorKind, StateFormat, StreamMapper, import,
    },
    memory::{MemoryRecorder, factory as memory},
    notification::Notification,
    recorded::{Recorded, Undecoded},
    recorder::{
        AggregateRecorder, AlreadyTracked, ApplicationRecorder, Conflict, DecisionRecorder, Fenced, LOG_WINDOW,
        Operation, ProcessRecorder, ReadableLog, RecorderError, RecorderErrorKind, Rewound, SnapshotDeletion,
        SnapshotRecorder, SnapshotStream, TrackingRecorder, check_events, check_snapshots, check_tags, check_tracking,
    },
    selection::{Selection, StreamSelection},
    stored_event::StoredEvent,
    stored_snapshot::StoredSnapshot,
    subscription::Subscription,
    topics::Topics,
    tracking::{Tracking, TrackingKey},
    transcoder::{BoxError, Decode, Transcode, Transcoder, TranscoderError, UnknownTranscoder},
    upstream::{RecordedPage, Source, Upstream},
    wakeup::{Waker, Wakeup},
};
pub use erased_serde;
pub use es_domain::{OriginatorId, Timestamp};
pub use futures_core::future::BoxFuture;
