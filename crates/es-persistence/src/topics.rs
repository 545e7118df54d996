//! Which kinds of events to read.

use std::sync::Arc;

/// A set of topics: exact ones, and whole families.
///
/// The family `Dog` has every topic that begins with `Dog.`: all events of the aggregate, including those that this program
/// does not know. A reader that keeps a position selects families. With a list of exact topics, an old process would pass
/// over an event that only a newer one knows, store its position, and the event would be lost.
///
/// ```
/// use es_persistence::Topics;
///
/// let topics = Topics::families(["Dog"]).and_exact(["Puppy.Born"]);
/// assert!(topics.contains("Dog.Registered"));
/// assert!(topics.contains("Puppy.Born"));
/// assert!(!topics.contains("Dogma.Stated"));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Topics {
    exact: Arc<[String]>,
    /// Each with the full stop at its end.
    prefixes: Arc<[String]>,
}

impl Topics {
    /// Returns the set without any topic.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// Returns the set of these topics.
    pub fn exact<T: Into<String>>(topics: impl IntoIterator<Item = T>) -> Self {
        Self::none().and_exact(topics)
    }

    /// Returns the set of all topics of these families, which are usually the topics of aggregates.
    pub fn families<T: Into<String>>(families: impl IntoIterator<Item = T>) -> Self {
        Self::none().and_families(families)
    }

    /// Adds topics.
    #[must_use]
    pub fn and_exact<T: Into<String>>(self, topics: impl IntoIterator<Item = T>) -> Self {
        let exact = merged(&self.exact, topics.into_iter().map(Into::into));
        Self { exact, ..self }
    }

    /// Adds families.
    #[must_use]
    pub fn and_families<T: Into<String>>(self, families: impl IntoIterator<Item = T>) -> Self {
        let prefixes = families.into_iter().map(|family| family.into() + ".");
        let prefixes = merged(&self.prefixes, prefixes);
        Self { prefixes, ..self }
    }

    /// Adds all topics of another set.
    #[must_use]
    pub fn and(self, other: &Self) -> Self {
        Self {
            exact: merged(&self.exact, other.exact.iter().cloned()),
            prefixes: merged(&self.prefixes, other.prefixes.iter().cloned()),
        }
    }

    /// Returns what is in this set and not in the other one.
    #[must_use]
    pub fn without(&self, other: &Self) -> Self {
        let is_covered = |prefix: &String| other.prefixes.iter().any(|known| prefix.starts_with(known.as_str()));
        let exact = self.exact.iter().filter(|topic| !other.contains(topic));
        let prefixes = self.prefixes.iter().filter(|prefix| !is_covered(prefix));
        Self {
            exact: exact.cloned().collect(),
            prefixes: prefixes.cloned().collect(),
        }
    }

    /// Returns `true` if an event stored under `topic` is in the set.
    pub fn contains(&self, topic: &str) -> bool {
        self.exact.iter().any(|exact| exact == topic) || self.prefixes.iter().any(|prefix| topic.starts_with(&**prefix))
    }

    /// Returns `true` if no topic is in the set.
    pub fn is_empty(&self) -> bool {
        self.exact.is_empty() && self.prefixes.is_empty()
    }

    /// The exact topics.
    pub fn exact_topics(&self) -> &[String] {
        &self.exact
    }

    /// The beginnings of the topics of the families, such as `Dog.`.
    pub fn prefixes(&self) -> &[String] {
        &self.prefixes
    }
}

/// Both, sorted, each once: two equal sets are equal values.
fn merged(known: &[String], more: impl Iterator<Item = String>) -> Arc<[String]> {
    let mut all: Vec<_> = known.iter().cloned().chain(more).collect();
    all.sort_unstable();
    all.dedup();
    all.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_family_has_what_stands_behind_a_full_stop() {
        let dogs = Topics::families(["shop.Dog"]);
        for (topic, is_in) in [
            ("shop.Dog.Sold", true),
            ("shop.Dog.Line.Added", true),
            ("shop.Dog", false),
            ("shop.Dogs.Sold", false),
            ("Dog.Sold", false),
        ] {
            assert_eq!(dogs.contains(topic), is_in, "{topic}");
        }
    }

    #[test]
    fn a_family_covers_its_topics_and_the_families_in_it() {
        let known = Topics::families(["shop"]).and_exact(["Puppy.Born"]);
        let wanted =
            Topics::families(["shop", "shop.Order", "Dog"]).and_exact(["Puppy.Born", "shop.Opened", "Cat.Born"]);
        assert_eq!(
            wanted.without(&known),
            Topics::families(["Dog"]).and_exact(["Cat.Born"])
        );
        assert!(known.without(&wanted).is_empty());
    }

    #[test]
    fn the_order_in_which_a_set_was_made_makes_no_difference() {
        let one = Topics::families(["B", "A"]).and_exact(["y", "x"]);
        let other = Topics::exact(["x", "y", "x"]).and(&Topics::families(["A", "B"]));
        assert_eq!(one, other);
        assert!(!one.is_empty() && Topics::none().is_empty());
    }
}
