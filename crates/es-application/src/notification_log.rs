//! The log of an application, in pages.

use es_persistence::{EventStore, RecorderError, Selection};

use crate::{ApplicationError, Recorded, Section, section::SectionId};

/// All events of an application in the order of their positions.
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

    /// Reads the section `id`: `"1,10"` asks for the events at positions 1 to 10.
    ///
    /// A section never has more events than the section size, whatever its ID asks for.
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
        let items = self
            .select(Selection::from(id.first()).limit(usize::try_from(limit).unwrap_or(usize::MAX)))
            .await?;
        Ok(Section::new(items, limit))
    }

    /// Reads the part of the log that `selection` names.
    ///
    /// # Errors
    ///
    /// [`RecorderError`] when the log cannot be read.
    ///
    /// # Cancel safety
    ///
    /// Reading changes nothing; the future may be dropped.
    pub async fn select(&self, selection: Selection) -> Result<Vec<Recorded>, RecorderError> {
        let notifications = self.store.recorder().select_notifications(selection).await?;
        let mapper = self.store.mapper();
        Ok(notifications
            .into_iter()
            .map(|notification| Recorded::new(notification, mapper.clone()))
            .collect())
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
