//! What is sent: JSON in the form of the Python library, with the columns that rows have now.

mod base64;
#[cfg(feature = "server")]
mod cursor;
mod item;
mod mark;

use serde::{Deserialize, Serialize};

#[cfg(feature = "server")]
pub(crate) use self::cursor::Cursor;
pub(crate) use self::{base64::Base64, item::Item, mark::Mark};

/// A section of the log: some events, and the section to read next.
#[cfg(feature = "server")]
#[derive(Debug, Serialize)]
pub(crate) struct Section<'a> {
    /// The positions of the first and the last event, such as `1,10`.
    pub(crate) id: Option<String>,
    pub(crate) next_id: Option<String>,
    pub(crate) items: Vec<Item<'a>>,
}

/// A part of the log, and how far it reaches.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Page<'a> {
    #[serde(borrow)]
    pub(crate) items: Vec<Item<'a>>,
    /// Reading on after it misses nothing and repeats nothing.
    pub(crate) reached: u64,
    /// The page has every position from the first to `reached`.
    #[serde(default)]
    pub(crate) contiguous: bool,
}

/// How long the log is, and what it promises.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Last {
    /// The position of the last event; `None` if there is none. It is never left out.
    #[serde(deserialize_with = "Option::deserialize")]
    pub(crate) position: Option<u64>,
    #[serde(default)]
    pub(crate) contiguous: bool,
    #[serde(default)]
    pub(crate) durable: bool,
}

/// What the problem that says that a log was rewound tells (RFC 9457).
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Rewinding {
    /// The event that the reader has seen.
    pub(crate) seen: String,
    /// The ID of the event that is there now.
    pub(crate) found: Option<uuid::Uuid>,
}

/// The type of the problem that says that a log was rewound.
pub(crate) const REWOUND: &str = "urn:es-http:rewound";

/// Reads a position: decimal digits and nothing else, at most 2^63 - 1.
pub(crate) fn position(text: &str) -> Option<u64> {
    let is_digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let number = is_digits.then(|| text.parse::<i64>().ok())??;
    u64::try_from(number).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_is_digits_and_no_more_than_the_greatest() {
        assert_eq!(position("0"), Some(0));
        assert_eq!(position("9223372036854775807"), Some(9_223_372_036_854_775_807));
        for text in ["", "-1", "+1", " 1", "1.0", "0x1", "9223372036854775808", "\u{661}"] {
            assert_eq!(position(text), None, "{text:?}");
        }
    }
}
