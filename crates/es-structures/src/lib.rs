//! Structures on top of an application: logs, arrays, a collection, and commands as aggregates.
//!
//! | structure | what it is for |
//! |---|---|
//! | [`EventSourcedLog`] | an endless sequence of entries, such as the IDs of all pages; appending does not read what is there |
//! | [`TimeBucketedLog`] | the same in one stream for each year, month, … or second, read forwards and backwards |
//! | [`Array`] | a sequence of bounded length, by index |
//! | [`BigArray`] | a total order over bounded streams: by index in one read, the last item in O(log n) reads |
//! | [`Collection`] | a set of items |
//! | [`Command`] | a request that is recorded itself, and is done or not yet done |
//!
//! The entries of logs and arrays are a type of the user's, which says by [`Entry`] under which topics it is stored.

mod array;
mod big_array;
mod bucket_size;
mod collection;
mod command;
mod entry;
mod log;
mod stream;
mod time_bucketed_log;

pub use self::{
    array::{Array, ArrayError},
    big_array::BigArray,
    bucket_size::{BucketSize, UnknownBucketSize},
    collection::{Collection, CollectionEvent, NotInCollection},
    command::{Command, CommandBody, CommandEvent},
    entry::{Entry, Logged},
    log::EventSourcedLog,
    stream::{Stream, StreamEvent},
    time_bucketed_log::{Bucket, Order, TimeBucketedLog},
};
pub use es_persistence::StreamSelection;
