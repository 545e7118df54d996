//! HTTPS: certificates are checked as the machine does it.

use std::sync::Arc;

use reqwest::ClientBuilder;
use rustls::{
    ClientConfig, RootCertStore,
    crypto::ring,
    pki_types::{CertificateDer, pem::PemObject as _},
};
use rustls_platform_verifier::Verifier;

use super::{BuildError, base::Base};

/// Makes connections secure by a configuration of our own, so that the program need not choose a provider for the process.
pub(super) fn configure(
    builder: ClientBuilder,
    base: &Base,
    certificates: &[Vec<u8>],
) -> Result<ClientBuilder, BuildError> {
    let provider = Arc::new(ring::default_provider());
    let failed = |error: rustls::Error| BuildError::Client(Arc::new(error));
    let config = ClientConfig::builder_with_provider(Arc::clone(&provider)).with_safe_default_protocol_versions();
    let config = config.map_err(failed)?;
    if !base.is_https() {
        // There is nothing to verify, and reading the certificates of the machine takes a while.
        let config = config.with_root_certificates(RootCertStore::empty());
        return Ok(builder.tls_backend_preconfigured(config.with_no_client_auth()));
    }
    let verifier = match read(certificates)? {
        extra if extra.is_empty() => Verifier::new(provider),
        extra => Verifier::new_with_extra_roots(extra, provider),
    };
    let verifier = Arc::new(verifier.map_err(failed)?);
    let config = config
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_no_client_auth();
    Ok(builder.tls_backend_preconfigured(config))
}

fn read(pems: &[Vec<u8>]) -> Result<Vec<CertificateDer<'static>>, BuildError> {
    let mut certificates = Vec::new();
    for pem in pems {
        let before = certificates.len();
        for certificate in CertificateDer::pem_slice_iter(pem) {
            certificates.push(certificate.ok().ok_or(BuildError::Certificates)?);
        }
        if certificates.len() == before {
            return Err(BuildError::Certificates);
        }
    }
    Ok(certificates)
}
