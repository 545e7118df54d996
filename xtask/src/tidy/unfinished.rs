//! Words that say a piece of work is not finished.

use super::finding::Finding;
use super::tree::File;

/// The words; those in small letters are found in any case.
const WORDS: [&str; 5] = ["todo!", "unimplemented!", "FIXME", "XXX", "for now"];

/// Finds every line with such a word.
pub(super) fn check(file: &File) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (number, line) in file.lines() {
        for word in WORDS.iter().filter(|word| has(line, word)) {
            let text = format!("`{word}`: finish it, or open an issue and link to it");
            findings.push(Finding::fault(&file.path, number, text));
        }
    }
    findings
}

/// Returns whether `word` stands in `line` as a word of its own.
fn has(line: &str, word: &str) -> bool {
    let any_case = word.chars().all(|letter| !letter.is_uppercase());
    let line = if any_case { line.to_lowercase() } else { line.to_owned() };
    line.match_indices(word).any(|(start, _)| {
        let (before, rest) = line.split_at(start);
        let (_, after) = rest.split_at(word.len());
        // `for now in times` is a loop.
        !before.ends_with(is_of_word) && !after.starts_with(is_of_word) && !after.starts_with(" in ")
    })
}

fn is_of_word(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_text(text: &str) -> Vec<String> {
        let findings = check(&File::new("crates/a/src/lib.rs", text));
        findings.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn finished_lines_are_fine() {
        let text = "for now in times {}\nlet not_todo = 1;\nwait_for_now();\nmy_todo!();\n\"XXXL\"\n";
        assert_eq!(check_text(text), [""; 0]);
    }

    #[test]
    fn every_word_is_found_with_its_line() {
        assert_eq!(
            check_text("fn a() {\n    todo!()\n}\n"),
            ["crates/a/src/lib.rs:2: `todo!`: finish it, or open an issue and link to it"]
        );
        for line in ["unimplemented!(\"a\")", "// FIXME: a", "// XXX", "// For now, a."] {
            assert_eq!(check_text(line).len(), 1, "{line}");
        }
    }
}
