//! The state that is read back from a format.

use std::fmt;

use crate::State;

/// The limits of a format for states.
#[derive(Clone, Copy, Debug)]
pub(super) enum Format {
    Json,
    MessagePack,
}

pub(super) const FORMATS: [Format; 2] = [Format::Json, Format::MessagePack];

/// The greatest depth of values that readers accept.
const MAX_DEPTH: usize = 127;

/// A part of a state that a format cannot hold.
pub(super) struct NotStored {
    /// From the innermost part to the outermost one.
    path: Vec<String>,
    reason: &'static str,
}

impl NotStored {
    const fn new(reason: &'static str) -> Self {
        let path = Vec::new();
        Self { path, reason }
    }

    fn within(mut self, part: String) -> Self {
        self.path.push(part);
        self
    }
}

impl fmt::Display for NotStored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path: Vec<&str> = self.path.iter().rev().map(String::as_str).collect();
        write!(f, "field `{}`: {}", path.join("."), self.reason)
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Json => "JSON",
            Self::MessagePack => "MessagePack",
        })
    }
}

impl Format {
    /// Returns the state that is read from the format after `state` was written.
    pub(super) fn store(self, state: State) -> Result<State, NotStored> {
        self.store_part(state, MAX_DEPTH)
    }

    fn store_part(self, state: State, depth: usize) -> Result<State, NotStored> {
        match (self, state) {
            (Self::Json, State::Float(value)) if !value.is_finite() => {
                Err(NotStored::new("NaN and infinities are no numbers of this format"))
            }
            (Self::Json, State::Bytes(bytes)) => Ok(bytes.into_iter().map(u32::from).collect::<Vec<_>>().into()),
            (_, State::List(values)) => {
                let depth = enter(depth)?;
                let values = values.into_iter().enumerate().map(|(idx, value)| {
                    let stored = self.store_part(value, depth);
                    stored.map_err(|error| error.within(idx.to_string()))
                });
                values.collect::<Result<_, _>>().map(State::List)
            }
            (_, State::Map(entries)) => {
                let depth = enter(depth)?;
                let entries = entries.into_iter().map(|(key, value)| {
                    let name = key.as_text().map_or_else(|| format!("{key:?}"), ToOwned::to_owned);
                    let entry = || Ok((self.store_key(key)?, self.store_part(value, depth)?));
                    entry().map_err(|error: NotStored| error.within(name))
                });
                entries.collect::<Result<_, _>>().map(State::Map)
            }
            (_, scalar) => Ok(scalar),
        }
    }

    /// JSON turns keys into texts.
    fn store_key(self, key: State) -> Result<State, NotStored> {
        let text = match (self, key) {
            (Self::MessagePack, key) | (_, key @ State::Text(_)) => return Ok(key),
            (_, State::Integer(value)) => value.to_string(),
            (_, State::Unsigned(value)) => value.to_string(),
            (_, State::Bool(value)) => value.to_string(),
            (_, State::Float(value)) if value.is_finite() => value.to_string(),
            _ => {
                return Err(NotStored::new(
                    "a key is a text, a number or a truth value in this format",
                ));
            }
        };
        Ok(text.into())
    }
}

fn enter(depth: usize) -> Result<usize, NotStored> {
    depth
        .checked_sub(1)
        .ok_or_else(|| NotStored::new("it is nested more than 127 levels deep"))
}
