//! A log in one stream for each span of time.

use std::ops::{Bound, RangeBounds};

use es_application::{Application, ApplicationError};
use es_domain::{Id, Stamp, Timestamp, with_clock};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{BucketSize, Entry, EventSourcedLog, Logged};

/// A log whose entries are in one stream for each year, month, day, hour, minute or second, so that no stream grows for ever
/// and a span of time is read without what is before and after it.
///
/// The beginnings of the buckets are a log of their own: one entry for each bucket that has entries. Reading walks along it,
/// so that long times without entries cost nothing.
///
/// ```
/// use es_application::Application;
/// use es_structures::{BucketSize, Entry, Order, TimeBucketedLog};
/// use serde::{Deserialize, Serialize};
/// use uuid::Uuid;
///
/// #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
/// struct Message(String);
///
/// impl Entry for Message {
///     const STREAM: &'static str = "Messages";
///     const TOPIC: &'static str = "Messages.Logged";
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), es_application::ApplicationError> {
/// let app = Application::builder("Chat").open().await?;
/// let log = TimeBucketedLog::new(&app, Uuid::nil(), BucketSize::Minute);
/// log.append(Message("Hello".to_owned())).await?;
/// log.append(Message("world".to_owned())).await?;
///
/// let latest = log.entries(.., Order::Descending, 1).await?;
/// assert_eq!(latest[0].entry, Message("world".to_owned()));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct TimeBucketedLog<T: Entry> {
    app: Application,
    id: Uuid,
    size: BucketSize,
    buckets: EventSourcedLog<Bucket>,
    entries: std::marker::PhantomData<fn() -> T>,
}

/// The beginning of a bucket that has entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bucket {
    start: Timestamp,
}

impl Bucket {
    /// Returns the time at which the bucket begins.
    pub const fn start(self) -> Timestamp {
        self.start
    }
}

impl Entry for Bucket {
    const STREAM: &'static str = "es.TimeBucketedLog";
    const TOPIC: &'static str = "es.TimeBucketedLog.BucketBegun";
}

/// In which order entries are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// The oldest entry first.
    Ascending,
    /// The latest entry first.
    Descending,
}

/// How many entries are read at once.
const PAGE: usize = 1000;
/// How often an entry is appended anew when others were faster.
const ATTEMPTS: usize = 50;

impl<T: Entry> TimeBucketedLog<T> {
    /// Returns the log `id` of `app`. A log with another `size` is another log, also under the same ID.
    #[must_use]
    pub fn new(app: &Application, id: Uuid, size: BucketSize) -> Self {
        let id = Uuid::new_v5(&id, size.to_string().as_bytes());
        Self {
            app: app.clone(),
            id,
            size,
            buckets: EventSourcedLog::new(app, Id::from_uuid(id)),
            entries: std::marker::PhantomData,
        }
    }

    /// Returns the log of the bucket that begins at `start`.
    fn bucket(&self, start: Timestamp) -> EventSourcedLog<T> {
        EventSourcedLog::new(&self.app, Id::named(self.id, &start.to_string()))
    }

    /// Appends `entry` with the present time, and returns that time. If others were faster, it is appended after theirs.
    ///
    /// Entries of one bucket are in the order in which they were stored. Their times ascend as far as the clocks of the
    /// processes that append agree.
    ///
    /// # Errors
    ///
    /// [`ApplicationError`] if the log cannot be read or the entry cannot be saved, also if others were faster fifty times.
    ///
    /// # Cancel safety
    ///
    /// A future that is dropped leaves the entry appended or not.
    pub async fn append(&self, entry: T) -> Result<Timestamp, ApplicationError> {
        let now = Stamp::now().timestamp();
        let mut attempts = 1;
        loop {
            match self.try_append(now, entry.clone()).await {
                Err(error) if error.conflict().is_some() && attempts < ATTEMPTS => attempts += 1,
                outcome => return outcome.map(|()| now),
            }
        }
    }

    async fn try_append(&self, now: Timestamp, entry: T) -> Result<(), ApplicationError> {
        let start = self.size.start_of(now);
        let bucket = self.bucket(start);
        let version = bucket.len().await?;
        let mut next = with_clock(now, || bucket.next_after(version, entry))?;
        if version > 0 {
            return self.app.save(&mut next).await.map(drop);
        }
        let mut begun = self.buckets.next(Bucket { start }).await?;
        self.app.save((&mut next, &mut begun)).await.map(drop)
    }

    /// Reads at most `limit` entries whose times are in `times`, bucket by bucket: forwards from the beginning of `times`, or
    /// backwards from its end. To go on, begin after the time of the last entry.
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
        times: impl RangeBounds<Timestamp> + Send + Sync,
        order: Order,
        limit: usize,
    ) -> Result<Vec<Logged<T>>, ApplicationError> {
        let mut buckets = self.buckets_of(&times).await?;
        if order == Order::Descending {
            buckets.reverse();
        }
        let mut entries = Vec::new();
        for start in buckets {
            self.read_bucket(start, &times, order, limit, &mut entries).await?;
            if entries.len() >= limit {
                break;
            }
        }
        Ok(entries)
    }

    /// The beginnings of the buckets that may have entries of `times`, in ascending order.
    async fn buckets_of(&self, times: &(impl RangeBounds<Timestamp> + Sync)) -> Result<Vec<Timestamp>, ApplicationError> {
        let start_of = |bound: Bound<&Timestamp>, open: Timestamp| match bound {
            Bound::Included(time) | Bound::Excluded(time) => self.size.start_of(*time),
            Bound::Unbounded => open,
        };
        let first = start_of(times.start_bound(), Timestamp::MIN);
        let last = start_of(times.end_bound(), Timestamp::MAX);
        let mut starts = Vec::new();
        let mut after = 0;
        loop {
            let page = self.buckets.entries(|entries| entries.after(after).limit(PAGE)).await?;
            let found = page.iter().map(|bucket| bucket.entry.start);
            starts.extend(found.filter(|start| (first..=last).contains(start)));
            match page.last() {
                Some(bucket) if page.len() == PAGE => after = bucket.version,
                _ => break,
            }
        }
        // A process whose clock is behind may have begun an older bucket later.
        starts.sort_unstable();
        Ok(starts)
    }

    async fn read_bucket(
        &self,
        start: Timestamp,
        times: &(impl RangeBounds<Timestamp> + Sync),
        order: Order,
        limit: usize,
        entries: &mut Vec<Logged<T>>,
    ) -> Result<(), ApplicationError> {
        let bucket = self.bucket(start);
        let mut edge = None;
        while entries.len() < limit {
            let page = bucket.entries(|all| match (order, edge) {
                (Order::Ascending, None) => all.limit(PAGE),
                (Order::Ascending, Some(version)) => all.after(version).limit(PAGE),
                (Order::Descending, None) => all.descending().limit(PAGE),
                (Order::Descending, Some(version)) => all.up_to(version - 1).descending().limit(PAGE),
            });
            let page = page.await?;
            let is_last = page.len() < PAGE;
            edge = page.last().map(|logged| logged.version);
            let room = limit - entries.len();
            entries.extend(page.into_iter().filter(|logged| times.contains(&logged.timestamp)).take(room));
            if is_last || edge == Some(1) {
                break;
            }
        }
        Ok(())
    }
}
