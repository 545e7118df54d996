//! The library between SQLite and the system.

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

/// The library, made once a run.
pub(crate) struct Shim;

static LIBRARY: OnceLock<Option<PathBuf>> = OnceLock::new();

impl Shim {
    /// Whether it can be used here: on Linux, with a C compiler.
    pub(crate) fn available() -> bool {
        let is_there = cfg!(target_os = "linux") && library().is_some();
        if !is_there {
            eprintln!("tests of the disk's faults are left out: they need Linux and a C compiler (cc)");
        }
        is_there
    }

    /// Lets `command` run with the library, for the files in `folder`.
    pub(crate) fn apply(command: &mut Command, folder: &Path) {
        if let Some(library) = library() {
            command.env("LD_PRELOAD", library).env("ES_SHIM_FOLDER", folder);
        }
    }
}

fn library() -> Option<&'static PathBuf> {
    LIBRARY.get_or_init(make).as_ref()
}

fn make() -> Option<PathBuf> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/faults/shim.c");
    let library = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("shim-{}.so", std::process::id()));
    let mut cc = Command::new(env::var("CC").unwrap_or_else(|_| "cc".to_owned()));
    let made = cc
        .args(["-shared", "-fPIC", "-O1", "-o"])
        .arg(&library)
        .arg(source)
        .arg("-ldl")
        .status();
    made.is_ok_and(|status| status.success()).then_some(library)
}
