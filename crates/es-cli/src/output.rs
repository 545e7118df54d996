//! The output.

use std::{
    error,
    fmt::{self, Write as _},
    fs::File,
    io::{self, BufWriter, IsTerminal as _, Write},
    path::Path,
};

use crate::error::Error;

/// Where lines are written to.
pub(crate) struct Output {
    to: BufWriter<Box<dyn Write + Send>>,
    is_terminal: bool,
}

impl Output {
    pub(crate) fn stdout() -> Self {
        let is_terminal = io::stdout().is_terminal();
        let to: Box<dyn Write + Send> = Box::new(io::stdout());
        Self {
            to: BufWriter::new(to),
            is_terminal,
        }
    }

    pub(crate) fn file(path: &Path) -> Result<Self, Error> {
        let to: Box<dyn Write + Send> = Box::new(File::create(path)?);
        Ok(Self {
            to: BufWriter::new(to),
            is_terminal: false,
        })
    }

    /// Returns `true` if a person reads the output.
    pub(crate) const fn is_terminal(&self) -> bool {
        self.is_terminal
    }

    pub(crate) fn line(&mut self, line: impl fmt::Display) -> Result<(), Error> {
        Ok(writeln!(self.to, "{line}")?)
    }

    pub(crate) fn flush(&mut self) -> Result<(), Error> {
        Ok(self.to.flush()?)
    }
}

/// Prints the error and its causes, each in a line.
pub(crate) fn complain(error: &dyn error::Error) {
    let mut text = format!("es: {error}");
    let mut cause = error.source();
    while let Some(error) = cause {
        // Writing to a text cannot fail.
        let _written = write!(text, "\n  because: {error}");
        cause = error.source();
    }
    report(text);
}

/// Prints a line to the standard error. A failure to print it is ignored.
pub(crate) fn report(line: impl fmt::Display) {
    let _written = writeln!(io::stderr(), "{line}");
}

/// Shortens `text` to `width` characters and shows control characters as escapes, so that no text of a log can change the
/// terminal.
pub(crate) fn clipped(text: &str, width: usize) -> String {
    let mut clipped = printable(text);
    if let Some((end, _)) = clipped.char_indices().nth(width) {
        clipped.truncate(end);
        clipped.pop();
        clipped.push('…');
    }
    clipped
}

/// Shows control characters as escapes.
pub(crate) fn printable(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_control() {
            shown.extend(character.escape_default());
        } else {
            shown.push(character);
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_clipped_and_cannot_change_the_terminal() {
        assert_eq!(clipped("short", 5), "short");
        assert_eq!(clipped("longer", 5), "long…");
        assert_eq!(clipped("äöüäöü", 5), "äöüä…");
        assert_eq!(printable("a\u{1b}[31mb\n"), "a\\u{1b}[31mb\\n");
    }
}
