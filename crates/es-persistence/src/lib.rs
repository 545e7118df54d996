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
//! | follow a log | [`Subscription`] |
//! | read and write events without an application | [`EventStore`] |
//! | write states in another form, smaller, or encrypted | [`Mapper`], [`Transcoder`], [`Compressor`], [`cipher`] |
//! | take over a database of the Python library | [`import`] |
//! | know all variables | [`Environment`] |

mod capabilities;
mod compressor;
mod datastore;
mod environment;
mod event_store;
mod mapper;
mod memory;
mod notification;
mod recorder;
mod selection;
mod stored_event;
mod subscription;
mod tracking;
mod transcoder;
mod wakeup;

pub mod cipher;

pub use self::{
    capabilities::Capabilities,
    compressor::{Compressor, CompressorError, InvalidDictionary, Zlib, Zstd, ZstdDictionary},
    datastore::{Datastore, DatastoreError, Persistence, PersistenceModules},
    environment::{Environment, EnvironmentError, Variable},
    event_store::{EventStore, EventStoreError},
    mapper::{ChainError, HashChain, Mapper, MapperError, MapperErrorKind, StateFormat, import},
    memory::{MemoryRecorder, factory as memory},
    notification::Notification,
    recorder::{
        AggregateRecorder, AlreadyTracked, ApplicationRecorder, Conflict, Operation, ProcessRecorder, RecorderError,
        RecorderErrorKind, TrackingRecorder, check_events, check_tracking,
    },
    selection::{Selection, StreamSelection},
    stored_event::StoredEvent,
    subscription::{Stopper, Subscription},
    tracking::Tracking,
    transcoder::{BoxError, Decode, Transcode, Transcoder, TranscoderError, UnknownTranscoder},
    wakeup::{Waker, Wakeup},
};
pub use erased_serde;
pub use es_domain::OriginatorId;
pub use futures_core::future::BoxFuture;
