//! Edges that the table allows, and edges that it does not.

use std::path::PathBuf;

use super::*;

fn member(folder: &str, name: &str, dependencies: &[(&str, Kind)]) -> Member {
    let manifest = PathBuf::from(format!("{folder}/{name}/Cargo.toml"));
    let tables: Vec<String> = dependencies
        .iter()
        .map(|(name, kind)| format!("[{}]\n{name}.workspace = true\n", table(*kind)))
        .collect();
    Member {
        name: name.to_owned(),
        manifest,
        text: format!("[package]\n{}", tables.concat()),
        dependencies: dependencies
            .iter()
            .map(|(name, kind)| Dependency {
                name: (*name).to_owned(),
                kind: *kind,
                version: "*".to_owned(),
                by_path: true,
            })
            .collect(),
    }
}

fn table(kind: Kind) -> &'static str {
    match kind {
        Kind::Normal => "dependencies",
        Kind::Dev => "dev-dependencies",
        Kind::Build => "build-dependencies",
    }
}

/// Checks `member` beside all crates of the table, which depend on nothing.
fn check_one(member: Member) -> Vec<String> {
    let mut members: Vec<Member> = LAYERS
        .iter()
        .filter(|(name, _)| *name != member.name)
        .map(|(name, _)| self::member("crates", name, &[]))
        .collect();
    members.push(member);
    let workspace = Workspace {
        root: PathBuf::new(),
        members,
    };
    let findings = check(&workspace);
    findings.iter().map(ToString::to_string).collect()
}

fn edges(name: &str, dependencies: &[(&str, Kind)]) -> Vec<String> {
    check_one(member("crates", name, dependencies))
}

#[test]
fn edges_down_are_allowed() {
    let none = [""; 0];
    let down = [("es-domain", Kind::Normal), ("es-persistence", Kind::Normal)];
    assert_eq!(edges("es-application", &down), none);
    assert_eq!(edges("es-bench", &[("es-postgres", Kind::Normal)]), none);
    assert_eq!(edges("es-domain", &[("serde", Kind::Normal)]), none);
}

#[test]
fn an_edge_up_is_named_with_its_line() {
    assert_eq!(
        edges(
            "es-domain",
            &[("es-macros", Kind::Normal), ("es-persistence", Kind::Normal)]
        ),
        [
            "crates/es-domain/Cargo.toml:5: es-domain must not depend on es-persistence \
             (the table is in xtask/src/tidy/layers.rs)"
        ]
    );
}

#[test]
fn a_store_may_be_named_by_the_application_in_tests_only() {
    assert_eq!(edges("es-application", &[("es-sqlite", Kind::Dev)]), [""; 0]);
    for kind in [Kind::Normal, Kind::Build] {
        let found = edges("es-application", &[("es-sqlite", kind)]);
        assert_eq!(found.len(), 1, "{kind:?}: {found:?}");
    }
}

#[test]
fn the_domain_neither_awaits_nor_does_input_and_output() {
    for name in ["tokio", "sqlx", "serde_json", "futures-util"] {
        let found = edges("es-domain", &[(name, Kind::Normal)]);
        assert_eq!(found.len(), 1, "{name}: {found:?}");
        assert_eq!(edges("es-domain", &[(name, Kind::Dev)]), [""; 0]);
        assert_eq!(edges("es-persistence", &[(name, Kind::Normal)]), [""; 0]);
    }
}

#[test]
fn an_example_gets_the_macros_through_the_domain() {
    let example = |name| check_one(member("examples", "shop", &[(name, Kind::Normal)]));
    assert_eq!(example("es-sqlite"), [""; 0]);
    assert_eq!(example("es-macros").len(), 1);
}

#[test]
fn a_crate_without_a_layer_is_a_fault() {
    assert_eq!(
        edges("es-misplaced", &[]),
        ["crates/es-misplaced/Cargo.toml:1: es-misplaced has no layer \
             (the table is in xtask/src/tidy/layers.rs)"]
    );
}
