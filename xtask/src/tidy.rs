//! `cargo xtask tidy`: the rules of this workspace that no compiler knows.

mod budget;
mod dependencies;
mod finding;
mod head;
mod layers;
mod links;
mod names;
mod stores;
mod tree;
mod unfinished;

use crate::error::Error;
use crate::usage;
use crate::workspace::Workspace;

use finding::{Finding, Severity};
use tree::Tree;

/// Runs `cargo xtask tidy`.
pub(crate) fn run(arguments: &[String]) -> Result<(), Error> {
    usage::no_arguments("tidy", arguments)?;
    check_all()
}

/// Prints every finding of every rule; fails if one of them is a fault.
pub(crate) fn check_all() -> Result<(), Error> {
    let workspace = Workspace::load()?;
    let tree = Tree::read(&workspace.root)?;
    let mut findings = findings(&workspace, &tree);
    findings.sort();
    for finding in &findings {
        println!("{finding}");
    }
    let is_fault = |finding: &&Finding| finding.severity == Severity::Fault;
    match findings.iter().filter(is_fault).count() {
        0 => Ok(()),
        count => Err(Error::Findings(count)),
    }
}

fn findings(workspace: &Workspace, tree: &Tree) -> Vec<Finding> {
    let exists = |path: &std::path::Path| workspace.root.join(path).exists();
    let mut findings = layers::check(workspace);
    findings.extend(dependencies::check(workspace));
    findings.extend(names::check(tree.paths()));
    findings.extend(stores::check(tree.paths()));
    for file in tree.sources() {
        findings.extend(head::check(file));
        findings.extend(budget::check(file));
    }
    for file in tree.rust() {
        findings.extend(unfinished::check(file));
    }
    for page in tree.pages() {
        findings.extend(links::check(page, exists));
    }
    findings
}
