//! Applications that can be followed.

use std::{fmt, sync::Arc};

use futures_core::stream::BoxStream;
use futures_util::StreamExt as _;

use crate::{LogPages, Mapper, ReadableLog, Recorded, RecorderError, Selection, Topics};

/// An application whose events can be followed: one of this process, of another database, or of another machine.
///
/// Runners hold it as `Arc<dyn Upstream>`. A [`Source`] implements it for every log that can be read.
pub trait Upstream: fmt::Debug + Send + Sync + 'static {
    /// The name under which consumers keep their positions in this log.
    fn name(&self) -> &Arc<str>;

    /// The log itself.
    fn log(&self) -> &Arc<dyn ReadableLog>;

    /// Returns the events of `topics` after a position, in pages of at most `limit` events: first the stored ones, then new
    /// ones as they come, without end.
    fn pages(
        &self,
        after: u64,
        topics: Topics,
        limit: usize,
    ) -> BoxStream<'static, Result<RecordedPage, RecorderError>>;
}

/// Events that were read together, and the position up to which nothing else is selected.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct RecordedPage {
    /// The events, in the order of positions.
    pub events: Vec<Recorded>,
    /// The position that the page has reached: reading on after it misses nothing and repeats nothing.
    pub reached: u64,
}

impl RecordedPage {
    /// Makes a page.
    pub const fn new(events: Vec<Recorded>, reached: u64) -> Self {
        Self { events, reached }
    }
}

impl<U: Upstream + ?Sized> Upstream for Arc<U> {
    fn name(&self) -> &Arc<str> {
        (**self).name()
    }

    fn log(&self) -> &Arc<dyn ReadableLog> {
        (**self).log()
    }

    fn pages(
        &self,
        after: u64,
        topics: Topics,
        limit: usize,
    ) -> BoxStream<'static, Result<RecordedPage, RecorderError>> {
        (**self).pages(after, topics, limit)
    }
}

/// A log that can be read, with its name and the mapper that decodes its events.
#[derive(Clone, Debug)]
pub struct Source {
    name: Arc<str>,
    log: Arc<dyn ReadableLog>,
    mapper: Mapper,
}

impl Source {
    /// Puts a log, its name and its mapper together.
    pub fn new(name: impl Into<Arc<str>>, log: Arc<dyn ReadableLog>, mapper: Mapper) -> Self {
        Self {
            name: name.into(),
            log,
            mapper,
        }
    }

    /// The mapper that decodes the events.
    pub const fn mapper(&self) -> &Mapper {
        &self.mapper
    }
}

impl Upstream for Source {
    fn name(&self) -> &Arc<str> {
        &self.name
    }

    fn log(&self) -> &Arc<dyn ReadableLog> {
        &self.log
    }

    fn pages(
        &self,
        after: u64,
        topics: Topics,
        limit: usize,
    ) -> BoxStream<'static, Result<RecordedPage, RecorderError>> {
        let selection = Selection::after(after).of_topics(topics);
        let mapper = self.mapper.clone();
        let pages = LogPages::new(Arc::clone(&self.log), selection, limit);
        let recorded = move |page: crate::LogPage| {
            let events = page.notifications.into_iter();
            let events = events.map(|notification| Recorded::of(notification, mapper.clone()));
            RecordedPage::new(events.collect(), page.reached)
        };
        pages.map(move |page| page.map(&recorded)).boxed()
    }
}
