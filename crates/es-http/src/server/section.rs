//! Sections: parts of the log between two positions.

use std::str::FromStr;

use es_persistence::{LogPage, ReadableLog, RecorderError, Selection, Topics};

use super::{Limits, problem::Problem, reading};
use crate::wire;

/// The positions that a section is to begin and end with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SectionId {
    first: u64,
    last: u64,
}

/// What was found, and where to go on.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub(crate) page: LogPage,
    pub(crate) next_id: Option<String>,
    /// The section will never be another one.
    pub(crate) is_final: bool,
}

impl SectionId {
    /// Reads the section, of which only events of `topics` are seen.
    pub(crate) async fn read(
        self,
        log: &dyn ReadableLog,
        topics: Option<Topics>,
        limits: &Limits,
    ) -> Result<Found, RecorderError> {
        let Some(span) = self.last.checked_sub(self.first) else {
            return Ok(Found::default());
        };
        let span = usize::try_from(span).unwrap_or(usize::MAX).saturating_add(1);
        let len = span.min(limits.page_len);
        let all = Selection::from(self.first).up_to(self.last).limit(len);
        let selection = match topics {
            Some(topics) => all.of_topics(topics),
            None => all,
        };
        let page = reading::page(log, selection, limits).await?;
        let is_full = page.notifications.len() == len;
        let end = match page.notifications.last() {
            Some(last) if is_full => last.position,
            _ => page.reached.max(self.first - 1),
        };
        let goes_on = is_full || log.max_position().await?.is_some_and(|last| last > end);
        let next_id = goes_on.then(|| after(end, len as u64));
        Ok(Found {
            is_final: goes_on && (is_full || end >= self.last),
            next_id,
            page,
        })
    }
}

impl FromStr for SectionId {
    type Err = Problem;

    fn from_str(id: &str) -> Result<Self, Problem> {
        let parse = || {
            let (first, last) = id.split_once(',')?;
            Some((wire::position(first)?, wire::position(last)?))
        };
        match parse() {
            Some((first, last)) if first > 0 && last > 0 => Ok(Self { first, last }),
            _ => Err(Problem::Invalid(
                "a section is two positions with a comma between them, such as 1,10".to_owned(),
            )),
        }
    }
}

/// The ID of the section of at most `len` events that begins after `position`.
fn after(position: u64, len: u64) -> String {
    format!("{},{}", position.saturating_add(1), position.saturating_add(len))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_is_two_positions() {
        let id: SectionId = "7,9".parse().unwrap();
        assert_eq!((id.first, id.last), (7, 9));
        "7,7".parse::<SectionId>().unwrap();
        "9,7".parse::<SectionId>().unwrap();
        for id in [
            "",
            "7",
            "7,",
            ",9",
            "0,9",
            "-1,9",
            "7,9,11",
            " 7,9",
            "7,9223372036854775808",
            "../log",
            "last",
        ] {
            assert!(matches!(id.parse::<SectionId>(), Err(Problem::Invalid(_))), "{id:?}");
        }
    }
}
