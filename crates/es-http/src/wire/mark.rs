//! An event that a reader has seen, by which it notices a log that was rewound.

use std::{fmt, str::FromStr};

use uuid::Uuid;

/// The position and the ID of an event that was read. Its text is `42/0190b3c0-7000-7000-8000-000000000001`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Mark {
    pub(crate) position: u64,
    pub(crate) event_id: Uuid,
}

/// The text is not that of a mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ParseMarkError;

impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.position, self.event_id)
    }
}

impl FromStr for Mark {
    type Err = ParseMarkError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (position, event_id) = text.split_once('/').ok_or(ParseMarkError)?;
        let event_id = Uuid::try_parse(event_id).ok().ok_or(ParseMarkError)?;
        let position = super::position(position).filter(|position| *position > 0);
        Ok(Self {
            position: position.ok_or(ParseMarkError)?,
            event_id,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_of_a_mark_reads_back_and_nothing_else_does() {
        let mark = Mark {
            position: 42,
            event_id: Uuid::from_u128(7),
        };
        assert_eq!(mark.to_string().parse(), Ok(mark));
        for text in [
            "",
            "42",
            "42/",
            "/",
            "0/00000000-0000-0000-0000-000000000007",
            "42/x",
            "+42/00000000-0000-0000-0000-000000000007",
            "9223372036854775808/00000000-0000-0000-0000-000000000007",
        ] {
            assert_eq!(text.parse::<Mark>(), Err(ParseMarkError), "{text:?}");
        }
    }
}
