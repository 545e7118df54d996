//! How crates of this workspace are named in `Cargo.toml`.

use super::finding::Finding;
use crate::workspace::{Kind, Workspace};

/// Finds dev-dependencies on crates of this workspace that ask for a version.
///
/// Cargo drops a dev-dependency by path alone when it packs a crate; with a version, a crate could only be
/// released after the crates that its tests use, which may depend on it.
pub(super) fn check(workspace: &Workspace) -> Vec<Finding> {
    let mut findings = Vec::new();
    for member in &workspace.members {
        for dependency in &member.dependencies {
            let of_ours = dependency.by_path && workspace.contains(&dependency.name);
            if of_ours && dependency.kind == Kind::Dev && dependency.version != "*" {
                let text = format!(
                    "the dev-dependency on {name} has a version (write `{name} = {{ path = \"…\" }}`)",
                    name = dependency.name
                );
                let line = member.line_of(dependency);
                findings.push(Finding::fault(&member.manifest, line, text));
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Checks a workspace in which `a` depends on `b` as the JSON of `dependency` says.
    fn check_edge(dependency: &str) -> Vec<String> {
        let json = format!(
            r#"{{"workspace_root": "/w", "packages": [
                {{"name": "a", "manifest_path": "/w/crates/a/Cargo.toml", "dependencies": [{dependency}]}},
                {{"name": "b", "manifest_path": "/w/crates/b/Cargo.toml", "dependencies": []}}
            ]}}"#
        );
        let mut workspace = Workspace::parse(&json).unwrap();
        "[dependencies]\nb = \"1\"\n\n[dev-dependencies]\nb.workspace = true\n"
            .clone_into(&mut workspace.members[0].text);
        let findings = check(&workspace);
        findings.iter().map(ToString::to_string).collect()
    }

    /// The crates that a program with es-application is built from, and with them the crate `cc` if C is compiled.
    fn crates_of_a_program(features: &[&str]) -> Vec<String> {
        let mut cargo = crate::program::cargo();
        cargo.args(["tree", "--package", "es-application", "--edges", "normal,build"]);
        cargo
            .args(["--prefix", "none", "--format", "{lib}", "--offline"])
            .args(features);
        let output = cargo.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let text = String::from_utf8(output.stdout).unwrap();
        text.lines().map(str::to_owned).collect()
    }

    #[test]
    fn a_program_in_memory_without_features_compiles_no_c() {
        let compiles_c = |features: &[&str]| crates_of_a_program(features).iter().any(|name| name == "cc");
        assert!(!compiles_c(&["--no-default-features"]));
        assert!(!compiles_c(&[
            "--no-default-features",
            "--features",
            "encryption,messagepack,zlib"
        ]));
        assert!(compiles_c(&[]), "zstd is C, so this test can fail");
    }

    #[test]
    fn a_dev_dependency_with_a_version_is_a_fault() {
        assert_eq!(
            check_edge(r#"{"name": "b", "kind": "dev", "req": "=0.1.0", "path": "/w/crates/b"}"#),
            ["crates/a/Cargo.toml:5: the dev-dependency on b has a version \
                 (write `b = { path = \"…\" }`)"]
        );
    }

    #[test]
    fn a_path_alone_a_normal_edge_and_a_foreign_crate_are_fine() {
        for dependency in [
            r#"{"name": "b", "kind": "dev", "req": "*", "path": "/w/crates/b"}"#,
            r#"{"name": "b", "kind": null, "req": "=0.1.0", "path": "/w/crates/b"}"#,
            r#"{"name": "trybuild", "kind": "dev", "req": "^1"}"#,
        ] {
            assert_eq!(check_edge(dependency), [""; 0], "{dependency}");
        }
    }
}
