//! Points in time, to the microsecond.

use std::{fmt, str::FromStr};

use uuid::Uuid;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A point in time, in microseconds since 1970-01-01T00:00:00Z.
///
/// It says when something was recorded. Nothing in this library is ordered by it: clocks run backwards.
///
/// In formats for people (JSON) it is RFC 3339 text in UTC, such as `2026-01-02T03:04:05.000006Z`; in others it is the
/// number of microseconds.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

/// The text is not a timestamp, or not one of the years 1 to 9999.
#[derive(Debug, thiserror::Error)]
#[error("{text:?} is not a timestamp such as 2026-01-02T03:04:05Z")]
pub struct ParseTimestampError {
    text: String,
    source: ParseCause,
}

#[derive(Debug, thiserror::Error)]
enum ParseCause {
    #[error(transparent)]
    Form(#[from] jiff::Error),
    #[error(transparent)]
    Range(#[from] TimestampRangeError),
}

/// The number of microseconds is outside of the years 1 to 9999.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{micros} microseconds since 1970 are not a timestamp of the years 1 to 9999")]
pub struct TimestampRangeError {
    micros: i64,
}

/// The microseconds from the year 1 to the end of what `jiff` can write, in the year 9999.
const RANGE: std::ops::RangeInclusive<i64> = -62_135_596_800_000_000..=253_402_207_199_999_999;

impl Timestamp {
    /// 1970-01-01T00:00:00Z.
    pub const UNIX_EPOCH: Self = Self(0);

    /// The earliest timestamp: 0001-01-01T00:00:00Z.
    pub const MIN: Self = Self(*RANGE.start());

    /// The latest timestamp: 9999-12-30T21:59:59.999999Z.
    pub const MAX: Self = Self(*RANGE.end());

    /// Makes a timestamp from microseconds since 1970-01-01T00:00:00Z.
    ///
    /// # Errors
    ///
    /// [`TimestampRangeError`] if the number is below [`MIN`](Self::MIN) or above [`MAX`](Self::MAX).
    pub const fn from_micros(micros: i64) -> Result<Self, TimestampRangeError> {
        if micros < *RANGE.start() || micros > *RANGE.end() {
            return Err(TimestampRangeError { micros });
        }
        Ok(Self(micros))
    }

    /// The time in a time-UUID: one of version 1, 6 or 7, as the IDs of events are. `None` for others.
    ///
    /// ```
    /// use es_domain::{Stamp, Timestamp};
    ///
    /// let stamp = Stamp::now();
    /// let time = Timestamp::from_uuid(stamp.event_id()).expect("it is of version 7");
    /// assert!((stamp.timestamp().as_micros() - time.as_micros()).abs() < 60_000_000);
    /// ```
    #[must_use]
    pub fn from_uuid(uuid: Uuid) -> Option<Self> {
        let (seconds, nanos) = uuid.get_timestamp()?.to_unix();
        let micros = i64::try_from(seconds).ok()?.checked_mul(1_000_000)?;
        Self::from_micros(micros.checked_add(i64::from(nanos / 1_000))?).ok()
    }

    /// Microseconds since 1970-01-01T00:00:00Z.
    pub const fn as_micros(self) -> i64 {
        self.0
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time = jiff::Timestamp::from_microsecond(self.0).map_err(|_out_of_range| fmt::Error)?;
        write!(f, "{time:.6}")
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Timestamp {
    type Err = ParseTimestampError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parse = || Ok(Self::from_micros(text.parse::<jiff::Timestamp>()?.as_microsecond())?);
        parse().map_err(|source| ParseTimestampError {
            text: text.to_owned(),
            source,
        })
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.collect_str(self)
        } else {
            serializer.serialize_i64(self.0)
        }
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            deserializer.deserialize_str(TextVisitor)
        } else {
            Self::from_micros(i64::deserialize(deserializer)?).map_err(de::Error::custom)
        }
    }
}

struct TextVisitor;

impl de::Visitor<'_> for TextVisitor {
    type Value = Timestamp;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a timestamp such as 2026-01-02T03:04:05Z")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Timestamp, E> {
        text.parse().map_err(E::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_utc_with_six_decimals_and_reads_back() {
        let time = Timestamp::from_micros(1_700_000_000_000_006).unwrap();
        assert_eq!(time.to_string(), "2023-11-14T22:13:20.000006Z");
        assert_eq!("2023-11-14T22:13:20.000006Z".parse::<Timestamp>().unwrap(), time);
        assert_eq!("2023-11-15T00:13:20.000006+02:00".parse::<Timestamp>().unwrap(), time);
    }

    #[test]
    fn extremes_have_a_text_that_reads_back() {
        for time in [Timestamp::MIN, Timestamp::MAX] {
            assert_eq!(time.to_string().parse::<Timestamp>().unwrap(), time);
        }
    }

    #[test]
    fn a_time_outside_of_the_range_is_refused_and_not_moved() {
        for micros in [i64::MIN, Timestamp::MIN.0 - 1, Timestamp::MAX.0 + 1, i64::MAX] {
            assert_eq!(Timestamp::from_micros(micros), Err(TimestampRangeError { micros }));
        }
        assert_eq!(Timestamp::from_micros(Timestamp::MAX.0), Ok(Timestamp::MAX));
        let error = "-000001-01-01T00:00:00Z".parse::<Timestamp>().unwrap_err();
        assert!(matches!(error.source, ParseCause::Range(_)), "{error}");
        assert_eq!(Timestamp::MIN.to_string(), "0001-01-01T00:00:00.000000Z");
        assert_eq!(Timestamp::MAX.to_string(), "9999-12-30T21:59:59.999999Z");
    }

    #[test]
    fn nonsense_is_refused_with_the_text_in_the_message() {
        let error = "yesterday".parse::<Timestamp>().unwrap_err();
        assert_eq!(
            error.to_string(),
            r#""yesterday" is not a timestamp such as 2026-01-02T03:04:05Z"#
        );
    }
}
