//! Which crate may depend on which: the layers of the workspace.

use std::path::Path;

use super::finding::Finding;
use crate::workspace::{Dependency, Kind, Member, Workspace};

/// Where the table is, for messages.
const TABLE: &str = "the table is in xtask/src/tidy/layers.rs";

/// What a crate may use of this workspace.
enum May {
    Only(&'static [&'static str]),
    AllBut(&'static [&'static str]),
}

use May::{AllBut, Only};

/// The crates from the lowest layer to the highest. Tests may use more: dev-dependencies are not in the table.
const LAYERS: [(&str, May); 16] = [
    ("es-macros", Only(&[])),
    ("es-domain", Only(&["es-macros"])),
    ("es-persistence", Only(&["es-domain"])),
    ("es-sql", Only(&["es-persistence"])),
    ("es-sqlite", Only(&["es-persistence", "es-sql"])),
    ("es-postgres", Only(&["es-persistence", "es-sql"])),
    ("es-conformance", Only(&["es-persistence"])),
    ("es-application", Only(&["es-domain", "es-persistence"])),
    (
        "es-projection",
        Only(&["es-application", "es-domain", "es-persistence"]),
    ),
    ("es-dcb", Only(&["es-application", "es-domain", "es-persistence"])),
    ("es-http", Only(&["es-application", "es-domain", "es-persistence"])),
    (
        "es-system",
        Only(&["es-application", "es-domain", "es-persistence", "es-projection"]),
    ),
    ("es-inspector", AllBut(&["es-cli", "es-macros", "xtask"])),
    ("es-cli", AllBut(&["es-macros", "xtask"])),
    ("es-bench", AllBut(&["es-macros", "xtask"])),
    ("xtask", Only(&[])),
];

/// Examples look like the code of users, who get the macros through es-domain.
const EXAMPLES: May = AllBut(&["es-macros", "xtask"]);

/// What es-domain must never see, so that it neither awaits nor does I/O. A final `*` stands for any ending.
const NOT_IN_THE_DOMAIN: [&str; 4] = ["tokio", "sqlx", "serde_json", "futures-*"];

/// Finds edges that point up or sideways, and crates of which the table does not know.
pub(super) fn check(workspace: &Workspace) -> Vec<Finding> {
    workspace
        .members
        .iter()
        .flat_map(|member| match row(member) {
            Some(may) => edges(workspace, member, may),
            None => vec![Finding::fault(
                &member.manifest,
                1,
                format!("{} has no layer ({TABLE})", member.name),
            )],
        })
        .collect()
}

fn row(member: &Member) -> Option<&'static May> {
    if member.manifest.starts_with(Path::new("examples")) {
        return Some(&EXAMPLES);
    }
    LAYERS.iter().find(|(name, _)| *name == member.name).map(|(_, may)| may)
}

fn edges(workspace: &Workspace, member: &Member, may: &May) -> Vec<Finding> {
    member
        .dependencies
        .iter()
        .filter(|dependency| dependency.kind != Kind::Dev)
        .filter(|dependency| {
            if workspace.contains(&dependency.name) {
                !may.depend_on(&dependency.name)
            } else {
                member.name == "es-domain" && is_barred_from_the_domain(&dependency.name)
            }
        })
        .map(|dependency| forbidden(member, dependency))
        .collect()
}

fn forbidden(member: &Member, dependency: &Dependency) -> Finding {
    let line = member.line_of(dependency);
    let edge = format!("{} must not depend on {}", member.name, dependency.name);
    Finding::fault(&member.manifest, line, format!("{edge} ({TABLE})"))
}

fn is_barred_from_the_domain(name: &str) -> bool {
    NOT_IN_THE_DOMAIN.iter().any(|barred| match barred.strip_suffix('*') {
        Some(beginning) => name.starts_with(beginning),
        None => name == *barred,
    })
}

impl May {
    fn depend_on(&self, name: &str) -> bool {
        match self {
            Only(allowed) => allowed.contains(&name),
            AllBut(barred) => !barred.contains(&name),
        }
    }
}

#[cfg(test)]
mod tests;
