//! An event as it is sent.

use std::borrow::Cow;

use es_persistence::{Notification, OriginatorId, StoredEvent, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Base64;

/// An event of the log: the fields of the Python library's items, and then the columns that its rows do not have.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Item<'a> {
    /// The position.
    pub(crate) id: u64,
    /// 32 hexadecimal digits if the ID is a UUID, else the text.
    #[serde(borrow)]
    originator_id: Cow<'a, str>,
    originator_version: u64,
    #[serde(borrow)]
    topic: Cow<'a, str>,
    state: Base64<'a>,
    /// A text may look like a UUID.
    originator_type: OriginatorType,
    pub(crate) event_id: Uuid,
    timestamp: Timestamp,
    schema_version: u16,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    metadata: Option<Base64<'a>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    hash: Option<Base64<'a>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum OriginatorType {
    Uuid,
    Text,
}

/// An item that no log can have.
#[cfg(feature = "client")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ItemError {
    OriginatorId,
    OriginatorVersion,
    Position,
    Text,
    EventId,
    SchemaVersion,
}

#[cfg(feature = "client")]
impl ItemError {
    /// What is wrong with the item.
    pub(crate) const fn reason(self) -> &'static str {
        match self {
            Self::OriginatorId => "the originator ID is not a UUID, as its type says",
            Self::OriginatorVersion => "the originator version is not between 1 and 2^63 - 1",
            Self::Position => "the position is not between 1 and 2^63 - 1",
            Self::Text => "a text is empty or has a NUL character",
            Self::EventId => "the event ID is nil",
            Self::SchemaVersion => "the schema version is not between 1 and 32767",
        }
    }
}

impl<'a> From<&'a Notification> for Item<'a> {
    fn from(notification: &'a Notification) -> Self {
        let event = &notification.event;
        let (originator_id, originator_type) = match &event.originator_id {
            OriginatorId::Uuid(uuid) => (uuid.simple().to_string().into(), OriginatorType::Uuid),
            OriginatorId::Text(text) => (Cow::Borrowed(&**text), OriginatorType::Text),
        };
        Self {
            id: notification.position,
            originator_id,
            originator_version: event.originator_version,
            topic: Cow::Borrowed(&event.topic),
            state: Base64::from(&*event.state),
            originator_type,
            event_id: event.event_id,
            timestamp: event.timestamp,
            schema_version: event.schema_version,
            metadata: event.metadata.as_deref().map(Base64::from),
            hash: event.hash.as_deref().map(Base64::from),
        }
    }
}

#[cfg(feature = "server")]
impl Item<'_> {
    /// How many bytes the JSON of an event has, about.
    pub(crate) fn size_of(event: &StoredEvent) -> usize {
        /// Names of fields, numbers, IDs and times.
        const REST: usize = 350;
        let bytes = [Some(&event.state), event.metadata.as_ref(), event.hash.as_ref()];
        let bytes = bytes.into_iter().flatten().map(|bytes| Base64::text_len(bytes.len()));
        let text = event.originator_id.as_text().map_or(0, str::len);
        bytes.sum::<usize>() + event.topic.len() + text + REST
    }
}

#[cfg(feature = "client")]
impl Item<'_> {
    /// Turns it into a notification.
    ///
    /// # Errors
    ///
    /// [`ItemError`] when a store would refuse the event.
    pub(crate) fn into_notification(self) -> Result<Notification, ItemError> {
        self.check()?;
        let originator_id = self.originator()?;
        let bytes = |bytes: Base64<'_>| bytes.0.into_owned();
        let event = StoredEvent::new(
            originator_id,
            self.originator_version,
            self.topic.into_owned(),
            bytes(self.state),
        );
        let event = event
            .with_stamp(self.event_id, self.timestamp)
            .with_schema_version(self.schema_version)
            .with_metadata(self.metadata.map(bytes))
            .with_hash(self.hash.map(bytes));
        Ok(Notification::new(self.id, event))
    }

    fn check(&self) -> Result<(), ItemError> {
        let is_number = |number: u64| number > 0 && i64::try_from(number).is_ok();
        let is_text = |text: &str| !text.is_empty() && !text.contains('\0');
        if !is_number(self.id) {
            return Err(ItemError::Position);
        }
        if !is_number(self.originator_version) {
            return Err(ItemError::OriginatorVersion);
        }
        if !is_text(&self.topic) || !is_text(&self.originator_id) {
            return Err(ItemError::Text);
        }
        if self.event_id.is_nil() {
            return Err(ItemError::EventId);
        }
        if self.schema_version == 0 || i16::try_from(self.schema_version).is_err() {
            return Err(ItemError::SchemaVersion);
        }
        Ok(())
    }

    fn originator(&self) -> Result<OriginatorId, ItemError> {
        if self.originator_type == OriginatorType::Text {
            return Ok(OriginatorId::from(&*self.originator_id));
        }
        let uuid = Uuid::try_parse(&self.originator_id).ok();
        uuid.map(OriginatorId::Uuid).ok_or(ItemError::OriginatorId)
    }
}

