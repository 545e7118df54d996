//! Exact numbers.

use serde::{Serializer, de::Visitor};

use super::{State, StateError};

/// Reads a number as JSON writes it.
pub(super) fn parse(text: &str) -> Option<State> {
    let is_integer = !text.contains(['.', 'e', 'E']);
    // JSON's readers read it as a float, because integers have no negative zero.
    if is_integer && text != "-0" {
        if let Ok(value) = text.parse::<i128>() {
            return Some(State::Integer(value));
        }
        if let Ok(value) = text.parse::<u128>() {
            return Some(State::Unsigned(value));
        }
    }
    let is_number = text.starts_with(|first: char| first == '-' || first.is_ascii_digit());
    let value = text.parse::<f64>().ok()?;
    (is_number && value.is_finite()).then_some(State::Float(value))
}

impl From<u128> for State {
    fn from(value: u128) -> Self {
        i128::try_from(value).map_or(Self::Unsigned(value), Self::Integer)
    }
}

/// Visits an integer as the type that most visitors know.
pub(super) fn visit_integer<'de, V: Visitor<'de>>(value: i128, visitor: V) -> Result<V::Value, StateError> {
    if let Ok(value) = u64::try_from(value) {
        visitor.visit_u64(value)
    } else if let Ok(value) = i64::try_from(value) {
        visitor.visit_i64(value)
    } else {
        visitor.visit_i128(value)
    }
}

/// Writes an integer as the smallest type that formats have for it.
pub(super) fn serialize_integer<S: Serializer>(value: i128, serializer: S) -> Result<S::Ok, S::Error> {
    if let Ok(value) = u64::try_from(value) {
        serializer.serialize_u64(value)
    } else if let Ok(value) = i64::try_from(value) {
        serializer.serialize_i64(value)
    } else {
        serializer.serialize_i128(value)
    }
}

/// Returns the `f32` that was written as `value`.
///
/// A text format writes the shortest text of an `f32`. The `f64` of that text need not round to the same `f32`, but its
/// own shortest text is the text that was written.
#[expect(clippy::cast_possible_truncation, reason = "the nearest f32 is wanted")]
pub(super) fn single(value: f64) -> f32 {
    value.to_string().parse().unwrap_or(value as f32)
}
