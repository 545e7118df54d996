//! Errors of states.

use std::fmt;

/// A value cannot become a [`State`](super::State), or no value of the wanted type has a state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateError {
    message: String,
    /// From the innermost step to the outermost one.
    path: Vec<Step>,
}

/// A step from a value to one of its parts. It names fields of types and never a key of a map, which is content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Field(&'static str),
    Element(usize),
    /// The value of some key of a map.
    Value,
}

impl StateError {
    /// Returns the field at which reading failed, such as `owner.addresses[2].street`, or `None` if it is the whole
    /// value. Keys of maps are not part of it, because they are content: `prices[…]`.
    pub fn field(&self) -> Option<String> {
        let mut field = String::new();
        for step in self.path.iter().rev() {
            match step {
                Step::Field(name) if field.is_empty() => field.push_str(name),
                Step::Field(name) => field.extend([".", name]),
                Step::Element(idx) => field.extend(["[", &idx.to_string(), "]"]),
                Step::Value => field.push_str("[…]"),
            }
        }
        (!field.is_empty()).then_some(field)
    }

    pub(super) fn within(mut self, step: Step) -> Self {
        self.path.push(step);
        self
    }
}

impl fmt::Display for StateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.field() {
            Some(field) => write!(f, "field `{field}`: {}", self.message),
            None => f.write_str(&self.message),
        }
    }
}

impl std::error::Error for StateError {}

impl serde::ser::Error for StateError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        let (message, path) = (message.to_string(), Vec::new());
        Self { message, path }
    }
}

impl serde::de::Error for StateError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        serde::ser::Error::custom(message)
    }
}
