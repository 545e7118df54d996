//! What a rule says about a line.

use std::fmt;
use std::path::{Path, PathBuf};

/// One place where a rule is broken, or nearly so.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Finding {
    pub(super) path: PathBuf,
    /// Counted from 1.
    pub(super) line: usize,
    pub(super) severity: Severity,
    pub(super) text: String,
}

/// Whether a finding fails the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Severity {
    Warning,
    Fault,
}

impl Finding {
    /// Returns a finding that fails the run.
    pub(super) fn fault(path: &Path, line: usize, text: impl Into<String>) -> Self {
        Self {
            path: path.to_owned(),
            line,
            severity: Severity::Fault,
            text: text.into(),
        }
    }

    /// Returns a finding that is only printed.
    pub(super) fn warning(path: &Path, line: usize, text: impl Into<String>) -> Self {
        Self {
            severity: Severity::Warning,
            ..Self::fault(path, line, text)
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mark = match self.severity {
            Severity::Warning => "warning: ",
            Severity::Fault => "",
        };
        write!(f, "{}:{}: {mark}{}", self.path.display(), self.line, self.text)
    }
}
