//! A server of a test's own, run by the server programs of this machine: for settings that the common one does not have.

use std::{
    env, fs,
    net::{Ipv4Addr, TcpListener},
    os::unix::{fs::chown, process::CommandExt as _},
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use tempfile::TempDir;

/// A running server. It is stopped, and its folder removed, when this is dropped.
#[derive(Debug)]
pub(crate) struct Cluster {
    programs: PathBuf,
    folder: TempDir,
    account: Option<Account>,
    port: u16,
}

/// Whom the server runs as when the test runs as root, which it refuses.
#[derive(Clone, Copy, Debug)]
struct Account {
    uid: u32,
    gid: u32,
}

/// The password of the superuser.
pub(crate) const PASSWORD: &str = "swordfish";

impl Cluster {
    /// Starts a server with `settings` and the `files` that they name, which are in the folder of the data; `Err` says
    /// what is missing on this machine.
    pub(crate) fn start(settings: &str, files: &[(&str, String)]) -> Result<Self, String> {
        let cluster = Self {
            programs: programs().ok_or("the programs of a PostgreSQL server are not on this machine")?,
            folder: tempfile::tempdir().unwrap(),
            account: account()?,
            port: free_port(),
        };
        cluster.own(cluster.folder.path());
        cluster.write("password", PASSWORD);
        let password = cluster.folder.path().join("password");
        let made = cluster
            .command("initdb")
            .arg("--pgdata")
            .arg(cluster.data())
            .arg("--pwfile")
            .arg(password)
            .args(["--username", "postgres", "--auth", "scram-sha-256"])
            .args(["--encoding", "UTF8", "--locale", "C", "--no-sync"])
            .output();
        succeeded(&made.unwrap());
        for (name, text) in files {
            cluster.write(&format!("data/{name}"), text);
        }
        let port = cluster.port;
        let common =
            format!("listen_addresses = 'localhost'\nport = {port}\nunix_socket_directories = ''\nfsync = off\n");
        let config = fs::read_to_string(cluster.data().join("postgresql.conf")).unwrap();
        cluster.write("data/postgresql.conf", &format!("{config}\n{common}{settings}\n"));
        match cluster.pg_ctl(&["--wait", "start"]) {
            Ok(()) => Ok(cluster),
            Err(log) if log.contains("not supported by this build") => Err(log),
            Err(log) => panic!("{log}"),
        }
    }

    /// Where it is, by the name of its host.
    pub(crate) fn url(&self) -> String {
        format!("postgres://postgres:{PASSWORD}@localhost:{}/postgres", self.port)
    }

    /// Stops it at once, as a crash would, and starts it.
    pub(crate) fn restart(&self) {
        if let Err(log) = self.pg_ctl(&["--mode=immediate", "--wait", "restart"]) {
            panic!("{log}");
        }
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.programs.join(program));
        // The current folder may be closed to the other account.
        command.current_dir(self.folder.path()).stdin(Stdio::null());
        if let Some(account) = self.account {
            command.uid(account.uid).gid(account.gid);
        }
        command
    }

    /// Has the server started or stopped, or returns the end of what it has said.
    fn pg_ctl(&self, arguments: &[&str]) -> Result<(), String> {
        let mut pg_ctl = self.command("pg_ctl");
        let log = self.folder.path().join("log");
        pg_ctl.arg("--pgdata").arg(self.data()).arg("--log").arg(&log);
        // Its output would stay open for as long as the server runs.
        pg_ctl.args(arguments).stdout(Stdio::null()).stderr(Stdio::null());
        if pg_ctl.status().unwrap().success() {
            return Ok(());
        }
        Err(fs::read_to_string(&log).unwrap_or_default())
    }

    /// Writes a file that nobody else may read: the server insists on that for keys.
    fn write(&self, name: &str, text: &str) {
        use std::os::unix::fs::PermissionsExt as _;
        let path = self.folder.path().join(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        self.own(&path);
    }

    fn own(&self, path: &Path) {
        if let Some(account) = self.account {
            chown(path, Some(account.uid), Some(account.gid)).unwrap();
        }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if self.data().join("postmaster.pid").exists()
            && let Err(log) = self.pg_ctl(&["--mode=immediate", "--wait", "stop"])
        {
            crate::report(format_args!("a server may be left: {log}"));
        }
    }
}

fn succeeded(output: &Output) {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// The folder of the server programs: that of `pg_config`, those of Debian's packages, those of the PATH.
fn programs() -> Option<PathBuf> {
    let is_complete = |folder: &PathBuf| {
        ["initdb", "pg_ctl", "postgres"]
            .iter()
            .all(|name| folder.join(name).exists())
    };
    let configured = Command::new("pg_config").arg("--bindir").output().ok();
    let configured = configured.map(|output| PathBuf::from(String::from_utf8_lossy(&output.stdout).trim()));
    let packaged = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let packaged = packaged.map(|entry| entry.path().join("bin"));
    let path = env::var_os("PATH").unwrap_or_default();
    configured
        .into_iter()
        .chain(packaged)
        .chain(env::split_paths(&path))
        .find(is_complete)
}

/// The account that root borrows; `None` for whoever is not root.
fn account() -> Result<Option<Account>, String> {
    let id = |arguments: &[&str]| {
        let output = Command::new("id").args(arguments).output().ok()?;
        String::from_utf8(output.stdout).ok()?.trim().parse::<u32>().ok()
    };
    if id(&["-u"]) != Some(0) {
        return Ok(None);
    }
    let borrowed = ["postgres", "nobody"].iter().find_map(|name| {
        Some(Account {
            uid: id(&["-u", name])?,
            gid: id(&["-g", name])?,
        })
    });
    borrowed
        .map(Some)
        .ok_or_else(|| "root has no account `postgres` or `nobody` to start a server with".to_owned())
}

fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    listener.local_addr().unwrap().port()
}
