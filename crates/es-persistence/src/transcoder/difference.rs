//! The difference between two states.

use es_domain::State;

/// Returns the path at which `before` and `after` differ, such as `owner.addresses[2]`, whose first part is the name of a
/// field. Returns `None` if both are the same, apart from the order of entries and of lists, which sets do not keep.
pub(super) fn difference(before: &State, after: &State) -> Option<Vec<String>> {
    let mut path = Vec::new();
    is_different(before, after, &mut path).then(|| {
        path.reverse();
        path
    })
}

/// Adds the steps of the path, the innermost one first.
fn is_different(before: &State, after: &State, path: &mut Vec<String>) -> bool {
    match (before, after) {
        (State::Map(before), State::Map(after)) => is_map_different(before, after, path),
        (State::List(before), State::List(after)) => is_list_different(before, after, path),
        (State::Float(before), State::Float(after)) => before.to_bits() != after.to_bits(),
        _ => before != after,
    }
}

fn is_map_different(before: &[(State, State)], after: &[(State, State)], path: &mut Vec<String>) -> bool {
    let missing = |entries: &[(State, State)], key: &State| entries.iter().all(|(other, _)| other != key);
    for (key, value) in before {
        let same_key = after.iter().find(|(other, _)| other == key);
        if same_key.is_none_or(|(_, other)| is_different(value, other, path)) {
            path.push(name(key));
            return true;
        }
    }
    let new = after.iter().find(|(key, _)| missing(before, key));
    path.extend(new.map(|(key, _)| name(key)));
    new.is_some() || before.len() != after.len()
}

fn name(key: &State) -> String {
    key.as_text().map_or_else(|| format!("{key:?}"), ToOwned::to_owned)
}

fn is_list_different(before: &[State], after: &[State], path: &mut Vec<String>) -> bool {
    let is_same = |before: &State, after: &State| !is_different(before, after, &mut Vec::new());
    let mut left: Vec<&State> = after.iter().collect();
    for (idx, value) in before.iter().enumerate() {
        // Lists keep their order, so that the first remaining element is nearly always the right one.
        let Some(same) = left.iter().position(|other| is_same(value, other)) else {
            path.push(format!("[{idx}]"));
            return true;
        };
        left.remove(same);
    }
    !left.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(json: &str) -> State {
        crate::Transcoder::Json
            .decode_state(json.as_bytes())
            .expect("it is JSON")
    }

    fn check(before: &str, after: &str, expected: Option<&[&str]>) {
        let path = difference(&state(before), &state(after));
        assert_eq!(
            path,
            expected.map(|path| path.iter().map(ToString::to_string).collect())
        );
    }

    #[test]
    fn the_order_of_sets_and_maps_is_no_difference() {
        check(
            r#"{"a":[1,{"b":2,"c":[3,4]}],"d":null}"#,
            r#"{"d":null,"a":[{"c":[4,3],"b":2},1]}"#,
            None,
        );
    }

    #[test]
    fn a_difference_is_found_where_it_is() {
        check(r#"{"a":{"b":[1,2]}}"#, r#"{"a":{"b":[1,3]}}"#, Some(&["a", "b", "[1]"]));
        check(r#"{"a":[1]}"#, r#"{"a":[1,1]}"#, Some(&["a"]));
        check(r#"{"a":[1,1]}"#, r#"{"a":[1]}"#, Some(&["a", "[1]"]));
        check(r#"{"a":1}"#, r#"{"a":1.0}"#, Some(&["a"]));
        check(r#"{"a":0.0}"#, r#"{"a":-0.0}"#, Some(&["a"]));
        check(r#"{"a":1}"#, "{}", Some(&["a"]));
        check("{}", r#"{"a":1}"#, Some(&["a"]));
        check("1", "2", Some(&[]));
    }
}
