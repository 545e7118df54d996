//! From a selection to a URL.

use es_persistence::Selection;
use reqwest::Url;

use super::base::Base;
use crate::wire::Mark;

/// How long a query may be so that every server and proxy takes it.
const LONGEST: usize = 6_000;

/// Returns the URL of a part of the log. If the names of the topics are too many for a URL, all events are asked for, and
/// [`check`](super::check) chooses.
pub(crate) fn selection(base: &Base, selection: &Selection, seen: Option<Mark>) -> Url {
    let url = with_topics(rest(base, selection, seen), selection);
    if url.query().is_some_and(|query| query.len() > LONGEST) {
        return rest(base, selection, seen);
    }
    url
}

/// Returns `true` if the URL of the selection names its topics.
pub(crate) fn names_topics(url: &Url) -> bool {
    url.query_pairs()
        .any(|(name, _)| name == "topics" || name == "families")
}

fn rest(base: &Base, selection: &Selection, seen: Option<Mark>) -> Url {
    let mut url = base.join("log");
    let mut query = url.query_pairs_mut();
    query.append_pair("after", &selection.lower().to_string());
    if let Some(upper) = selection.upper() {
        query.append_pair("up_to", &upper.min(GREATEST).to_string());
    }
    if let Some(limit) = selection.max_len() {
        let limit = u64::try_from(limit).unwrap_or(GREATEST).min(GREATEST);
        query.append_pair("limit", &limit.to_string());
    }
    if let Some(seen) = seen {
        query.append_pair("seen", &seen.to_string());
    }
    drop(query);
    url
}

/// The greatest position.
const GREATEST: u64 = i64::MAX.unsigned_abs();

fn with_topics(mut url: Url, selection: &Selection) -> Url {
    let Some(topics) = selection.selected_topics() else {
        return url;
    };
    let mut query = url.query_pairs_mut();
    if topics.is_empty() {
        query.append_pair("topics", "");
    }
    for topic in topics.exact_topics() {
        query.append_pair("topics", topic);
    }
    for prefix in topics.prefixes() {
        query.append_pair("families", prefix.strip_suffix('.').unwrap_or(prefix));
    }
    drop(query);
    url
}

#[cfg(test)]
mod tests {
    use es_persistence::Topics;

    use super::*;

    fn url(of: &Selection) -> String {
        let base = Base::parse("http://localhost/school", false).unwrap();
        selection(&base, of, None).to_string()
    }

    #[test]
    fn every_part_of_a_selection_is_asked_for() {
        assert_eq!(url(&Selection::all()), "http://localhost/school/log?after=0");
        let dogs = Selection::after(7).up_to(9).limit(3);
        let dogs = dogs.of_topics(Topics::families(["Dog"]).and_exact(["a&b=c"]));
        assert_eq!(
            url(&dogs),
            "http://localhost/school/log?after=7&up_to=9&limit=3&topics=a%26b%3Dc&families=Dog"
        );
        let none = Selection::all().of_topics(Topics::none());
        assert_eq!(url(&none), "http://localhost/school/log?after=0&topics=");
    }

    #[test]
    fn topics_that_are_too_many_for_a_url_are_not_asked_for() {
        let topics = (0..1000).map(|number| format!("Topic{number}"));
        assert_eq!(
            url(&Selection::after(1).topics(topics)),
            "http://localhost/school/log?after=1"
        );
    }
}
