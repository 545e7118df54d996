//! A sequence of entries without an aggregate.

use es_application::{Application, ApplicationError};
use es_domain::{Id, ReadEvent};
use es_persistence::StreamSelection;

use crate::{Entry, Logged, Stream, StreamEvent};

/// How often an entry is appended anew when others were faster.
const ATTEMPTS: usize = 50;

/// An endless sequence of entries: appending reads at most the last one, and replays nothing.
///
/// ```
/// use es_application::Application;
/// use es_domain::Id;
/// use es_structures::{Entry, EventSourcedLog};
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
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), es_application::ApplicationError> {
/// let app = Application::builder("Wiki").open().await?;
/// let pages = EventSourcedLog::new(&app, Id::new());
///
/// // Alone, or in one transaction with aggregates.
/// pages.append(PageCreated { slug: "home".to_owned() }).await?;
/// let mut next = pages.next(PageCreated { slug: "about".to_owned() }).await?;
/// app.save(&mut next).await?;
///
/// let last = pages.last().await?.expect("there are two");
/// assert_eq!((last.version, last.entry.slug.as_str()), (2, "about"));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct EventSourcedLog<T: Entry> {
    app: Application,
    id: Id<Stream<T>>,
}

impl<T: Entry> EventSourcedLog<T> {
    /// Returns the log `id` of `app`. Nothing is stored by it: a log without entries is one that nobody has appended to.
    #[must_use]
    pub fn new(app: &Application, id: Id<Stream<T>>) -> Self {
        Self { app: app.clone(), id }
    }

    /// Returns the ID of the log's stream.
    pub const fn id(&self) -> Id<Stream<T>> {
        self.id
    }

    /// Reads the last version, and returns `entry` as what follows it, for [`save`](Application::save): alone or together
    /// with aggregates. If another entry was appended in the meantime, the save is a conflict.
    ///
    /// # Errors
    ///
    /// [`ApplicationError`] if the log cannot be read.
    ///
    /// # Cancel safety
    ///
    /// Reading changes nothing; the future may be dropped.
    pub async fn next(&self, entry: T) -> Result<Stream<T>, ApplicationError> {
        let version = self.len().await?;
        self.next_after(version, entry)
    }

    /// Returns `entry` as what follows the entry `version`, without reading; 0 stands for an empty log.
    ///
    /// # Errors
    ///
    /// [`ApplicationError::Trigger`] if the event cannot be triggered.
    pub fn next_after(&self, version: u64, entry: T) -> Result<Stream<T>, ApplicationError> {
        Ok(Stream::after(self.id, version, entry)?)
    }

    /// Appends `entry` in a transaction of its own, and returns its version. If others were faster, it is appended after
    /// theirs.
    ///
    /// # Errors
    ///
    /// [`ApplicationError`] if the log cannot be read or the entry cannot be saved, also if others were faster fifty times.
    ///
    /// # Cancel safety
    ///
    /// A future that is dropped leaves the entry appended or not.
    pub async fn append(&self, entry: T) -> Result<u64, ApplicationError> {
        let mut version = self.len().await?;
        let mut attempts = 1;
        loop {
            match self.append_after(version, entry.clone()).await {
                Ok(()) => return Ok(version + 1),
                Err(error) => match error.conflict() {
                    Some(conflict) if attempts < ATTEMPTS => version = conflict.last_version,
                    _ => return Err(error),
                },
            }
            attempts += 1;
        }
    }

    /// Appends `entry` after the entry `version`, or fails with a conflict.
    pub(crate) async fn append_after(&self, version: u64, entry: T) -> Result<(), ApplicationError> {
        let mut next = self.next_after(version, entry)?;
        self.app.save(&mut next).await.map(drop)
    }

    /// Reads the number of entries, which is the version of the last one.
    ///
    /// # Errors
    ///
    /// [`ApplicationError`] if the log cannot be read.
    ///
    /// # Cancel safety
    ///
    /// Reading changes nothing; the future may be dropped.
    pub async fn len(&self) -> Result<u64, ApplicationError> {
        Ok(self.last().await?.map_or(0, |last| last.version))
    }

    /// Returns `true` if nothing was appended yet.
    ///
    /// # Errors
    ///
    /// As [`len`](Self::len).
    ///
    /// # Cancel safety
    ///
    /// Reading changes nothing; the future may be dropped.
    pub async fn is_empty(&self) -> Result<bool, ApplicationError> {
        Ok(self.len().await? == 0)
    }

    /// Reads the first entry, or returns `None` if there is none.
    ///
    /// # Errors
    ///
    /// As [`entries`](Self::entries).
    ///
    /// # Cancel safety
    ///
    /// Reading changes nothing; the future may be dropped.
    pub async fn first(&self) -> Result<Option<Logged<T>>, ApplicationError> {
        Ok(self.entries(|entries| entries.limit(1)).await?.pop())
    }

    /// Reads the last entry, or returns `None` if there is none.
    ///
    /// # Errors
    ///
    /// As [`entries`](Self::entries).
    ///
    /// # Cancel safety
    ///
    /// Reading changes nothing; the future may be dropped.
    pub async fn last(&self) -> Result<Option<Logged<T>>, ApplicationError> {
        Ok(self.entries(|entries| entries.descending().limit(1)).await?.pop())
    }

    /// Reads the entries that `select` chooses by their versions, in ascending order unless it says otherwise. Without a
    /// limit all of them are in memory at once.
    ///
    /// # Errors
    ///
    /// [`ApplicationError`] if the log cannot be read.
    ///
    /// # Cancel safety
    ///
    /// Reading changes nothing; the future may be dropped.
    pub async fn entries(
        &self,
        select: impl FnOnce(StreamSelection) -> StreamSelection + Send,
    ) -> Result<Vec<Logged<T>>, ApplicationError> {
        let events = self.app.repository().history(self.id, select).await?;
        Ok(events.into_iter().flat_map(logged).collect())
    }
}

fn logged<T: Entry>(event: ReadEvent<StreamEvent<T>>) -> impl Iterator<Item = Logged<T>> {
    event.into_domain_events().map(|event| Logged {
        version: event.originator_version(),
        timestamp: event.timestamp(),
        entry: match event.into_body() {
            StreamEvent::Logged { entry } => entry,
        },
    })
}
