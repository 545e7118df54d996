//! Waiting until a server that is starting takes connections.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use super::NAME;
use crate::error::Error;
use crate::interrupt;

const LIMIT: Duration = Duration::from_mins(1);
const PAUSE: Duration = Duration::from_millis(100);

/// How long one attempt may take.
const PATIENCE: Duration = Duration::from_secs(2);

/// A server that was started and may still fail to come up.
pub(super) trait Starting {
    /// What it is called in messages.
    const WHAT: &'static str;

    /// Returns the loopback port on which it will listen.
    fn port(&self) -> u16;

    /// Returns whether it still runs; there is no sense in waiting for one that ended.
    fn is_running(&self) -> bool;

    /// Returns the last lines of its log.
    fn end_of_log(&self) -> String;
}

/// Waits until `server` asks a client for its password.
pub(super) fn wait<S: Starting>(server: &S) -> Result<(), Error> {
    let deadline = Instant::now() + LIMIT;
    loop {
        interrupt::check()?;
        let Err(refusal) = open(server.port()) else {
            return Ok(());
        };
        if !server.is_running() {
            return Err(ended(server));
        }
        if Instant::now() >= deadline {
            let answer = format!("{refusal} (after {} s)", LIMIT.as_secs());
            return Err(not_ready(server, answer));
        }
        thread::sleep(PAUSE);
    }
}

/// Returns whether a server on `port` asks a client for its password.
pub(super) fn is_ready(port: u16) -> bool {
    open(port).is_ok()
}

/// Returns why `server`, which does not run any more, cannot be used.
pub(super) fn ended<S: Starting>(server: &S) -> Error {
    not_ready(server, "it ended".to_owned())
}

fn not_ready<S: Starting>(server: &S, answer: String) -> Error {
    Error::NotReady {
        server: S::WHAT,
        answer,
        log: server.end_of_log(),
    }
}

/// Opens a connection up to the point where the server asks for the password.
///
/// A listening port is not enough: Docker's proxy listens before the server does, and a server that recovers
/// listens too, only to refuse every client.
fn open(port: u16) -> io::Result<()> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.write_all(&startup_message())?;
    let mut kind = [0];
    stream.read_exact(&mut kind)?;
    match kind {
        [b'R'] => Ok(()),
        _ => Err(io::Error::other("it refuses clients")),
    }
}

/// Returns the first message of the protocol's version 3.0: its length, the version, the parameters.
fn startup_message() -> Vec<u8> {
    const VERSION: u32 = 3 << 16;
    let parameters = format!("user\0{NAME}\0database\0{NAME}\0\0");
    let length = u32::try_from(4 + 4 + parameters.len()).expect("the parameters are short");
    let mut message = Vec::new();
    message.extend(length.to_be_bytes());
    message.extend(VERSION.to_be_bytes());
    message.extend(parameters.as_bytes());
    message
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    /// Lets a server that says `answer` to the first client be opened.
    fn open_one_that_says(answer: &'static [u8]) -> io::Result<()> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let server = thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut message = vec![0; startup_message().len()];
            stream.read_exact(&mut message).unwrap();
            stream.write_all(answer).unwrap();
        });
        let outcome = open(port);
        server.join().unwrap();
        outcome
    }

    #[test]
    fn a_server_that_asks_for_a_password_is_ready() {
        open_one_that_says(b"R\0\0\0\x17").unwrap();
    }

    #[test]
    fn a_server_that_answers_with_an_error_is_not_ready() {
        let refusal = open_one_that_says(b"E\0\0\0\x04").unwrap_err();
        assert_eq!(refusal.to_string(), "it refuses clients");
    }

    #[test]
    fn a_proxy_that_hangs_up_is_not_ready() {
        let refusal = open_one_that_says(b"").unwrap_err();
        assert_eq!(refusal.kind(), io::ErrorKind::UnexpectedEof);
    }
}
