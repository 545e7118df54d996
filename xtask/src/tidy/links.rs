//! Links from Markdown pages to files of this repository.

use std::path::{Component, Path, PathBuf};

use super::finding::Finding;
use super::tree::File;

/// Finds relative links on `page` to files that do not exist; `exists` takes paths from the root.
pub(super) fn check(page: &File, exists: impl Fn(&Path) -> bool) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut in_code = false;
    for (number, line) in page.lines() {
        if line.trim_start().starts_with("```") {
            in_code = !in_code;
        }
        if in_code {
            continue;
        }
        for target in targets(line) {
            let broken = path(&page.path, target).is_some_and(|path| !exists(&path));
            if broken {
                let text = format!("the link `{target}` points at nothing");
                findings.push(Finding::fault(&page.path, number, text));
            }
        }
    }
    findings
}

/// Returns what the links on `line` point at: `[text](target "title")` and `[label]: target`.
fn targets(line: &str) -> Vec<&str> {
    // Every second piece is code.
    let mut targets: Vec<&str> = line
        .split('`')
        .step_by(2)
        .flat_map(|prose| prose.split("](").skip(1))
        .filter_map(|rest| rest.split([')', ' ']).next())
        .collect();
    let definition = line.strip_prefix('[').and_then(|rest| rest.split_once("]:"));
    targets.extend(definition.and_then(|(_, target)| target.split_whitespace().next()));
    targets
}

/// Returns the path from the root that `target` means on `page`, unless it leads elsewhere.
fn path(page: &Path, target: &str) -> Option<PathBuf> {
    let target = target.trim_matches(['<', '>']);
    let (target, _) = target.split_once('#').unwrap_or((target, ""));
    if target.is_empty() || target.contains(':') {
        return None;
    }
    let mut path = PathBuf::new();
    for part in page.parent()?.join(target).components() {
        match part {
            Component::Normal(name) => path.push(name),
            Component::ParentDir => {
                path.pop();
            }
            // A target that begins with `/` begins at the root of the repository.
            Component::RootDir => path.clear(),
            Component::CurDir | Component::Prefix(_) => {}
        }
    }
    Some(path)
}

#[cfg(test)]
mod tests;
