//! The account under which server programs run: PostgreSQL refuses to run as root.

use std::ffi::OsStr;
use std::os::unix::fs;
use std::path::Path;
use std::process::Command;

use crate::error::Error;
use crate::program;

/// The accounts that root may borrow, the best one first.
const UNPRIVILEGED: [&str; 2] = ["postgres", "nobody"];

/// Whom the server programs run as.
#[derive(Debug)]
pub(super) enum Account {
    /// Whoever runs this program.
    Own,
    /// Another one, because this program runs as root.
    Borrowed { name: &'static str, uid: u32, gid: u32 },
}

impl Account {
    /// Finds an account that is not root.
    pub(super) fn find() -> Result<Self, Error> {
        if id(&["-u"])? != 0 {
            return Ok(Self::Own);
        }
        UNPRIVILEGED
            .iter()
            .find_map(|name| {
                let (uid, gid) = (id(&["-u", name]).ok()?, id(&["-g", name]).ok()?);
                Some(Self::Borrowed { name, uid, gid })
            })
            .ok_or_else(|| {
                let names = UNPRIVILEGED.join("` or `");
                Error::Missing(format!("root has no account `{names}` to start a server with"))
            })
    }

    /// Makes the account the owner of `path`.
    pub(super) fn own(&self, path: &Path) -> Result<(), Error> {
        match self {
            Self::Own => Ok(()),
            Self::Borrowed { uid, gid, .. } => fs::chown(path, Some(*uid), Some(*gid)).map_err(|source| Error::File {
                path: path.to_owned(),
                source,
            }),
        }
    }

    /// Returns `program` as a command of this account; its arguments may follow.
    pub(super) fn command(&self, program: &Path) -> Command {
        match self {
            Self::Own => Command::new(program),
            Self::Borrowed { uid, gid, .. } if is_installed("setpriv") => {
                let mut setpriv = Command::new("setpriv");
                setpriv
                    .arg(format!("--reuid={uid}"))
                    .arg(format!("--regid={gid}"))
                    .arg("--clear-groups")
                    .arg(program);
                setpriv
            }
            Self::Borrowed { name, .. } => {
                let mut su = Command::new("su");
                // What follows the account's name goes to the shell, as `$0`, `$1` and so on.
                su.args(["-s", "/bin/sh", "-c", "exec \"$0\" \"$@\"", name, "--"])
                    .arg(program);
                su
            }
        }
    }
}

fn is_installed(program: impl AsRef<OsStr>) -> bool {
    program::capture(Command::new(program).arg("--version")).is_ok()
}

fn id(arguments: &[&str]) -> Result<u32, Error> {
    let answer = program::capture(Command::new("id").args(arguments))?;
    let number = answer.trim().parse();
    number.map_err(|source| Error::NoNumber { answer, source })
}
