//! Where a reader of a tail goes on: the ID of the last server-sent event.

use std::{fmt, str::FromStr};

use super::{Mark, mark::ParseMarkError, position};

/// How far a reader has come, and the last event that it has seen.
///
/// Its text is `42/0190b3c0-…` after an event at position 42, `57,42/0190b3c0-…` if nothing was selected up to position 57 after
/// that event, and `57` if no event was seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Cursor {
    pub(crate) reached: u64,
    pub(crate) seen: Option<Mark>,
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.seen {
            None => write!(f, "{}", self.reached),
            Some(seen) if seen.position == self.reached => seen.fmt(f),
            Some(seen) => write!(f, "{},{seen}", self.reached),
        }
    }
}

impl FromStr for Cursor {
    type Err = ParseMarkError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Some(reached) = position(text) {
            return Ok(Self { reached, seen: None });
        }
        let Some((reached, seen)) = text.split_once(',') else {
            let seen: Mark = text.parse()?;
            let reached = seen.position;
            return Ok(Self {
                reached,
                seen: Some(seen),
            });
        };
        let (reached, seen) = (position(reached).ok_or(ParseMarkError)?, seen.parse::<Mark>()?);
        let seen = Some(seen).filter(|seen| seen.position <= reached);
        Ok(Self {
            reached,
            seen: Some(seen.ok_or(ParseMarkError)?),
        })
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn the_text_of_a_cursor_reads_back_and_nothing_else_does() {
        let seen = Some(Mark {
            position: 42,
            event_id: Uuid::from_u128(7),
        });
        for (cursor, text) in [
            (Cursor::default(), "0"),
            (
                Cursor {
                    reached: 57,
                    seen: None,
                },
                "57",
            ),
            (Cursor { reached: 42, seen }, "42/00000000-0000-0000-0000-000000000007"),
            (
                Cursor { reached: 57, seen },
                "57,42/00000000-0000-0000-0000-000000000007",
            ),
        ] {
            assert_eq!(cursor.to_string(), text);
            assert_eq!(text.parse(), Ok(cursor));
        }
        for text in [
            "",
            "x",
            "57,",
            ",42/00000000-0000-0000-0000-000000000007",
            "41,42/00000000-0000-0000-0000-000000000007",
            "1,2,3",
        ] {
            assert_eq!(text.parse::<Cursor>(), Err(ParseMarkError), "{text:?}");
        }
    }
}
