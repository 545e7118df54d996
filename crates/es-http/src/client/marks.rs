//! What was read last, by which a log that was rewound is noticed.

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
};

use es_persistence::LogPage;

use crate::wire::Mark;

/// The last event of each of the pages that were read last, by the position that the page has reached.
///
/// A reader that goes on after such a position asks the server whether the log still has the event.
#[derive(Debug, Default)]
pub(crate) struct Marks(Mutex<VecDeque<(u64, Mark)>>);

/// How many readers can go on at once, each where its page has ended.
const LEN: usize = 64;

impl Marks {
    /// The last event that was read up to `position`, if a page has ended there.
    pub(crate) fn at(&self, position: u64) -> Option<Mark> {
        let marks = self.lock();
        marks
            .iter()
            .find(|(reached, _)| *reached == position)
            .map(|(_, mark)| *mark)
    }

    /// Remembers the end of a page that was read after `lower`.
    pub(crate) fn remember(&self, lower: u64, page: &LogPage) {
        let last = page.notifications.last().map(|last| Mark {
            position: last.position,
            event_id: last.event.event_id,
        });
        if let Some(mark) = last.or_else(|| self.at(lower)) {
            self.put(page.reached, mark);
        }
    }

    /// Remembers that `mark` is the last event up to `position`.
    pub(crate) fn put(&self, position: u64, mark: Mark) {
        let mut marks = self.lock();
        marks.retain(|(reached, _)| *reached != position);
        if marks.len() == LEN {
            marks.pop_back();
        }
        marks.push_front((position, mark));
    }

    /// Forgets what was read up to `position`: the reader was told that the log was rewound.
    pub(crate) fn forget(&self, position: u64) {
        self.lock().retain(|(reached, _)| *reached != position);
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<(u64, Mark)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use es_persistence::{Notification, StoredEvent, Timestamp};
    use uuid::Uuid;

    use super::*;

    fn page(position: u64, reached: u64) -> LogPage {
        let event = StoredEvent::new("fido".into(), 1, "Dog.Walked", Vec::new());
        let event = event.with_stamp(Uuid::from_u128(position.into()), Timestamp::UNIX_EPOCH);
        LogPage::new(vec![Notification::new(position, event)], reached)
    }

    #[test]
    fn a_reader_that_goes_on_is_known_by_the_last_event_that_it_has_seen() {
        let marks = Marks::default();
        assert_eq!(marks.at(0), None);
        marks.remember(0, &page(5, 7));
        marks.remember(7, &LogPage::new(Vec::new(), 9));
        assert_eq!(marks.at(5), None);
        assert_eq!(marks.at(7).map(|mark| mark.position), Some(5));
        assert_eq!(
            marks.at(9).map(|mark| mark.position),
            Some(5),
            "nothing was selected in between"
        );
        marks.forget(9);
        assert_eq!(marks.at(9), None);
    }

    #[test]
    fn the_oldest_of_too_many_is_forgotten() {
        let marks = Marks::default();
        for position in 1..=100 {
            marks.remember(position - 1, &page(position, position));
        }
        assert_eq!((marks.at(36), marks.lock().len()), (None, LEN));
        assert!(marks.at(37).is_some());
    }
}
