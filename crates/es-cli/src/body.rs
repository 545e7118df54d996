//! Bodies of events as JSON, without the types of the program.

use es_domain::State;
use es_persistence::{Mapper, MapperErrorKind, StoredEvent};
use serde_json::{Map, Value};

/// The body of an event.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Body {
    /// What the event holds.
    Known(Value),
    /// The body is encrypted, and no key is set.
    Sealed,
    /// The body cannot be read, and why.
    Unreadable(String),
}

impl Body {
    pub(crate) fn of(row: &StoredEvent, mapper: &Mapper) -> Self {
        match mapper.to_state(row) {
            Ok(state) => Self::Known(to_json(&state)),
            Err(error) if matches!(error.kind(), MapperErrorKind::Encrypted { .. }) => Self::Sealed,
            Err(error) => Self::Unreadable(error.to_string()),
        }
    }

    pub(crate) fn text(&self) -> String {
        match self {
            Self::Known(value) => value.to_string(),
            Self::Sealed => "sealed (set CIPHER_KEY)".to_owned(),
            Self::Unreadable(error) => format!("unreadable: {error}"),
        }
    }

    /// Returns the body as a value, or `None` if it is not known.
    pub(crate) const fn value(&self) -> Option<&Value> {
        match self {
            Self::Known(value) => Some(value),
            Self::Sealed | Self::Unreadable(_) => None,
        }
    }
}

/// Returns the state as JSON. Values that JSON lacks become texts: integers above 64 bits, NaN, and keys that are not texts.
fn to_json(state: &State) -> Value {
    match state {
        State::Null => Value::Null,
        State::Bool(value) => Value::Bool(*value),
        State::Integer(value) => i64::try_from(*value)
            .map(Value::from)
            .or_else(|_| u64::try_from(*value).map(Value::from))
            .unwrap_or_else(|_| Value::String(value.to_string())),
        State::Unsigned(value) => Value::String(value.to_string()),
        State::Float(value) => {
            serde_json::Number::from_f64(*value).map_or_else(|| Value::String(value.to_string()), Value::Number)
        }
        State::Text(text) => Value::String(text.clone()),
        State::Bytes(bytes) => Value::Array(bytes.iter().copied().map(Value::from).collect()),
        State::List(list) => Value::Array(list.iter().map(to_json).collect()),
        State::Map(entries) => Value::Object(
            entries
                .iter()
                .map(|(key, value)| (key_text(key), to_json(value)))
                .collect(),
        ),
    }
}

fn key_text(key: &State) -> String {
    match key {
        State::Text(text) => text.clone(),
        other => to_json(other).to_string(),
    }
}

/// Returns the fields of `new` that are new or different from those in `known`, and adds them to `known`.
pub(crate) fn changes(known: &mut Map<String, Value>, new: &Value) -> Vec<String> {
    let Value::Object(fields) = new else {
        return vec![new.to_string()];
    };
    let mut changes = Vec::new();
    for (name, value) in fields {
        match known.insert(name.clone(), value.clone()) {
            None => changes.push(format!("+ {name}: {value}")),
            Some(old) if old != *value => changes.push(format!("~ {name}: {old} -> {value}")),
            Some(_) => changes.push(format!("  {name}: {value}")),
        }
    }
    changes
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_json_lacks_becomes_a_text() {
        let state = State::map([
            ("big", State::Integer(i128::MAX)),
            ("nan", State::Float(f64::NAN)),
            ("bytes", State::Bytes(vec![1, 2])),
        ]);
        let expected = json!({ "big": i128::MAX.to_string(), "nan": "NaN", "bytes": [1, 2] });
        assert_eq!(to_json(&state), expected);
        let numbered = State::Map(vec![(State::Integer(7), State::Null)]);
        assert_eq!(to_json(&numbered), json!({ "7": null }));
    }

    #[test]
    fn changes_are_marked() {
        let mut known = Map::new();
        assert_eq!(changes(&mut known, &json!({ "a": 1, "b": 2 })), ["+ a: 1", "+ b: 2"]);
        assert_eq!(
            changes(&mut known, &json!({ "a": 1, "b": 3 })),
            ["  a: 1", "~ b: 2 -> 3"]
        );
    }
}
