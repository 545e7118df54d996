//! How what goes to the server is kept from others.

use std::{fs, io, net::IpAddr};

use es_persistence::{Environment, EnvironmentError};
use sqlx::postgres::{PgConnectOptions, PgSslMode};

use crate::error::Failure;

/// Adds how the connection is encrypted: with a verified certificate, unless nobody else can listen.
pub(crate) fn encrypted(
    environment: &Environment,
    options: PgConnectOptions,
    host: &str,
) -> Result<PgConnectOptions, EnvironmentError> {
    const KEY: &str = "POSTGRES_SSL_MODE";
    let mode = match environment.text(KEY)?.map(str::trim) {
        None if is_local(host) => PgSslMode::Prefer,
        None | Some("verify-full") => PgSslMode::VerifyFull,
        Some("verify-ca") => PgSslMode::VerifyCa,
        Some("require") => PgSslMode::Require,
        Some("prefer") => PgSslMode::Prefer,
        Some("disable") => PgSslMode::Disable,
        Some(_) => {
            return Err(environment.invalid(KEY, "one of verify-full, verify-ca, require, prefer, disable"));
        }
    };
    let options = options.ssl_mode(mode);
    Ok(match root_cert(environment)? {
        Some(path) => options.ssl_root_cert(path),
        None => options,
    })
}

/// The file of certificates to trust, which must have one: the driver would say no more than that a file is not there.
fn root_cert(environment: &Environment) -> Result<Option<&str>, EnvironmentError> {
    const KEY: &str = "POSTGRES_SSL_ROOT_CERT";
    let Some(path) = environment.text(KEY)? else {
        return Ok(None);
    };
    match fs::read(path) {
        Ok(pem) if String::from_utf8_lossy(&pem).contains("-----BEGIN CERTIFICATE-----") => Ok(Some(path)),
        Ok(_) => Err(environment.invalid(KEY, "a file with certificates in PEM")),
        Err(error) => Err(environment.invalid(KEY, format!("a file that can be read ({})", error.kind()))),
    }
}

/// Whether what goes to `host` stays within this machine.
fn is_local(host: &str) -> bool {
    host.starts_with('/') || host == "localhost" || host.parse().is_ok_and(|address: IpAddr| address.is_loopback())
}

/// The connection cannot be encrypted as it must be.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unencrypted {
    #[error(
        "the server's certificate is not trusted: name a file of the authorities to trust in POSTGRES_SSL_ROOT_CERT, \
         and in POSTGRES_HOST the host that the certificate is for, which `verify-full` wants and `verify-ca` does not"
    )]
    Untrusted(#[source] io::Error),
    #[error("the connection cannot be encrypted: see that the server has TLS (ssl = on), and POSTGRES_SSL_MODE")]
    Impossible(#[source] sqlx::Error),
}

/// Why no connection could be made.
pub(crate) fn failure_of_connecting(error: sqlx::Error) -> Failure {
    match error {
        sqlx::Error::Tls(_) => Failure::unreached(Unencrypted::Impossible(error)),
        // This is how the driver passes on what TLS makes of the server's part of the handshake.
        sqlx::Error::Io(error) if error.kind() == io::ErrorKind::InvalidData => {
            Failure::unreached(Unencrypted::Untrusted(error))
        }
        error => error.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(host: &str, environment: &Environment) -> String {
        let options = encrypted(environment, PgConnectOptions::new_without_pgpass(), host).unwrap();
        format!("{:?}", options.get_ssl_mode())
    }

    #[test]
    fn what_leaves_the_machine_is_encrypted_for_a_verified_server() {
        let environment = Environment::new("Dogs");
        for host in ["db.example.com", "10.0.0.7", "localhost.example.com", "::2", "0.0.0.0"] {
            assert_eq!(mode(host, &environment), "VerifyFull", "{host}");
        }
        for host in ["localhost", "127.0.0.1", "127.8.8.8", "::1", "/run/postgresql"] {
            assert_eq!(mode(host, &environment), "Prefer", "{host}");
        }
    }

    #[test]
    fn what_is_set_counts_everywhere() {
        let environment = Environment::new("Dogs").with("POSTGRES_SSL_MODE", " require ");
        assert_eq!(mode("localhost", &environment), "Require");
        assert_eq!(mode("db.example.com", &environment), "Require");
    }
}
