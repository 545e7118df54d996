//! Errors of transcoders.

use std::{error, fmt};

use super::BoxError;

/// A value cannot be written, or bytes cannot be read.
#[derive(Debug)]
pub struct TranscoderError {
    transcoder: &'static str,
    step: Step,
    field: Option<Box<str>>,
    cause: Box<Cause>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Encoding,
    Decoding,
}

#[derive(Debug)]
enum Cause {
    Json(serde_json::Error),
    Other(BoxError),
    /// It would be read as another value.
    Changed,
    /// The part of a cause's text that quotes nothing of the value.
    Withheld(String),
}

impl TranscoderError {
    pub(super) fn encoding(transcoder: &'static str, source: BoxError) -> Self {
        Self {
            transcoder,
            step: Step::Encoding,
            field: None,
            cause: Box::new(Cause::Other(source)),
        }
    }

    pub(crate) fn decoding(transcoder: &'static str, source: BoxError) -> Self {
        Self {
            transcoder,
            step: Step::Decoding,
            field: None,
            cause: Box::new(Cause::Other(source)),
        }
    }

    pub(super) fn json(source: serde_json::Error) -> Self {
        Self {
            transcoder: "JSON",
            step: Step::Decoding,
            field: None,
            cause: Box::new(Cause::Json(source)),
        }
    }

    /// Makes the error that a value would be read back as another value. The path may hold keys of maps after its first part.
    pub(crate) fn changed(transcoder: &'static str, path: &[String]) -> Self {
        Self {
            transcoder,
            step: Step::Encoding,
            field: (!path.is_empty()).then(|| path.join(".").into()),
            cause: Box::new(Cause::Changed),
        }
    }

    /// Makes the error that a value was written but reading it back failed with this error.
    pub(super) fn into_encoding(self) -> Self {
        let step = Step::Encoding;
        Self { step, ..self }
    }

    /// Adds the field at which it failed.
    pub(super) fn at(self, field: Option<String>) -> Self {
        let field = field.map(Into::into);
        Self { field, ..self }
    }

    /// Returns the field that cannot be written, such as `owner.addresses[2].street`. Returns `None` if the field is not known
    /// or the whole value cannot be written. The keys of maps are content and left out: `prices[…]`.
    pub fn field(&self) -> Option<&str> {
        self.field.as_deref()
    }

    /// Returns the same error without the text of the cause, which may quote the state.
    pub(crate) fn without_content(self) -> Self {
        let text = match *self.cause {
            Cause::Withheld(text) => text,
            Cause::Json(source) => {
                let at = format!("line {} column {}", source.line(), source.column());
                static_text(&source).map_or(at, |text| text)
            }
            Cause::Other(source) => static_text(source.as_ref()).unwrap_or_default(),
            Cause::Changed => return self.with_first_field(),
        };
        Self {
            cause: Box::new(Cause::Withheld(text)),
            ..self
        }
    }
}

impl TranscoderError {
    fn with_first_field(self) -> Self {
        let first = |field: Box<str>| field.split('.').next().unwrap_or_default().into();
        Self {
            field: self.field.map(first),
            cause: Box::new(Cause::Changed),
            ..self
        }
    }
}

/// Returns the part of an error's text that names fields of the event's definition and nothing of the value.
fn static_text(source: &dyn error::Error) -> Option<String> {
    let text = source.to_string();
    let names_fields_only = ["missing field `", "duplicate field `", "trailing "];
    names_fields_only
        .iter()
        .any(|start| text.starts_with(start))
        .then_some(text)
}

impl fmt::Display for TranscoderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verb = match self.step {
            Step::Encoding => "cannot express the value",
            Step::Decoding => "cannot be read as the value",
        };
        write!(f, "{} {verb}", self.transcoder)?;
        if let Some(field) = &self.field {
            write!(f, " of field `{field}`")?;
        }
        match &*self.cause {
            Cause::Json(_) | Cause::Other(_) => Ok(()),
            Cause::Changed => f.write_str(": it would be read back as another value"),
            Cause::Withheld(text) if text.is_empty() => f.write_str(" (the cause is withheld: it may quote the state)"),
            Cause::Withheld(text) => write!(f, " ({text}; more is withheld: it may quote the state)"),
        }
    }
}

impl error::Error for TranscoderError {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match &*self.cause {
            Cause::Json(source) => Some(source),
            Cause::Other(source) => Some(source.as_ref()),
            Cause::Changed | Cause::Withheld(_) => None,
        }
    }
}
