//! The log of an application, in pages.

use es_persistence::{EventStore, RecorderError, Selection};

use crate::{
    ApplicationError, Recorded, RecordedPage, Section,
    section::{self, SectionId},
};

/// All events of an application in the order of their positions.
///
/// Events are delivered as they are stored. The log and subscriptions do not verify hash chains, because an event's link
/// follows from the event before it in the same aggregate, which may be anywhere in the log. An event that was edited in
/// the store is delivered; [`Repository::get`](crate::Repository::get) refuses it.
#[derive(Clone, Debug)]
pub struct NotificationLog {
    store: EventStore,
    section_size: u64,
}

/// How many events a section has at most, unless something else is asked for.
const SECTION_SIZE: u64 = 10;

impl NotificationLog {
    pub(crate) const fn new(store: EventStore) -> Self {
        Self {
            store,
            section_size: SECTION_SIZE,
        }
    }

    /// Makes sections of at most `size` events instead of 10.
    #[must_use]
    pub fn with_section_size(self, size: u64) -> Self {
        Self {
            section_size: size,
            ..self
        }
    }

    /// Reads the section `id`: `"1,10"` asks for the events at positions 1 to 10, and for no more than 10 of them.
    ///
    /// A section never has more events than the section size, whatever its ID asks for, and none behind the last position
    /// that it asks for. Where positions have holes (PostgreSQL), it may have fewer events than that, or none, and
    /// [`next_id`](Section::next_id) still leads on.
    ///
    /// # Errors
    ///
    /// [`ApplicationError::SectionId`] when `id` is not two numbers with a comma between them; another error when the
    /// log cannot be read.
    ///
    /// # Cancel safety
    ///
    /// Reading changes nothing; the future may be dropped.
    pub async fn section(&self, id: &str) -> Result<Section, ApplicationError> {
        let id: SectionId = id.parse()?;
        let limit = id.len().min(self.section_size);
        let selection = Selection::from(id.first()).up_to(id.last());
        let items = self
            .select(selection.limit(usize::try_from(limit).unwrap_or(usize::MAX)))
            .await?;
        let next_id = self.next_id(id, &items, limit).await?;
        Ok(Section::new(items, next_id))
    }

    /// Returns the ID of the section that follows a section with these `items`, which asked for at most `limit` events.
    async fn next_id(&self, id: SectionId, items: &[Recorded], limit: u64) -> Result<Option<String>, RecorderError> {
        if limit == 0 {
            return Ok(None);
        }
        if let Some(last) = items.last().filter(|_| items.len() as u64 == limit) {
            return Ok(Some(section::after(last.position(), limit)));
        }
        let goes_on = self.max_position().await?.is_some_and(|last| last > id.last());
        Ok(goes_on.then(|| section::after(id.last(), limit)))
    }

    /// Reads the part of the log that `selection` names, to the end of the log.
    ///
    /// # Errors
    ///
    /// [`RecorderError`] when the log cannot be read.
    ///
    /// # Cancel safety
    ///
    /// Reading changes nothing; the future may be dropped.
    pub async fn select(&self, selection: Selection) -> Result<Vec<Recorded>, RecorderError> {
        let (mut next, mut found) = (Some(selection), Vec::new());
        while let Some(selection) = next {
            let before = selection.lower();
            let page = self.page(selection.clone()).await?;
            next = selection
                .rest(page.reached, page.events.len())
                .filter(|_| page.reached > before);
            found.extend(page.events);
        }
        Ok(found)
    }

    /// Reads the beginning of the part of the log that `selection` names. A read that selects by topics looks at a bounded
    /// part of the log, and the page says how far it has looked: reading on from there gives the rest.
    ///
    /// # Errors
    ///
    /// [`RecorderError`] when the log cannot be read.
    ///
    /// # Cancel safety
    ///
    /// Reading changes nothing; the future may be dropped.
    pub async fn page(&self, selection: Selection) -> Result<RecordedPage, RecorderError> {
        let page = self.store.recorder().select_notifications(selection).await?;
        let mapper = self.store.mapper();
        let events = page.notifications.into_iter();
        let events = events.map(|notification| Recorded::of(notification, mapper.clone()));
        Ok(RecordedPage::new(events.collect(), page.reached))
    }

    /// The position of the last event, or `None` when nothing has been saved.
    ///
    /// # Errors
    ///
    /// [`RecorderError`] when the log cannot be read.
    ///
    /// # Cancel safety
    ///
    /// Reading changes nothing; the future may be dropped.
    pub async fn max_position(&self) -> Result<Option<u64>, RecorderError> {
        self.store.recorder().max_position().await
    }
}
