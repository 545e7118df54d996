//! The workspace as `cargo metadata` describes it.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::error::Error;
use crate::program;

/// The crates of this workspace and the edges between them.
#[derive(Debug)]
pub(crate) struct Workspace {
    pub(crate) root: PathBuf,
    pub(crate) members: Vec<Member>,
}

/// One crate of this workspace.
#[derive(Debug)]
pub(crate) struct Member {
    pub(crate) name: String,
    /// The path of `Cargo.toml`, relative to the root.
    pub(crate) manifest: PathBuf,
    /// What `Cargo.toml` says, to find lines in.
    pub(crate) text: String,
    pub(crate) dependencies: Vec<Dependency>,
}

/// One edge out of a crate.
#[derive(Debug)]
pub(crate) struct Dependency {
    pub(crate) name: String,
    pub(crate) kind: Kind,
    /// The version asked for; `*` where none is.
    pub(crate) version: String,
    /// Whether it is named by path, as the crates of this workspace are.
    pub(crate) by_path: bool,
}

/// The table of `Cargo.toml` in which a dependency stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Normal,
    Dev,
    Build,
}

impl Workspace {
    /// Asks cargo for the workspace that the current folder belongs to.
    pub(crate) fn load() -> Result<Self, Error> {
        let mut cargo = program::cargo();
        cargo.args(["metadata", "--format-version", "1", "--no-deps"]);
        let mut workspace = Self::parse(&program::capture(&mut cargo)?)?;
        for member in &mut workspace.members {
            let path = workspace.root.join(&member.manifest);
            member.text = fs::read_to_string(&path).map_err(|source| Error::File { path, source })?;
        }
        Ok(workspace)
    }

    /// Reads the answer of `cargo metadata`; the texts of the manifests stay empty.
    pub(crate) fn parse(json: &str) -> Result<Self, Error> {
        let json: Value = serde_json::from_str(json).map_err(Error::Metadata)?;
        let root = PathBuf::from(text(&json, "workspace_root")?);
        let members = array(&json, "packages")?
            .iter()
            .map(|package| Member::parse(package, &root))
            .collect::<Result<_, _>>()?;
        Ok(Self { root, members })
    }

    /// Returns whether `name` is a crate of this workspace.
    pub(crate) fn contains(&self, name: &str) -> bool {
        self.member(name).is_some()
    }

    /// Returns the crate called `name`.
    pub(crate) fn member(&self, name: &str) -> Option<&Member> {
        self.members.iter().find(|member| member.name == name)
    }
}

impl Member {
    fn parse(package: &Value, root: &Path) -> Result<Self, Error> {
        let manifest = PathBuf::from(text(package, "manifest_path")?);
        Ok(Self {
            name: text(package, "name")?.to_owned(),
            manifest: manifest.strip_prefix(root).unwrap_or(&manifest).to_owned(),
            text: String::new(),
            dependencies: array(package, "dependencies")?
                .iter()
                .map(Dependency::parse)
                .collect::<Result<_, _>>()?,
        })
    }

    /// Returns the folder of the crate, relative to the root.
    pub(crate) fn folder(&self) -> &Path {
        self.manifest.parent().unwrap_or(Path::new(""))
    }

    /// Returns the line of `Cargo.toml` that names `dependency`, or 1 if none is found.
    pub(crate) fn line_of(&self, dependency: &Dependency) -> usize {
        let mut inside = false;
        for (index, line) in self.text.lines().enumerate() {
            if line.starts_with('[') {
                inside = dependency.kind.is_headed_by(line);
            }
            let rest = line.strip_prefix(dependency.name.as_str());
            if inside && rest.is_some_and(|rest| rest.starts_with(['.', ' ', '='])) {
                return index + 1;
            }
        }
        1
    }
}

impl Dependency {
    fn parse(json: &Value) -> Result<Self, Error> {
        Ok(Self {
            name: text(json, "name")?.to_owned(),
            kind: match json.get("kind").and_then(Value::as_str) {
                Some("dev") => Kind::Dev,
                Some("build") => Kind::Build,
                _ => Kind::Normal,
            },
            version: text(json, "req")?.to_owned(),
            by_path: json.get("path").is_some_and(Value::is_string),
        })
    }
}

impl Kind {
    /// Returns whether `line` opens the table, also as `[target.'…'.dependencies]`.
    fn is_headed_by(self, line: &str) -> bool {
        let table = match self {
            Self::Normal => "dependencies]",
            Self::Dev => "dev-dependencies]",
            Self::Build => "build-dependencies]",
        };
        line.trim_end()
            .strip_suffix(table)
            .is_some_and(|before| before.ends_with(['[', '.']))
    }
}

fn text<'a>(json: &'a Value, field: &'static str) -> Result<&'a str, Error> {
    json.get(field)
        .and_then(Value::as_str)
        .ok_or(Error::MetadataField(field))
}

fn array<'a>(json: &'a Value, field: &'static str) -> Result<&'a [Value], Error> {
    json.get(field)
        .and_then(Value::as_array)
        .map(Vec::as_slice)
        .ok_or(Error::MetadataField(field))
}
