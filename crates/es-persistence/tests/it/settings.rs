//! What was written under one setting is read under every other, as long as the keys are given.

use es_domain::{RootAccess as _, SnapshotRef, prelude::*};
use es_persistence::{ChainError, Environment, Mapper, MapperErrorKind, StoredEvent, StoredSnapshot, cipher::KeyId};

use crate::{
    account::{Account, AccountEvent, id},
    fixture::{KEY, OTHER_KEY, stamp},
};

const TRANSCODERS: [&str; 2] = ["json", "messagepack"];
const COMPRESSORS: [&str; 3] = ["none", "zlib", "zstd"];
const CIPHERS: [Cipher; 4] = [Cipher::Never, Cipher::Ended, Cipher::Begun, Cipher::Required];
const CHAINS: [Chain; 3] = [Chain::Unkeyed, Chain::Keyed, Chain::KeyedFromNowOn];

#[derive(Clone, Copy, Debug, PartialEq)]
enum Cipher {
    Never,
    Ended,
    Begun,
    Required,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Chain {
    Unkeyed,
    Keyed,
    KeyedFromNowOn,
}

#[derive(Clone, Copy, Debug)]
struct Setting {
    transcoder: &'static str,
    compressor: &'static str,
    cipher: Cipher,
    chain: Chain,
}

/// Every setting there is.
fn all() -> Vec<Setting> {
    let mut all = Vec::new();
    for transcoder in TRANSCODERS {
        for compressor in COMPRESSORS {
            for cipher in CIPHERS {
                all.extend(CHAINS.map(|chain| Setting {
                    transcoder,
                    compressor,
                    cipher,
                    chain,
                }));
            }
        }
    }
    all
}

impl Setting {
    fn mapper(self) -> Mapper {
        let environment = Environment::new("Bank")
            .with("TRANSCODER_TOPIC", self.transcoder)
            .with("COMPRESSOR_TOPIC", self.compressor)
            .with("COMPRESSOR_MIN_SIZE", "1");
        let environment = match self.cipher {
            Cipher::Never => environment,
            Cipher::Ended => environment.with("CIPHER_KEY", KEY).with("CIPHER_TOPIC", "none"),
            Cipher::Begun => environment.with("CIPHER_KEY", KEY).with("CIPHER_ACCEPT_PLAIN", "yes"),
            Cipher::Required => environment.with("CIPHER_KEY", KEY),
        };
        let environment = match self.chain {
            Chain::Unkeyed => environment,
            Chain::Keyed => environment.with("HASH_CHAIN_KEY", OTHER_KEY),
            Chain::KeyedFromNowOn => environment
                .with("HASH_CHAIN_KEY", OTHER_KEY)
                .with("HASH_CHAIN_ACCEPT", "unkeyed"),
        };
        Mapper::from_environment(&environment).unwrap()
    }

    const fn encrypts(self) -> bool {
        matches!(self.cipher, Cipher::Begun | Cipher::Required)
    }
}

fn events() -> [DomainEvent<AccountEvent>; 2] {
    let text = "Explained at length, and then explained again. ".repeat(8);
    let metadata = [("because", text.as_str())].into_iter().collect();
    [
        DomainEvent::new(id(), 1, stamp(1), AccountEvent::Opened { balance: 10 }),
        DomainEvent::new(
            id(),
            2,
            stamp(2).with_metadata(metadata),
            AccountEvent::Explained { text },
        ),
    ]
}

fn account(mapper: &Mapper, rows: &[StoredEvent]) -> Account {
    let mut stream = mapper.stream::<Account>(&id());
    let mut account = None;
    for row in rows {
        stream.to_domain(row).unwrap().mutate(&mut account).unwrap();
    }
    let mut account = account.unwrap();
    account.set_head(stream.head().unwrap());
    account
}

/// What one setting has written.
struct Written {
    rows: Vec<StoredEvent>,
    snapshot: StoredSnapshot,
    account: Account,
}

fn write(mapper: &Mapper) -> Written {
    let mut stream = mapper.stream::<Account>(&id());
    let rows: Vec<_> = events().iter().map(|event| stream.to_stored(event).unwrap()).collect();
    let account = account(mapper, &rows);
    let mut next = account.clone();
    next.explain("later");
    assert!(mapper.pending_to_stored(&next, &mut Vec::new()).unwrap().is_some());
    let taken = SnapshotRef::take(&account).unwrap();
    let snapshot = mapper.to_stored_snapshot(&taken).unwrap();
    Written {
        rows,
        snapshot,
        account,
    }
}

/// The fault that reading finds, or `None`.
fn expected(writer: Setting, reader: Setting, is_snapshot: bool) -> Option<&'static str> {
    let accepts_unkeyed = reader.chain == Chain::KeyedFromNowOn && !is_snapshot;
    if writer.chain == Chain::Unkeyed && reader.chain != Chain::Unkeyed && !accepts_unkeyed {
        Some("unkeyed")
    } else if writer.chain != Chain::Unkeyed && reader.chain == Chain::Unkeyed {
        Some("no key of the chain")
    } else if writer.encrypts() && reader.cipher == Cipher::Never {
        Some("no key of the cipher")
    } else if !writer.encrypts() && reader.cipher == Cipher::Required {
        Some("plain")
    } else {
        None
    }
}