#[cfg(all(feature = "client", feature = "server"))]
#[cfg(test)]
mod tests {
    use super::*;

    fn notification(originator_id: OriginatorId) -> Notification {
        let event = StoredEvent::new(originator_id, 2, "Dog.TrickAdded", b"{\"trick\":\"sit\"}".to_vec());
        let event_id = "0190b3c0-7000-7000-8000-000000000001".parse().unwrap();
        let event = event.with_stamp(event_id, "2026-01-02T03:04:05.000006Z".parse().unwrap());
        Notification::new(7, event)
    }

    #[test]
    fn an_item_has_the_fields_of_the_python_library_first() {
        let uuid: Uuid = "b5aaabf7-4d7b-4a50-8bd6-6e2d7e1d0ab9".parse().unwrap();
        let json = serde_json::to_string(&Item::from(&notification(uuid.into()))).unwrap();
        assert_eq!(
            json,
            r#"{"id":7,"originator_id":"b5aaabf74d7b4a508bd66e2d7e1d0ab9","originator_version":2,"topic":"Dog.TrickAdded","state":"eyJ0cmljayI6InNpdCJ9","originator_type":"uuid","event_id":"0190b3c0-7000-7000-8000-000000000001","timestamp":"2026-01-02T03:04:05.000006Z","schema_version":1}"#
        );
    }

    #[test]
    fn what_is_sent_comes_back_with_every_column() {
        let ids = [
            OriginatorId::Uuid(Uuid::from_u128(5)),
            OriginatorId::from("b5aaabf74d7b4a508bd66e2d7e1d0ab9"),
            OriginatorId::from("Customer:\"\u{1f415}\""),
        ];
        for id in ids {
            for bytes in [None, Some(Vec::new()), Some(vec![0, 255, 7])] {
                let mut sent = notification(id.clone());
                sent.event = sent.event.with_metadata(bytes.clone()).with_hash(bytes);
                let json = serde_json::to_string(&Item::from(&sent)).unwrap();
                let item: Item<'_> = serde_json::from_str(&json).unwrap();
                assert_eq!(item.into_notification(), Ok(sent));
            }
        }
    }

    #[test]
    fn what_no_log_can_have_is_refused() {
        let json = serde_json::to_value(Item::from(&notification("Fido".into()))).unwrap();
        for (field, value, expected) in [
            ("id", 0.into(), ItemError::Position),
            ("id", u64::MAX.into(), ItemError::Position),
            ("originator_version", 0.into(), ItemError::OriginatorVersion),
            ("topic", "".into(), ItemError::Text),
            ("originator_id", "a\0".into(), ItemError::Text),
            ("originator_type", "uuid".into(), ItemError::OriginatorId),
            ("event_id", Uuid::nil().to_string().into(), ItemError::EventId),
            ("schema_version", 0.into(), ItemError::SchemaVersion),
            ("schema_version", 40_000.into(), ItemError::SchemaVersion),
        ] {
            let mut changed = json.clone();
            changed[field] = value;
            let changed = changed.to_string();
            let item: Item<'_> = serde_json::from_str(&changed).unwrap();
            assert_eq!(item.into_notification(), Err(expected), "{changed}");
        }
    }

    #[test]
    fn a_state_that_is_not_base64_is_refused_without_being_quoted() {
        let json = serde_json::to_string(&Item::from(&notification("Fido".into()))).unwrap();
        let json = json.replace("eyJ0cmljayI6InNpdCJ9", "se cret");
        let error = serde_json::from_str::<Item<'_>>(&json).unwrap_err().to_string();
        assert!(error.contains("not base64") && !error.contains("cret"), "{error}");
    }
}
