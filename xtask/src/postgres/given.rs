//! A server of the user's own: whether one answers, before tests fail for want of it.

use std::io::{self, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::Duration;

use crate::error::Error;

/// How long one address may take to answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// The message that asks whether the server encrypts; every server answers it, and only with a letter.
const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 4, 210, 22, 47];

/// Fails, without showing `url`, when no server answers at it.
pub(super) fn check(url: &str) -> Result<(), Error> {
    let Some(address) = address(url) else {
        let form = "the URL of the PostgreSQL server is not postgres://user:password@host:port/database";
        return Err(Error::Missing(form.to_owned()));
    };
    ask(&address).map_err(|refusal| {
        Error::Missing(format!(
            "no PostgreSQL server answers at {address} ({refusal}): see that it runs, or leave out its URL to have one started"
        ))
    })
}

/// Returns host and port, or `None` when `url` is no URL of a server.
fn address(url: &str) -> Option<String> {
    let (_, rest) = url.split_once("://")?;
    let (_, rest) = rest.rsplit_once('@')?;
    let (address, _) = rest.split_once('/')?;
    let has_port = address
        .rsplit_once(':')
        .is_some_and(|(_, port)| port.parse::<u16>().is_ok());
    if address.is_empty() {
        None
    } else if has_port {
        Some(address.to_owned())
    } else {
        Some(format!("{address}:5432"))
    }
}

fn ask(address: &str) -> io::Result<()> {
    let mut last = io::Error::other("the host has no address");
    for address in address.to_socket_addrs()? {
        match ask_one(TcpStream::connect_timeout(&address, PATIENCE)) {
            Ok(()) => return Ok(()),
            Err(refusal) => last = refusal,
        }
    }
    Err(last)
}

fn ask_one(stream: io::Result<TcpStream>) -> io::Result<()> {
    let mut stream = stream?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.write_all(&SSL_REQUEST)?;
    let mut answer = [0];
    stream.read_exact(&mut answer)?;
    match answer {
        [b'S' | b'N'] => Ok(()),
        _ => Err(io::Error::other("what answers is another program")),
    }
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, TcpListener};
    use std::thread;

    use super::*;

    #[test]
    fn the_address_is_that_of_the_url() {
        for (url, expected) in [
            ("postgres://a:b@db.example.com:7/x", Some("db.example.com:7")),
            ("postgresql://a:b@db/x", Some("db:5432")),
            ("postgres://a:p@ss@[::1]:7/x", Some("[::1]:7")),
            ("postgres://a:b@[::1]/x", Some("[::1]:5432")),
            ("db.example.com", None),
            ("postgres://db/x", None),
            ("postgres://a:b@db", None),
        ] {
            assert_eq!(address(url).as_deref(), expected, "{url}");
        }
    }

    #[test]
    fn a_url_is_never_shown() {
        for url in ["postgres://a:swordfish@127.0.0.1:1/x", "swordfish"] {
            let error = check(url).unwrap_err().chain();
            assert!(
                error.contains("PostgreSQL server") && !error.contains("swordfish"),
                "{error}"
            );
        }
    }

    #[test]
    fn only_a_server_that_knows_the_question_counts() {
        for (answer, is_server) in [(b"N", true), (b"S", true), (b"H", false)] {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
            let address = listener.local_addr().unwrap().to_string();
            let server = thread::spawn(move || {
                let (mut stream, _) = listener.accept().unwrap();
                stream.read_exact(&mut [0; 8]).unwrap();
                stream.write_all(answer).unwrap();
            });
            assert_eq!(ask(&address).map_err(|error| error.to_string()).is_ok(), is_server);
            server.join().unwrap();
        }
    }
}
