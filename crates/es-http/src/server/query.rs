//! What a request asks for.

use std::time::Duration;

use es_persistence::Topics;

use super::problem::Problem;
use crate::wire::{self, Mark};

/// The parameters of a request for a part of the log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Query {
    pub(crate) after: Option<u64>,
    pub(crate) up_to: Option<u64>,
    pub(crate) limit: Option<usize>,
    pub(crate) topics: Option<Topics>,
    /// How long to wait for something new.
    pub(crate) wait: Option<Duration>,
    /// The last event that the reader has seen.
    pub(crate) seen: Option<Mark>,
}

/// How long a query may be.
const LONGEST: usize = 16 * 1024;

impl Query {
    /// Reads the query of a request that may have the parameters `known`.
    pub(crate) fn parse(query: Option<&str>, known: &[&str]) -> Result<Self, Problem> {
        let query = query.unwrap_or_default();
        if query.len() > LONGEST {
            return Err(Problem::Invalid(format!("the query is longer than {LONGEST} bytes")));
        }
        let mut parsed = Self::default();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            if !known.contains(&&*name) {
                return Err(Problem::Invalid(format!(
                    "the parameters here are {}",
                    known.join(", ")
                )));
            }
            parsed.take(&name, &value)?;
        }
        Ok(parsed)
    }

    fn take(&mut self, name: &str, value: &str) -> Result<(), Problem> {
        match name {
            "after" => once(name, &mut self.after, number(name, value)?),
            "up_to" => once(name, &mut self.up_to, number(name, value)?),
            "limit" => {
                let limit = usize::try_from(number(name, value)?).unwrap_or(usize::MAX);
                once(name, &mut self.limit, limit)
            }
            "wait" => once(name, &mut self.wait, Duration::from_secs(number(name, value)?)),
            "seen" => {
                let seen = value
                    .parse()
                    .ok()
                    .ok_or_else(|| Problem::Invalid("`seen` is a position, a slash and an event ID".to_owned()))?;
                once(name, &mut self.seen, seen)
            }
            "topics" => self.add(value, |topics| topics.and_exact([value])),
            "families" => self.add(value, |topics| topics.and_families([value])),
            _ => Ok(()),
        }
    }

    /// Adds to the topics. An empty value adds nothing: alone, it is the empty set.
    fn add(&mut self, value: &str, add: impl FnOnce(Topics) -> Topics) -> Result<(), Problem> {
        if value.contains('\0') {
            return Err(Problem::Invalid("topics have no NUL character".to_owned()));
        }
        let topics = self.topics.take().unwrap_or_default();
        self.topics = Some(if value.is_empty() { topics } else { add(topics) });
        Ok(())
    }
}

fn number(name: &str, value: &str) -> Result<u64, Problem> {
    wire::position(value).ok_or_else(|| Problem::Invalid(format!("`{name}` is a number from 0 to 9223372036854775807")))
}

fn once<T>(name: &str, place: &mut Option<T>, value: T) -> Result<(), Problem> {
    match place.replace(value) {
        None => Ok(()),
        Some(_) => Err(Problem::Invalid(format!("`{name}` is given more than once"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [&str; 7] = ["after", "up_to", "limit", "topics", "families", "wait", "seen"];

    fn refused(query: &str) -> String {
        match Query::parse(Some(query), &ALL) {
            Err(Problem::Invalid(why)) => why,
            other => panic!("{query}: {other:?}"),
        }
    }

    #[test]
    fn every_parameter_is_read() {
        let query = "after=7&up_to=9&limit=3&topics=a%26b&topics=c&families=D&wait=20&seen=7/00000000-0000-0000-0000-000000000001";
        let parsed = Query::parse(Some(query), &ALL).unwrap();
        assert_eq!(parsed.after, Some(7));
        assert_eq!(parsed.up_to, Some(9));
        assert_eq!(parsed.limit, Some(3));
        assert_eq!(parsed.topics, Some(Topics::exact(["a&b", "c"]).and_families(["D"])));
        assert_eq!(parsed.wait, Some(Duration::from_secs(20)));
        assert_eq!(parsed.seen.map(|seen| seen.position), Some(7));
        assert_eq!(Query::parse(None, &ALL).unwrap(), Query::default());
        assert_eq!(
            Query::parse(Some("topics="), &ALL).unwrap().topics,
            Some(Topics::none())
        );
    }

    #[test]
    fn what_is_unknown_repeated_or_nonsense_is_refused_by_name() {
        for query in ["aft=1", "after=1&x", "=1", "AFTER=1"] {
            assert!(refused(query).starts_with("the parameters here are after"), "{query}");
        }
        for name in ["after", "up_to", "limit", "wait"] {
            for value in ["", "-1", "x", "1.5", "9223372036854775808"] {
                assert!(refused(&format!("{name}={value}")).contains(name));
            }
            assert!(refused(&format!("{name}=1&{name}=1")).contains("more than once"));
        }
        assert!(refused("seen=7").contains("seen"));
        assert!(refused("topics=%00").contains("NUL"));
        assert!(refused(&format!("topics={}", "a".repeat(LONGEST))).contains("longer"));
    }
}
