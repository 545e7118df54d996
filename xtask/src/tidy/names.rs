//! Names of files and folders: nouns of the domain.

use std::path::{Path, PathBuf};

use super::finding::Finding;

/// Names that say nothing about what is inside, so that anything ends up there.
const EMPTY: [&str; 8] = [
    "common", "helper", "helpers", "manager", "managers", "misc", "util", "utils",
];

/// Finds files and folders with names that say nothing.
pub(super) fn check(paths: &[PathBuf]) -> Vec<Finding> {
    let mut findings: Vec<Finding> = paths.iter().filter_map(|path| check_one(path)).collect();
    findings.dedup();
    findings
}

/// Returns a finding for the first part of `path` that says nothing, as one for all files below it.
fn check_one(path: &Path) -> Option<Finding> {
    let mut so_far = PathBuf::new();
    for part in path.components() {
        so_far.push(part);
        let stem = so_far.file_stem().and_then(|stem| stem.to_str());
        if stem.is_some_and(|stem| EMPTY.contains(&stem)) {
            let text = "the name does not say what is inside: name it after the type or the noun";
            return Some(Finding::fault(&so_far, 1, text));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faulty(paths: &[&str]) -> Vec<PathBuf> {
        let paths: Vec<PathBuf> = paths.iter().map(PathBuf::from).collect();
        check(&paths).into_iter().map(|finding| finding.path).collect()
    }

    #[test]
    fn a_noun_of_the_domain_is_fine() {
        let fine = ["crates/a/src/position.rs", "docs/common-mistakes.md"];
        assert_eq!(faulty(&fine), Vec::<PathBuf>::new());
    }

    #[test]
    fn a_name_that_says_nothing_is_a_fault() {
        for path in ["crates/a/src/utils.rs", "xtask/src/misc.rs", "crates/a/tests/helper.rs"] {
            assert_eq!(faulty(&[path]), [PathBuf::from(path)]);
        }
    }

    #[test]
    fn a_folder_is_found_once() {
        let paths = ["crates/a/tests/common/a.rs", "crates/a/tests/common/b.rs"];
        assert_eq!(faulty(&paths), [PathBuf::from("crates/a/tests/common")]);
    }
}
