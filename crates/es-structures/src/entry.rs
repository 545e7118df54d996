//! What stands in a log or an array.

use std::fmt;

use es_domain::Timestamp;
use serde::{Serialize, de::DeserializeOwned};

/// A type whose values are entries of logs and items of arrays.
///
/// ```
/// use es_structures::Entry;
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
/// struct PageCreated {
///     slug: String,
/// }
///
/// impl Entry for PageCreated {
///     const STREAM: &'static str = "PageLog";
///     const TOPIC: &'static str = "PageLog.PageCreated";
/// }
/// ```
pub trait Entry: Clone + fmt::Debug + Serialize + DeserializeOwned + Send + Sync + 'static {
    /// The topic of the streams. It never changes once something is stored, and no aggregate has the same.
    const STREAM: &'static str;

    /// The topic of the events, which begins with [`STREAM`](Self::STREAM) and a full stop.
    const TOPIC: &'static str;
}

/// An entry as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Logged<T> {
    /// Its number in its stream: 1, 2, 3, …
    pub version: u64,
    /// When it was made.
    pub timestamp: Timestamp,
    /// The entry.
    pub entry: T,
}
