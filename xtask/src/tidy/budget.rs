//! How long a file may be. How long a function may be stands in clippy.toml.

use super::finding::Finding;
use super::tree::File;

/// Lines of code, from which on a file is to be split.
const LIMIT: usize = 450;

/// Lines of code, from which on one should think about it.
const WARNING: usize = 300;

/// Finds a file that is too long, or soon will be.
pub(super) fn check(file: &File) -> Option<Finding> {
    let count = lines_of_code(&file.text);
    let text = format!("{count} lines of code (at most {LIMIT}, better {WARNING})");
    if count > LIMIT {
        Some(Finding::fault(&file.path, 1, text))
    } else if count > WARNING {
        Some(Finding::warning(&file.path, 1, text))
    } else {
        None
    }
}

/// Counts the lines that are neither blank nor comment, up to the tests.
fn lines_of_code(text: &str) -> usize {
    let mut count = 0;
    let mut in_comment = false;
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        let is_tests = |next: &&str| next.starts_with("mod tests");
        if line == "#[cfg(test)]" && lines.peek().is_some_and(is_tests) {
            break;
        }
        let line = line.trim();
        in_comment |= line.starts_with("/*");
        if !in_comment && !line.is_empty() && !line.starts_with("//") {
            count += 1;
        }
        in_comment &= !line.contains("*/");
    }
    count
}

#[cfg(test)]
mod tests {
    use super::super::finding::Severity;
    use super::*;

    fn severity(count: usize) -> Option<Severity> {
        let file = File::new("crates/a/src/lib.rs", &"let a = 1;\n".repeat(count));
        check(&file).map(|finding| finding.severity)
    }

    #[test]
    fn a_long_file_is_a_warning_and_a_longer_one_a_fault() {
        assert_eq!(severity(300), None);
        assert_eq!(severity(301), Some(Severity::Warning));
        assert_eq!(severity(450), Some(Severity::Warning));
        assert_eq!(severity(451), Some(Severity::Fault));
    }

    #[test]
    fn blank_lines_comments_and_the_tests_do_not_count() {
        let text = "\
//! Head.

/* One
   two */
use a;
    // Why.
#[cfg(test)]
use b;

#[cfg(test)]
mod tests {
    use super::*;
}
";
        assert_eq!(lines_of_code(text), 3);
    }
}
