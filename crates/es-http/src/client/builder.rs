//! Settings of a remote log.

use std::{fmt, sync::Arc, time::Duration};

use es_persistence::{Mapper, import::PythonImporter};
use reqwest::{Client, header::HeaderValue, redirect};

use super::{BuildError, PythonLog, RemoteLog, base::Base, transport::Transport};

/// Settings of a [`RemoteLog`].
#[must_use = "nothing is made before `build` is called"]
pub struct RemoteLogBuilder {
    base: String,
    token: Option<String>,
    allow_plain_http: bool,
    body_cap: usize,
    request_time: Duration,
    patience: Duration,
    #[cfg(feature = "gzip")]
    is_compressed: bool,
    #[cfg(feature = "rustls")]
    certificates: Vec<Vec<u8>>,
}

/// How long it takes to connect, at the most.
const CONNECT_TIME: Duration = Duration::from_secs(10);

impl RemoteLogBuilder {
    pub(super) fn new(base: String) -> Self {
        Self {
            base,
            token: None,
            allow_plain_http: false,
            body_cap: 32 * 1024 * 1024,
            request_time: Duration::from_secs(30),
            patience: Duration::from_secs(30),
            #[cfg(feature = "gzip")]
            is_compressed: false,
            #[cfg(feature = "rustls")]
            certificates: Vec::new(),
        }
    }

    /// Presents this bearer token with each request.
    pub fn token(self, token: impl Into<String>) -> Self {
        Self {
            token: Some(token.into()),
            ..self
        }
    }

    /// Lets the base URL begin with `http://` also if the host is another machine. Tokens and events can then be read by
    /// everybody on the way.
    pub fn allow_plain_http(self) -> Self {
        Self {
            allow_plain_http: true,
            ..self
        }
    }

    /// Refuses an answer that is larger than `bytes`, also when it is decompressed: 32 MiB by default.
    pub fn body_cap(self, bytes: usize) -> Self {
        Self {
            body_cap: bytes,
            ..self
        }
    }

    /// Gives up one request after `time`: 30 seconds by default. A request that failed is repeated.
    pub fn request_time(self, time: Duration) -> Self {
        Self {
            request_time: time,
            ..self
        }
    }

    /// Repeats a read that fails because the server cannot be reached or is busy, with growing pauses, for `time` before the
    /// error is returned: 30 seconds by default. With zero it is not repeated.
    pub fn patience(self, time: Duration) -> Self {
        Self { patience: time, ..self }
    }

    /// Asks for compressed answers: less to send, and more to compute. It does not help if states are encrypted.
    #[cfg(feature = "gzip")]
    pub fn compressed(self) -> Self {
        Self {
            is_compressed: true,
            ..self
        }
    }

    /// Trusts these certificates too, besides those that the machine trusts. `pem` has one or several in PEM.
    #[cfg(feature = "rustls")]
    pub fn trust(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.certificates.push(pem.into());
        self
    }

    /// Makes the log. The server is not asked yet.
    ///
    /// # Errors
    ///
    /// [`BuildError`] when a setting is wrong.
    pub fn build(self) -> Result<RemoteLog, BuildError> {
        Ok(RemoteLog::new(self.transport()?, self.patience))
    }

    /// Makes the log of an application of the Python library, whose rows `importer` reads and `mapper` writes anew.
    ///
    /// # Errors
    ///
    /// [`BuildError`] when a setting is wrong.
    pub fn build_python(self, importer: PythonImporter, mapper: Mapper) -> Result<PythonLog, BuildError> {
        Ok(PythonLog::new(self.transport()?, self.patience, importer, mapper))
    }

    fn transport(&self) -> Result<Transport, BuildError> {
        let base = Base::parse(&self.base, self.allow_plain_http)?;
        let token = self.token.as_deref().map(header).transpose()?;
        Ok(Transport {
            http: self.client(&base)?,
            base,
            token,
            body_cap: self.body_cap,
            request_time: self.request_time,
        })
    }

    fn client(&self, base: &Base) -> Result<Client, BuildError> {
        let builder = Client::builder()
            .redirect(redirect::Policy::none())
            .referer(false)
            .no_proxy()
            .connect_timeout(CONNECT_TIME)
            .user_agent(concat!("es-http/", env!("CARGO_PKG_VERSION")));
        #[cfg(feature = "gzip")]
        let builder = builder.gzip(self.is_compressed);
        #[cfg(feature = "rustls")]
        let builder = super::tls::configure(builder, base, &self.certificates)?;
        let builder = builder.https_only(base.is_https());
        builder.build().map_err(|error| BuildError::Client(Arc::new(error)))
    }
}

fn header(token: &str) -> Result<HeaderValue, BuildError> {
    let value = HeaderValue::from_str(&format!("Bearer {token}")).ok();
    let mut value = value.ok_or(BuildError::Token)?;
    value.set_sensitive(true);
    Ok(value)
}

/// Prints neither the token nor the URL.
impl fmt::Debug for RemoteLogBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RemoteLogBuilder")
            .field("has_token", &self.token.is_some())
            .field("body_cap", &self.body_cap)
            .field("request_time", &self.request_time)
            .field("patience", &self.patience)
            .finish_non_exhaustive()
    }
}
