//! A page of the log that knows the next one.

use std::{num::ParseIntError, str::FromStr};

use crate::Recorded;

/// A section of the log: some events, and the IDs of this section and the next.
#[derive(Clone, Debug)]
pub struct Section {
    id: Option<String>,
    items: Vec<Recorded>,
    next_id: Option<String>,
}

impl Section {
    /// Makes a section of what was found, after which `next_id` is to be read.
    pub(crate) fn new(items: Vec<Recorded>, next_id: Option<String>) -> Self {
        let ends = items.first().zip(items.last());
        let id = ends.map(|(first, last)| format!("{},{}", first.position(), last.position()));
        Self { id, items, next_id }
    }

    /// The positions of the first and the last event, such as `1,3`; `None` when there are none.
    pub fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    /// The events.
    pub fn items(&self) -> &[Recorded] {
        &self.items
    }

    /// The events, taken out.
    pub fn into_items(self) -> Vec<Recorded> {
        self.items
    }

    /// The ID of the section to read next; `None` if this one has reached the end of the log.
    ///
    /// A section that has fewer events than were asked for, or none, has a next one if the log goes on behind what was asked
    /// for: positions may have holes. A section that is full to the last event of the log has a next one too, which has no
    /// events until new ones come.
    pub fn next_id(&self) -> Option<&str> {
        self.next_id.as_deref()
    }
}

/// The ID of a section cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("section {id:?} is not two positions with a comma between them, such as 1,10")]
pub struct ParseSectionIdError {
    id: String,
    source: Option<ParseIntError>,
}

/// The positions that a section is to begin and end with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SectionId {
    first: u64,
    last: u64,
}

impl SectionId {
    pub(crate) const fn first(self) -> u64 {
        self.first
    }

    pub(crate) const fn last(self) -> u64 {
        self.last
    }

    /// How many positions there are in it.
    pub(crate) const fn len(self) -> u64 {
        match self.last.checked_sub(self.first) {
            Some(distance) => distance.saturating_add(1),
            None => 0,
        }
    }
}

impl FromStr for SectionId {
    type Err = ParseSectionIdError;

    fn from_str(id: &str) -> Result<Self, Self::Err> {
        let error = |source| ParseSectionIdError {
            id: id.to_owned(),
            source,
        };
        let (first, last) = id.split_once(',').ok_or_else(|| error(None))?;
        let number = |text: &str| text.trim().parse::<i64>().map_err(|source| error(Some(source)));
        // Positions below 1 are asked for by older readers; there is nothing there.
        let (first, last) = (number(first)?.max(1), number(last)?.max(0));
        Ok(Self {
            first: first.unsigned_abs(),
            last: last.unsigned_abs(),
        })
    }
}

/// Returns the ID of the section of at most `limit` events that begins after `position`.
pub(crate) fn after(position: u64, limit: u64) -> String {
    format!("{},{}", position.saturating_add(1), position.saturating_add(limit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_begins_at_1_and_has_no_negative_length() {
        let parsed = |id: &str| id.parse::<SectionId>().map(|id| (id.first(), id.len())).unwrap();
        assert_eq!(parsed("1,10"), (1, 10));
        assert_eq!(parsed("0,5"), (1, 5));
        assert_eq!(parsed("-3,2"), (1, 2));
        assert_eq!(parsed("5,1"), (5, 0));
        assert_eq!(parsed("1,9223372036854775807"), (1, 9_223_372_036_854_775_807));
    }

    #[test]
    fn nonsense_is_refused_with_the_text_in_the_message() {
        for id in ["", "x", "1", "1,", ",", "1,2,3", "1,99999999999999999999"] {
            let error = id.parse::<SectionId>().unwrap_err();
            assert!(error.to_string().contains(&format!("{id:?}")), "{error}");
        }
    }
}
