//! The files of the workspace, read once for all rules.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use crate::error::Error;

/// The folder that cargo builds into.
const BUILD: &str = "target";

/// The folders whose crates the rules are about.
const CRATES: [&str; 2] = ["crates", "examples"];

/// Every file, by its path from the root, and the texts that rules read.
#[derive(Debug, Default)]
pub(super) struct Tree {
    paths: Vec<PathBuf>,
    texts: Vec<File>,
}

/// A file with its text.
#[derive(Debug)]
pub(super) struct File {
    pub(super) path: PathBuf,
    pub(super) text: String,
}

impl Tree {
    /// Reads what is under `root`, except build output and hidden folders.
    pub(super) fn read(root: &Path) -> Result<Self, Error> {
        let mut tree = Self::default();
        tree.descend(root, Path::new(""))?;
        Ok(tree)
    }

    /// Returns all files, whatever they hold.
    pub(super) fn paths(&self) -> &[PathBuf] {
        &self.paths
    }

    /// Returns the Rust files that become part of a crate: not tests, not benchmarks.
    pub(super) fn sources(&self) -> impl Iterator<Item = &File> {
        self.with_extension("rs").filter(|file| {
            let is_in = |folder: &&str| file.path.starts_with(folder);
            let of_crate = CRATES.iter().any(is_in)
                && file
                    .path
                    .components()
                    .nth(2)
                    .is_some_and(|part| part.as_os_str() == "src");
            of_crate || is_in(&"xtask/src")
        })
    }

    /// Returns all Rust files of the crates and examples, tests too.
    pub(super) fn rust(&self) -> impl Iterator<Item = &File> {
        self.with_extension("rs")
            .filter(|file| CRATES.iter().any(|folder| file.path.starts_with(folder)))
    }

    /// Returns all Markdown pages.
    pub(super) fn pages(&self) -> impl Iterator<Item = &File> {
        self.with_extension("md")
    }

    fn with_extension(&self, extension: &'static str) -> impl Iterator<Item = &File> {
        self.texts
            .iter()
            .filter(move |file| file.path.extension() == Some(OsStr::new(extension)))
    }

    fn descend(&mut self, root: &Path, folder: &Path) -> Result<(), Error> {
        let path = root.join(folder);
        let failed = |source| Error::File {
            path: path.clone(),
            source,
        };
        for entry in fs::read_dir(&path).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let name = entry.file_name();
            let is_hidden = name.as_encoded_bytes().starts_with(b".");
            let path = folder.join(&name);
            if entry.file_type().map_err(failed)?.is_dir() {
                if !is_hidden && name != BUILD {
                    self.descend(root, &path)?;
                }
            } else {
                self.add(root, path)?;
            }
        }
        Ok(())
    }

    fn add(&mut self, root: &Path, path: PathBuf) -> Result<(), Error> {
        if matches!(path.extension().and_then(OsStr::to_str), Some("rs" | "md")) {
            let full = root.join(&path);
            let text = fs::read_to_string(&full).map_err(|source| Error::File { path: full, source })?;
            self.texts.push(File {
                path: path.clone(),
                text,
            });
        }
        self.paths.push(path);
        Ok(())
    }
}

impl File {
    /// Returns the lines with their numbers, counted from 1.
    pub(super) fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text.lines().enumerate().map(|(index, line)| (index + 1, line))
    }
}

#[cfg(test)]
impl File {
    pub(super) fn new(path: &str, text: &str) -> Self {
        Self {
            path: PathBuf::from(path),
            text: text.to_owned(),
        }
    }
}
