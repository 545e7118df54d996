//! The last event that was read, by which a log that was rewound is noticed.

use es_persistence::{ReadableLog, RecorderError, Selection};
use uuid::Uuid;

/// The position and the ID of an event that was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Anchor {
    /// The position of the event.
    pub position: u64,
    /// The ID of the event.
    pub event_id: Uuid,
}

/// How many events one step of the search reads at most.
const PAGE: usize = 256;

impl Anchor {
    /// Finds the last event at or below `position`. Positions may have holes.
    ///
    /// # Errors
    ///
    /// [`RecorderError`] when the log cannot be read.
    ///
    /// # Cancel safety
    ///
    /// Reading changes nothing; the future may be dropped.
    pub async fn find(log: &dyn ReadableLog, position: u64) -> Result<Option<Self>, RecorderError> {
        let mut span = 1;
        let mut upper = position;
        while upper > 0 {
            let lower = upper.saturating_sub(span);
            if let Some(found) = last(log, lower, upper).await? {
                return Ok(Some(found));
            }
            upper = lower;
            span = span.saturating_mul(8);
        }
        Ok(None)
    }

    /// Returns `true` if the log still has the event.
    ///
    /// # Errors
    ///
    /// [`RecorderError`] when the log cannot be read.
    ///
    /// # Cancel safety
    ///
    /// Reading changes nothing; the future may be dropped.
    pub async fn holds(self, log: &dyn ReadableLog) -> Result<bool, RecorderError> {
        Ok(last(log, self.position - 1, self.position).await? == Some(self))
    }
}

/// The last event above `lower`, up to `upper`.
async fn last(log: &dyn ReadableLog, lower: u64, upper: u64) -> Result<Option<Anchor>, RecorderError> {
    let mut found = None;
    let mut next = Some(Selection::after(lower).up_to(upper));
    while let Some(selection) = next {
        let page = log.select_notifications(selection.clone().limit(PAGE)).await?;
        if let Some(notification) = page.notifications.last() {
            found = Some(Anchor {
                position: notification.position,
                event_id: notification.event.event_id,
            });
        }
        let has_moved = page.reached > selection.lower();
        next = selection.rest(page.reached, 0).filter(|_| has_moved);
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use es_persistence::{AggregateRecorder as _, MemoryRecorder, StoredEvent};

    use super::*;

    #[tokio::test]
    async fn the_last_event_is_found_at_or_below_a_position() {
        let recorder = MemoryRecorder::default();
        assert_eq!(Anchor::find(&recorder, 5).await.unwrap(), None);
        for version in 1..=3 {
            let event = StoredEvent::new("fido".into(), version, "Dog.Walked", Vec::new());
            let event = event.with_stamp(Uuid::from_u128(version.into()), es_domain::Timestamp::UNIX_EPOCH);
            recorder.insert_events(vec![event]).await.unwrap();
        }
        for (position, expected) in [(1, 1), (3, 3), (4, 3), (5000, 3)] {
            let found = Anchor::find(&recorder, position).await.unwrap().unwrap();
            assert_eq!(found.event_id, Uuid::from_u128(expected), "{position}");
            assert!(found.holds(&recorder).await.unwrap());
        }
        let other = Anchor {
            position: 3,
            event_id: Uuid::nil(),
        };
        assert!(!other.holds(&recorder).await.unwrap());
    }
}
