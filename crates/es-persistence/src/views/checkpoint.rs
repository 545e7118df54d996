//! How far a read model has come in one log.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::{Topics, Tracking, views::GenerationId};

/// How far a read model has come in one log, and which events it has seen up to there.
///
/// The event ID of the tracking is that of the last event that was *read*, also if its topic was not selected.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Checkpoint {
    /// The position, the ID of the last event at or below it, and the fence of the lease.
    pub tracking: Tracking,
    /// The topics that were selected up to the position.
    pub topics: Topics,
}

/// The stored form of topics.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredTopics<'a> {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    exact: Vec<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    families: Vec<Cow<'a, str>>,
}

impl Checkpoint {
    /// Makes the checkpoint of a read model of `topics`.
    pub const fn new(tracking: Tracking, topics: Topics) -> Self {
        Self { tracking, topics }
    }

    /// Returns the topics as stores keep them: JSON with the exact topics and the families.
    pub fn stored_topics(&self) -> String {
        let families = self.topics.prefixes().iter();
        let stored = StoredTopics {
            exact: self.topics.exact_topics().iter().map(Into::into).collect(),
            families: families
                .map(|prefix| prefix.strip_suffix('.').unwrap_or(prefix).into())
                .collect(),
        };
        // Lists of texts can always be written as JSON.
        serde_json::to_string(&stored).unwrap_or_default()
    }

    /// Reads topics that [`stored_topics`](Self::stored_topics) has written.
    ///
    /// # Errors
    ///
    /// [`serde_json::Error`] when the text is something else.
    pub fn parse_topics(stored: &str) -> Result<Topics, serde_json::Error> {
        let stored: StoredTopics<'_> = serde_json::from_str(stored)?;
        let topics = Topics::exact(stored.exact.into_iter().map(Cow::into_owned));
        Ok(topics.and_families(stored.families.into_iter().map(Cow::into_owned)))
    }

    /// Returns the error for a checkpoint that does not follow the stored one.
    pub fn already_tracked(&self, last_position: u64) -> crate::RecorderErrorKind {
        crate::RecorderErrorKind::AlreadyTracked(crate::AlreadyTracked {
            key: self.tracking.key.clone(),
            position: self.tracking.position,
            last_position,
        })
    }
}

/// Returns the error for a lease of `generation` that has passed to another instance.
pub(crate) fn fenced(generation: &GenerationId, fence: u64, last_fence: u64) -> crate::RecorderErrorKind {
    crate::RecorderErrorKind::Fenced(crate::Fenced {
        key: crate::TrackingKey::new(generation.to_string(), ""),
        fence,
        last_fence,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn topics_come_back_from_what_is_stored() {
        for topics in [
            Topics::none(),
            Topics::families(["Dog", "shop.Order"]).and_exact(["Puppy.Born", "a\"b"]),
        ] {
            let checkpoint = Checkpoint::new(Tracking::new("School", 1), topics.clone());
            assert_eq!(Checkpoint::parse_topics(&checkpoint.stored_topics()).unwrap(), topics);
        }
        Checkpoint::parse_topics("{").unwrap_err();
    }
}
