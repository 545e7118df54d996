//! The name that a crate's manifest gives the library.

use std::{env, fs, path::PathBuf};

const PACKAGE: &str = "es-domain";

/// Returns the name of the library in the crate that is being compiled, if its manifest renames it.
pub(crate) fn other_name() -> Option<String> {
    let folder = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR")?);
    let own = fs::read_to_string(folder.join("Cargo.toml")).ok()?;
    if has_usual_name(&own) {
        return None;
    }
    other_name_in(&own).or_else(|| {
        // A member of a workspace may take the dependency over from the workspace.
        let manifests = folder.ancestors().skip(1).map(|folder| folder.join("Cargo.toml"));
        let mut names = manifests.filter_map(|manifest| other_name_in(&fs::read_to_string(manifest).ok()?));
        names.find(|name| keys(&own).any(|key| key == name))
    })
}

/// Whether the manifest is that of the library, or has the library under its own name.
fn has_usual_name(manifest: &str) -> bool {
    let is_own = manifest.lines().any(|line| {
        let value = line.trim().strip_prefix("name").map(str::trim_start);
        value.is_some_and(|value| value.starts_with('=') && is_package(value))
    });
    is_own || keys(manifest).any(|key| key == PACKAGE || key == "es_domain")
}

/// The name before `package = "es-domain"`, as the key of its line or of its table.
fn other_name_in(manifest: &str) -> Option<String> {
    let mut table = "";
    for line in manifest.lines().map(str::trim) {
        if let Some(name) = table_name(line) {
            table = name;
        }
        let Some((before, after)) = line.split_once("package") else {
            continue;
        };
        if after.trim_start().starts_with('=') && is_package(after) {
            let name = if before.is_empty() { table } else { key(before)? };
            return Some(name.replace('-', "_"));
        }
    }
    None
}

/// Whether `= "…"` gives the name of the library.
fn is_package(value: &str) -> bool {
    value.split('"').nth(1) == Some(PACKAGE)
}

/// The keys of all lines, and the last names of all tables.
fn keys(manifest: &str) -> impl Iterator<Item = &str> {
    let lines = manifest.lines().map(str::trim);
    lines.filter_map(|line| table_name(line).or_else(|| key(line)))
}

fn key(line: &str) -> Option<&str> {
    let (key, _) = line.split_once(['=', '.'])?;
    Some(key.trim().trim_matches('"'))
}

/// The last name of a table such as `[dependencies.es]`.
fn table_name(line: &str) -> Option<&str> {
    let name = line.strip_prefix('[')?.split(']').next()?;
    name.rsplit('.').next().map(|name| name.trim().trim_matches('"'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_name_is_found_in_each_form() {
        for manifest in [
            "[dependencies]\nserde = \"1\"\nes = { package = \"es-domain\", version = \"1\" }",
            "[dependencies]\nes.package = \"es-domain\"\nes.version = \"1\"",
            "[dependencies.es]\nversion = \"1\"\npackage = \"es-domain\"",
            "[target.'cfg(unix)'.dependencies]\n\"es\" = { path = \"x\", package=\"es-domain\" }",
        ] {
            assert_eq!(other_name_in(manifest).as_deref(), Some("es"), "{manifest}");
            assert!(!has_usual_name(manifest), "{manifest}");
        }
        let manifest = "[dependencies]\nour-es = { package = \"es-domain\" }";
        assert_eq!(other_name_in(manifest).as_deref(), Some("our_es"));
    }

    #[test]
    fn the_usual_name_is_recognised() {
        for manifest in [
            "[package]\nname = \"es-domain\"",
            "[dependencies]\nes-domain = \"1\"",
            "[dependencies]\nes-domain.workspace = true",
            "[dev-dependencies.es-domain]\npath = \"x\"",
        ] {
            assert!(has_usual_name(manifest), "{manifest}");
        }
        let manifest = "[package]\nname = \"es-domain-extras\"\n[dependencies]\nserde = \"1\"";
        assert!(!has_usual_name(manifest));
        assert_eq!(other_name_in(manifest), None);
    }
}
