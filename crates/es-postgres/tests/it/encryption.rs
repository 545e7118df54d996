//! Connections that nobody else can listen to or answer, and what is refused where they are to be had.

use std::{fs, path::PathBuf};

use es_persistence::{DatastoreError, Environment, EnvironmentError, RecorderErrorKind, StreamSelection};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use sqlx::Row as _;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
    runtime,
};

use crate::{
    cluster::Cluster,
    report,
    server::Server,
    store::{APPLICATION, chain, event, id, open, rows},
};

/// An authority that signs certificates.
fn authority(name: &str) -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// A server whose certificate is for `localhost`, and files of the authority that has signed it, of another one, and of
/// one that has taken its name.
struct Encrypted {
    cluster: Cluster,
    folder: tempfile::TempDir,
}

impl Encrypted {
    fn start() -> Result<Self, String> {
        let signer = authority("Dogs");
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(["localhost".to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &signer).unwrap();
        let files = [("server.crt", certificate.pem()), ("server.key", key.serialize_pem())];
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("signer"), signer.pem()).unwrap();
        fs::write(folder.path().join("other"), authority("Cats").pem()).unwrap();
        fs::write(folder.path().join("impostor"), authority("Dogs").pem()).unwrap();
        let cluster = Cluster::start("ssl = on", &files)?;
        Ok(Self { cluster, folder })
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn server(&self) -> Server {
        Server::at(&self.cluster.url()).unwrap()
    }

    fn environment(&self, host: &str, mode: &str, authority: &str) -> Environment {
        let authority = self.file(authority);
        self.server()
            .environment(APPLICATION, "public")
            .with("POSTGRES_HOST", host)
            .with("POSTGRES_SSL_MODE", mode)
            .with("POSTGRES_SSL_ROOT_CERT", authority.to_str().unwrap())
    }
}

/// Runs a test with a server that has a certificate, or says why there is none.
fn with_certificate<F: Future<Output = Encrypted>>(test: impl FnOnce(Encrypted) -> F) {
    match Encrypted::start() {
        Ok(encrypted) => drop(runtime::Runtime::new().unwrap().block_on(test(encrypted))),
        Err(missing) => report(format_args!("ignored: {missing}")),
    }
}

/// Saves an event and reads it.
async fn use_store(environment: &Environment) -> Result<(), DatastoreError> {
    let store = open(environment).await?;
    let recorder = store.application_recorder().await?;
    let id = id();
    recorder.insert_events(vec![event(&id, 1)]).await?;
    assert_eq!(recorder.select_events(StreamSelection::of(id)).await?.len(), 1);
    Ok(())
}

/// What the refusal of a connection says.
async fn refusal(environment: &Environment) -> String {
    let error = use_store(environment).await.unwrap_err();
    let DatastoreError::Recorder(recorder) = &error else {
        panic!("{error}")
    };
    assert_eq!(*recorder.kind(), RecorderErrorKind::Unavailable);
    chain(&error)
}

/// Whether each connection of a store that is open with `environment` is encrypted.
async fn encryption_of_connections(server: &Server, environment: &Environment) -> Vec<bool> {
    let store = open(environment).await.unwrap();
    let recorder = store.application_recorder().await.unwrap();
    let wakeup = recorder.wakeup();
    let mut connection = server.connect().await;
    let sql = "SELECT s.ssl FROM pg_stat_ssl s JOIN pg_stat_activity a USING (pid) WHERE a.application_name = 'Dogs'";
    loop {
        recorder.insert_events(vec![event(&id(), 1)]).await.unwrap();
        let found = rows(&mut connection, sql).await;
        // One that saves, and one that listens.
        if found.len() > 1 {
            drop(wakeup);
            store.close().await;
            return found.iter().map(|row| row.get(0)).collect();
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}

#[test]
fn a_certificate_for_the_name_by_a_trusted_authority_is_accepted() {
    with_certificate(|encrypted| async {
        for (host, mode, authority) in [
            ("localhost", "verify-full", "signer"),
            ("localhost", "verify-ca", "signer"),
            ("127.0.0.1", "verify-ca", "signer"),
            ("127.0.0.1", "require", "other"),
        ] {
            let environment = encrypted.environment(host, mode, authority);
            use_store(&environment).await.unwrap();
            let connections = encryption_of_connections(&encrypted.server(), &environment).await;
            assert!(
                connections.iter().all(|is_encrypted| *is_encrypted),
                "{mode}: {connections:?}"
            );
        }
        encrypted
    });
}

#[test]
fn a_certificate_by_another_authority_or_for_another_name_is_refused() {
    with_certificate(|encrypted| async {
        for (host, mode, authority, cause) in [
            ("localhost", "verify-full", "other", "UnknownIssuer"),
            ("localhost", "verify-ca", "other", "UnknownIssuer"),
            ("localhost", "verify-full", "impostor", "BadSignature"),
            ("localhost", "verify-ca", "impostor", "BadSignature"),
            ("127.0.0.1", "verify-full", "signer", "not valid for name"),
        ] {
            let text = refusal(&encrypted.environment(host, mode, authority)).await;
            assert!(text.contains("POSTGRES_SSL_ROOT_CERT"), "{text}");
            assert!(text.contains(cause), "{text}");
        }
        let untold = encrypted.server().environment(APPLICATION, "public");
        let untold = untold
            .with("POSTGRES_HOST", "localhost")
            .with("POSTGRES_SSL_MODE", "verify-full");
        let text = refusal(&untold).await;
        assert!(text.contains("POSTGRES_SSL_ROOT_CERT"), "{text}");
        encrypted
    });
}

#[test]
fn a_server_without_encryption_is_refused_unless_it_is_only_preferred() {
    with_certificate(|encrypted| async {
        let server = encrypted.server();
        server.execute("ALTER SYSTEM SET ssl = off").await;
        server.execute("SELECT pg_reload_conf()").await;
        let prefer = encrypted.environment("localhost", "prefer", "signer");
        while encryption_of_connections(&server, &prefer).await.contains(&true) {}
        for mode in ["require", "verify-ca", "verify-full"] {
            let text = refusal(&encrypted.environment("localhost", mode, "signer")).await;
            assert!(text.contains("POSTGRES_SSL_MODE"), "{text}");
        }
        encrypted
    });
}

/// Answers a client that it is not to encrypt, and returns what it then sends.
async fn downgrade(listener: TcpListener) -> Vec<u8> {
    let (mut client, _) = listener.accept().await.unwrap();
    let mut request = [0; 8];
    client.read_exact(&mut request).await.unwrap();
    assert_eq!(request, [0, 0, 0, 8, 4, 210, 22, 47], "a request to encrypt");
    client.write_all(b"N").await.unwrap();
    let mut sent = vec![0; 1024];
    let length = client.read(&mut sent).await.unwrap();
    sent.truncate(length);
    sent
}

#[tokio::test]
async fn who_answers_in_place_of_the_server_gets_nothing_in_plain_text() {
    for (mode, is_open) in [
        ("prefer", true),
        ("require", false),
        ("verify-ca", false),
        ("verify-full", false),
    ] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let environment = Environment::new(APPLICATION)
            .with("POSTGRES_HOST", "127.0.0.1")
            .with("POSTGRES_PORT", listener.local_addr().unwrap().port().to_string())
            .with("POSTGRES_DBNAME", "dogs")
            .with("POSTGRES_USER", "dogs")
            .with("POSTGRES_PASSWORD", "swordfish")
            .with("POSTGRES_SSL_MODE", mode);
        let (sent, text) = tokio::join!(downgrade(listener), refusal(&environment));
        assert_eq!(!sent.is_empty(), is_open, "{mode}: {sent:?}");
        assert_eq!(text.contains("cannot be encrypted"), !is_open, "{mode}: {text}");
        assert!(!text.contains("swordfish"), "{text}");
    }
}

#[tokio::test]
async fn a_file_without_certificates_is_refused_before_anything_is_sent() {
    let folder = tempfile::tempdir().unwrap();
    let empty = folder.path().join("empty");
    fs::write(&empty, "").unwrap();
    for (path, reason) in [
        (empty, "certificates in PEM"),
        (folder.path().join("missing"), "not found"),
    ] {
        let environment = Environment::new(APPLICATION)
            .with("POSTGRES_HOST", "db.example.com")
            .with("POSTGRES_DBNAME", "dogs")
            .with("POSTGRES_USER", "dogs")
            .with("POSTGRES_SSL_ROOT_CERT", path.to_str().unwrap());
        let error = open(&environment).await.unwrap_err();
        let DatastoreError::Environment(EnvironmentError::Invalid { key, allowed, .. }) = &error else {
            panic!("{error}")
        };
        assert_eq!(key, "POSTGRES_SSL_ROOT_CERT");
        assert!(allowed.contains(reason), "{error}");
    }
}
