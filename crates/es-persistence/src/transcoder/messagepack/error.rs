//! Errors of MessagePack.

use std::fmt;

/// A value cannot be written as MessagePack, or bytes cannot be read as a value.
#[derive(Debug)]
pub(in crate::transcoder) struct Error(String);

impl Error {
    pub(super) fn new(message: impl fmt::Display) -> Self {
        Self(message.to_string())
    }

    pub(super) fn end() -> Self {
        Self::new("the bytes end within a value")
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Error {}

impl serde::ser::Error for Error {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::new(message)
    }
}

impl serde::de::Error for Error {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::new(message)
    }
}
