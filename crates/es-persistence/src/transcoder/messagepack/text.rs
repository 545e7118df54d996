//! Texts that are stored in a shorter form.

use es_domain::Timestamp;
use uuid::{Uuid, fmt::Hyphenated};

/// The value that a text stands for. The shorter form is used only if it gives back the same text to the last character.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Compact {
    Uuid(Uuid),
    /// Seconds in the low 34 bits, nanoseconds above, as MessagePack's timestamps have them.
    Time(u64),
}

const SECONDS_BITS: u32 = 34;
const MICROS_IN_SECOND: u64 = 1_000_000;
const NANOS_IN_MICRO: u64 = 1_000;
/// The length of `2026-01-02T03:04:05.000006Z`.
const TIME_LEN: usize = 27;

pub(super) fn compact(text: &str) -> Option<Compact> {
    match (text.len(), text.as_bytes().last()) {
        (Hyphenated::LENGTH, _) => uuid(text).map(Compact::Uuid),
        (TIME_LEN, Some(b'Z')) => time(text).map(Compact::Time),
        _ => None,
    }
}

fn uuid(text: &str) -> Option<Uuid> {
    let uuid = Uuid::try_parse(text).ok()?;
    let mut buffer = Uuid::encode_buffer();
    (uuid.hyphenated().encode_lower(&mut buffer) == text).then_some(uuid)
}

fn time(text: &str) -> Option<u64> {
    let time: Timestamp = text.parse().ok()?;
    if time.to_string() != text {
        return None;
    }
    let micros = u64::try_from(time.as_micros()).ok()?;
    let (seconds, nanos) = (micros / MICROS_IN_SECOND, micros % MICROS_IN_SECOND * NANOS_IN_MICRO);
    (seconds >> SECONDS_BITS == 0).then_some(nanos << SECONDS_BITS | seconds)
}

/// Returns the text of a timestamp, or `None` if this library cannot have written the timestamp.
pub(super) fn text_of_time(bits: u64) -> Option<String> {
    let (seconds, nanos) = (bits & ((1 << SECONDS_BITS) - 1), bits >> SECONDS_BITS);
    let micros = nanos / NANOS_IN_MICRO;
    if nanos % NANOS_IN_MICRO != 0 || micros >= MICROS_IN_SECOND {
        return None;
    }
    let micros = i64::try_from(seconds * MICROS_IN_SECOND + micros).ok()?;
    Timestamp::from_micros(micros).ok().map(|time| time.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_compact_only_if_it_comes_back_to_the_last_character() {
        let uuid = "01920000-0000-7000-8000-00000000000a";
        assert_eq!(compact(uuid), Some(Compact::Uuid(uuid.parse().expect("it is one"))));
        assert_eq!(compact(&uuid.to_uppercase()), None);
        assert_eq!(compact(&uuid.replace('-', ":")), None);
        assert_eq!(compact("this text has thirty-six characters."), None);

        for (text, is_compact) in [
            ("1970-01-01T00:00:00.000000Z", true),
            ("2026-01-02T03:04:05.000006Z", true),
            ("2514-05-30T01:53:03.999999Z", true),
            ("2514-05-30T01:53:04.000000Z", false),
            ("1969-12-31T23:59:59.999999Z", false),
            ("2026-01-02t03:04:05.000006Z", false),
            ("twenty-seven characters, aZ", false),
        ] {
            let Some(Compact::Time(bits)) = compact(text) else {
                assert!(!is_compact, "{text}");
                continue;
            };
            assert!(is_compact, "{text}");
            assert_eq!(text_of_time(bits).as_deref(), Some(text));
        }
        assert_eq!(text_of_time(1 << SECONDS_BITS), None);
        assert_eq!(text_of_time(u64::MAX), None);
    }
}
