//! What one reader may read.

use es_persistence::Topics;

/// What a reader may read of a log: all events, or those of some topics.
///
/// A reader with a grant of topics sees a log that has only these events. A request that names no topics gets those of the
/// grant; a request that names other topics is refused, so that nothing is left out without notice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant(Option<Topics>);

/// A request names topics that its grant does not have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Excess;

impl Grant {
    /// Grants all events.
    #[must_use]
    pub const fn whole_log() -> Self {
        Self(None)
    }

    /// Grants the events of `topics`. Prefer whole families: see [`Topics`].
    #[must_use]
    pub const fn of_topics(topics: Topics) -> Self {
        Self(Some(topics))
    }

    /// Returns the topics to select for a request that asks for `wanted`; `None` selects all events.
    pub(crate) fn narrow(&self, wanted: Option<Topics>) -> Result<Option<Topics>, Excess> {
        match (&self.0, wanted) {
            (granted, None) => Ok(granted.clone()),
            (Some(granted), Some(wanted)) if !wanted.without(granted).is_empty() => Err(Excess),
            (_, Some(wanted)) => Ok(Some(wanted)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_for_other_topics_is_refused_and_one_without_topics_gets_those_of_the_grant() {
        let dogs = Topics::families(["Dog"]).and_exact(["Puppy.Born"]);
        let grant = Grant::of_topics(dogs.clone());
        assert_eq!(grant.narrow(None), Ok(Some(dogs)));
        for wanted in [
            Topics::families(["Dog"]),
            Topics::exact(["Dog.Registered", "Puppy.Born"]),
            Topics::families(["Dog.Line"]),
            Topics::none(),
        ] {
            assert_eq!(grant.narrow(Some(wanted.clone())), Ok(Some(wanted)));
        }
        for wanted in [
            Topics::families(["Dog", "Cat"]),
            Topics::families(["Puppy"]),
            Topics::exact(["Dogma.Stated"]),
        ] {
            assert_eq!(grant.narrow(Some(wanted)), Err(Excess));
        }
        let cats = Topics::families(["Cat"]);
        assert_eq!(Grant::whole_log().narrow(None), Ok(None));
        assert_eq!(Grant::whole_log().narrow(Some(cats.clone())), Ok(Some(cats)));
    }
}
