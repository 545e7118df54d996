//! The base URL, which all requests of a client have in common.

use std::net::IpAddr;

use reqwest::Url;

use super::BuildError;

/// A checked base URL. Requests go to paths below it and to no other host.
#[derive(Clone, Debug)]
pub(crate) struct Base(Url);

impl Base {
    pub(crate) fn parse(text: &str, allow_plain_http: bool) -> Result<Self, BuildError> {
        let refused = |reason| BuildError::BaseUrl { reason };
        let mut url = Url::parse(text).ok().ok_or(refused("it is not a URL"))?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(refused("it has a user or a password; give a token instead"));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(refused("it has a query or a fragment"));
        }
        match url.scheme() {
            "https" if cfg!(feature = "rustls") => {}
            "https" => return Err(BuildError::NoTls),
            "http" if allow_plain_http || is_this_machine(&url) => {}
            "http" => return Err(BuildError::PlainHttp),
            _ => return Err(refused("its scheme is neither https nor http")),
        }
        if !url.path().ends_with('/') {
            url.set_path(&format!("{}/", url.path()));
        }
        Ok(Self(url))
    }

    pub(crate) fn is_https(&self) -> bool {
        self.0.scheme() == "https"
    }

    /// The URL of a path below the base, such as `log/last`.
    pub(crate) fn join(&self, path: &str) -> Url {
        let mut url = self.0.clone();
        url.set_path(&format!("{}{path}", self.0.path()));
        url
    }
}

fn is_this_machine(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_stand_below_the_base() {
        for base in ["http://localhost:8080/school", "http://localhost:8080/school/"] {
            let url = Base::parse(base, false).unwrap().join("log/last");
            assert_eq!(url.as_str(), "http://localhost:8080/school/log/last");
        }
        let root = Base::parse("http://[::1]:8080", false).unwrap();
        assert_eq!(root.join("log").as_str(), "http://[::1]:8080/log");
    }

    #[test]
    fn what_would_leak_or_mislead_is_refused() {
        assert!(matches!(
            Base::parse("http://school.example", false),
            Err(BuildError::PlainHttp)
        ));
        assert!(matches!(
            Base::parse("http://127.0.0.1.example", false),
            Err(BuildError::PlainHttp)
        ));
        Base::parse("http://school.example", true).unwrap();
        Base::parse("http://127.9.9.9/", false).unwrap();
        for url in [
            "",
            "school",
            "file:///etc/passwd",
            "ftp://school.example",
            "http://ann:secret@localhost/",
            "http://localhost/?a=1",
            "http://localhost/#a",
            "data:text/plain,x",
        ] {
            let error = Base::parse(url, true).unwrap_err();
            assert!(matches!(error, BuildError::BaseUrl { .. }), "{url}");
            assert!(!error.to_string().contains("secret"), "{error}");
        }
    }
}
