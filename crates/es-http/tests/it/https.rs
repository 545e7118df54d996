//! HTTPS: the server is who it says it is, or nothing is read.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use es_http::client::{BuildError, RemoteLog, RemoteLogBuilder};
use es_persistence::{ReadableLog as _, RecorderErrorKind, Selection};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::{
    ServerConfig,
    crypto::ring,
    pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
};
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
};
use tokio_rustls::TlsAcceptor;

use crate::{school::dog, served::Served, world::app};

/// Brings HTTPS to a plain server, as proxies do. Returns the address and the certificate.
async fn secured(plain: SocketAddr, name: &str) -> (SocketAddr, String) {
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed([name.to_owned()]).unwrap();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(signing_key.serialize_der()));
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let config = config
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth();
    let config = config.with_single_cert(vec![cert.der().clone()], key).unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            drop(tokio::spawn(async move {
                // A client that does not trust the certificate ends here.
                let mut secure = acceptor.accept(stream).await.ok()?;
                let mut plain = TcpStream::connect(plain).await.ok()?;
                copy_bidirectional(&mut secure, &mut plain).await.ok()
            }));
        }
    }));
    (address, cert.pem())
}

fn builder(served: &Served, address: SocketAddr) -> RemoteLogBuilder {
    let base = format!("https://localhost:{}/school", address.port());
    RemoteLog::builder(base)
        .token(served.token.reveal())
        .patience(Duration::ZERO)
}

#[tokio::test]
async fn a_server_with_a_trusted_certificate_is_read() {
    let app = app().await;
    dog(&app, "Fido", &["sit"]).await;
    let served = Served::of(&app).await;
    let (address, pem) = secured(served.address, "localhost").await;
    let log = builder(&served, address).trust(pem).build().unwrap();
    let page = log.select_notifications(Selection::all()).await.unwrap();
    assert_eq!(page.notifications.len(), 2);
}

#[tokio::test]
async fn a_server_with_another_certificate_or_none_is_refused() {
    let app = app().await;
    let served = Served::of(&app).await;
    let (address, _) = secured(served.address, "localhost").await;
    let (elsewhere, pem) = secured(served.address, "elsewhere").await;
    for builder in [
        builder(&served, address),
        builder(&served, address).trust(pem.clone()),
        // The certificate is known, and of another host.
        builder(&served, elsewhere).trust(pem),
        // There is no TLS at all.
        builder(&served, served.address),
    ] {
        let error = builder.build().unwrap().max_position().await.unwrap_err();
        assert_eq!(*error.kind(), RecorderErrorKind::Unavailable);
        assert!(error.cause().is_some());
    }
}

#[test]
fn settings_that_cannot_work_are_refused() {
    let build = |builder: RemoteLogBuilder| builder.build().unwrap_err();
    let trusting = |pem: &str| build(RemoteLog::builder("https://localhost").trust(pem));
    for pem in [
        "",
        "nonsense",
        "-----BEGIN CERTIFICATE-----\n%%\n-----END CERTIFICATE-----\n",
    ] {
        assert!(matches!(trusting(pem), BuildError::Certificates), "{pem}");
    }
    let error = build(RemoteLog::builder("https://localhost").token("a\nb"));
    assert!(matches!(error, BuildError::Token));
    assert!(matches!(
        build(RemoteLog::builder("http://school.example")),
        BuildError::PlainHttp
    ));
    let debug = format!("{:?}", RemoteLog::builder("https://localhost").token("a secret"));
    assert!(!debug.contains("secret"), "{debug}");
}