fn found(kind: &MapperErrorKind) -> &'static str {
    match kind {
        MapperErrorKind::Chain(ChainError::Unkeyed) => "unkeyed",
        MapperErrorKind::Chain(ChainError::UnknownKey(KeyId(1))) => "no key of the chain",
        MapperErrorKind::Encrypted { key: Some(KeyId(1)) } => "no key of the cipher",
        MapperErrorKind::NotEncrypted => "plain",
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_pair_of_settings_reads_what_the_other_has_written_or_says_which_key_is_missing() {
    let readers: Vec<_> = all().into_iter().map(|reader| (reader, reader.mapper())).collect();
    let mut read = 0;
    for writer in all() {
        let written = write(&writer.mapper());
        for (reader, mapper) in &readers {
            let pair = || format!("{writer:?} read by {reader:?}");
            let mut stream = mapper.stream::<Account>(&id());
            for (row, event) in written.rows.iter().zip(events()) {
                match stream.to_domain(row) {
                    Ok(found) => {
                        assert_eq!(found, event, "{}", pair());
                        assert_eq!(expected(writer, *reader, false), None, "{}", pair());
                        read += 1;
                    }
                    Err(error) => assert_eq!(
                        Some(found(error.kind())),
                        expected(writer, *reader, false),
                        "{}: {error}",
                        pair()
                    ),
                }
            }
            match mapper.to_snapshot::<Account>(&written.snapshot) {
                Ok(snapshot) => {
                    assert_eq!(*snapshot.aggregate(), written.account, "{}", pair());
                    assert_eq!(expected(writer, *reader, true), None, "{}", pair());
                }
                Err(error) => {
                    assert_eq!(Some(found(error.kind())), expected(writer, *reader, true), "{}", pair());
                }
            }
        }
    }
    assert!(read > 2_000, "{read}");
}

#[test]
fn each_missing_key_is_named_with_a_hint() {
    let plain = Setting {
        transcoder: "json",
        compressor: "none",
        cipher: Cipher::Never,
        chain: Chain::Unkeyed,
    };
    let sealed = Setting {
        cipher: Cipher::Required,
        ..plain
    };
    let keyed = Setting {
        chain: Chain::Keyed,
        ..plain
    };
    for (writer, reader, hint) in [
        (
            sealed,
            plain,
            "encrypted with key 1, and there is no key to read it: set CIPHER_KEY",
        ),
        (plain, sealed, "if it was stored before, set CIPHER_ACCEPT_PLAIN to yes"),
        (
            keyed,
            plain,
            "the hash was made with key 1, which is not in HASH_CHAIN_KEY",
        ),
        (plain, keyed, "to read it, set HASH_CHAIN_ACCEPT to unkeyed"),
    ] {
        let rows = write(&writer.mapper()).rows;
        let reader = reader.mapper();
        let error = reader.stream::<Account>(&id()).to_domain(&rows[0]).unwrap_err();
        let text = crate::fixture::chain(&error);
        assert!(text.contains(hint), "{text}");
        assert!(
            text.starts_with("event \"Account.Opened\", version 1 of aggregate acacacac-"),
            "{text}"
        );
    }
}
