//! How much time one bucket spans.

use std::{fmt, str::FromStr};

use es_domain::Timestamp;
use jiff::tz::TimeZone;

/// How much time one bucket of a [`TimeBucketedLog`](crate::TimeBucketedLog) spans, in UTC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum BucketSize {
    /// A calendar year.
    #[default]
    Year,
    /// A calendar month.
    Month,
    /// A day.
    Day,
    /// An hour.
    Hour,
    /// A minute.
    Minute,
    /// A second.
    Second,
}

/// A text that names no [`BucketSize`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a bucket size: use year, month, day, hour, minute or second")]
pub struct UnknownBucketSize(String);

const MICROS: i64 = 1_000_000;

impl BucketSize {
    /// All sizes, the longest first.
    pub const ALL: [Self; 6] = [
        Self::Year,
        Self::Month,
        Self::Day,
        Self::Hour,
        Self::Minute,
        Self::Second,
    ];

    /// Returns the beginning of the bucket that `time` is in.
    ///
    /// ```
    /// use es_domain::Timestamp;
    /// use es_structures::BucketSize;
    ///
    /// let time: Timestamp = "2017-05-03T14:05:59.25Z".parse()?;
    /// assert_eq!(BucketSize::Month.start_of(time).to_string(), "2017-05-01T00:00:00Z");
    /// # Ok::<(), es_domain::ParseTimestampError>(())
    /// ```
    #[must_use]
    pub fn start_of(self, time: Timestamp) -> Timestamp {
        let micros = time.as_micros();
        let seconds = match self {
            Self::Year | Self::Month => return self.start_in_calendar(time),
            Self::Day => 86_400,
            Self::Hour => 3_600,
            Self::Minute => 60,
            Self::Second => 1,
        };
        // The first year begins at midnight, so that rounding down stays within the years that there are.
        Timestamp::from_micros(micros - micros.rem_euclid(seconds * MICROS)).unwrap_or(time)
    }

    fn start_in_calendar(self, time: Timestamp) -> Timestamp {
        let start = jiff::Timestamp::from_microsecond(time.as_micros()).and_then(|time| {
            let date = time.to_zoned(TimeZone::UTC).date();
            let first = if self == Self::Year {
                date.first_of_year()
            } else {
                date.first_of_month()
            };
            first.to_zoned(TimeZone::UTC)
        });
        let micros = start.map(|start| start.timestamp().as_microsecond());
        micros.ok().and_then(|micros| Timestamp::from_micros(micros).ok()).unwrap_or(time)
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Year => "year",
            Self::Month => "month",
            Self::Day => "day",
            Self::Hour => "hour",
            Self::Minute => "minute",
            Self::Second => "second",
        }
    }
}

impl fmt::Display for BucketSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for BucketSize {
    type Err = UnknownBucketSize;

    fn from_str(text: &str) -> Result<Self, UnknownBucketSize> {
        let found = Self::ALL.into_iter().find(|size| size.name() == text);
        found.ok_or_else(|| UnknownBucketSize(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn start(size: BucketSize, time: &str) -> String {
        size.start_of(time.parse().unwrap()).to_string()
    }

    #[test]
    fn each_size_rounds_down_in_utc() {
        let starts = BucketSize::ALL.map(|size| start(size, "2017-05-03T14:05:59.25Z"));
        let expected = [
            "2017-01-01T00:00:00Z",
            "2017-05-01T00:00:00Z",
            "2017-05-03T00:00:00Z",
            "2017-05-03T14:00:00Z",
            "2017-05-03T14:05:00Z",
            "2017-05-03T14:05:59Z",
        ];
        assert_eq!(starts, expected);
    }

    #[test]
    fn times_before_1970_and_at_the_ends_round_down_too() {
        assert_eq!(start(BucketSize::Hour, "1969-12-31T23:59:59Z"), "1969-12-31T23:00:00Z");
        assert_eq!(start(BucketSize::Year, "1969-12-31T23:59:59Z"), "1969-01-01T00:00:00Z");
        for size in BucketSize::ALL {
            assert_eq!(size.start_of(Timestamp::MIN), Timestamp::MIN);
            assert!(size.start_of(Timestamp::MAX) < Timestamp::MAX);
        }
    }

    #[test]
    fn a_size_is_read_from_its_name() {
        for size in BucketSize::ALL {
            assert_eq!(size.to_string().parse(), Ok(size));
        }
        let error = "week".parse::<BucketSize>().unwrap_err();
        assert!(error.to_string().starts_with("\"week\" is not a bucket size"), "{error}");
    }
}
