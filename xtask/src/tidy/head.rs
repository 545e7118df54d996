//! The first line of a Rust file: what the file is for.

use super::finding::Finding;
use super::tree::File;

/// Finds a file that does not begin by saying what it is for.
pub(super) fn check(file: &File) -> Option<Finding> {
    let first = file.text.lines().next().unwrap_or_default();
    let says_something = first.strip_prefix("//!").is_some_and(|text| !text.trim().is_empty());
    (!says_something).then(|| Finding::fault(&file.path, 1, "the file must begin with `//!` and what it is for"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_faulty(text: &str) -> bool {
        check(&File::new("crates/a/src/lib.rs", text)).is_some()
    }

    #[test]
    fn a_file_begins_with_what_it_is_for() {
        assert!(!is_faulty("//! Positions.\nuse std::fmt;\n"));
    }

    #[test]
    fn another_beginning_is_a_fault() {
        for text in [
            "",
            "use std::fmt;\n",
            "// Positions.\n",
            "\n//! Positions.\n",
            "//!\n//! Positions.\n",
        ] {
            assert!(is_faulty(text), "{text:?}");
        }
    }
}
