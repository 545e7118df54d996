//! Events that are encrypted and chained, beside the primitives alone.

use std::{hint::black_box, sync::Arc};

use aes_gcm::{AeadInOut as _, Aes256Gcm, KeyInit as _};
use es_domain::{DomainEvent, Event};
use es_persistence::{
    Encryption, EncryptionMode, Mapper, MapperConfig, StoredEvent, Transcoder,
    cipher::{Aes256GcmCipher, create_key},
};
use sha2::{Digest as _, Sha256};

use crate::{
    AnyError,
    dog::{self, ChainedDog, ChainedDogEvent, DogEvent},
    domain::Plain,
    measure::{Bench, Lap, Rounds},
};

const EVENTS: usize = 10_000;

pub(crate) fn run(bench: &Bench) -> Result<(), AnyError> {
    let events = dog::events(EVENTS);
    if bench.wants(ENCRYPTED) {
        let mapper = encrypting()?;
        let hand = Hand::new(false);
        compare(ENCRYPTED, &events, &hand, "serde_json, a nonce, aes-gcm", |events| {
            round_trip(&mapper, events);
        })?;
    }
    if bench.wants(CHAINED) {
        let mapper = encrypting()?;
        let events = dog::chained_events(EVENTS);
        let hand = Hand::new(true);
        compare(
            CHAINED,
            &events,
            &hand,
            "serde_json, a nonce, aes-gcm, sha2",
            |events| {
                drop(black_box(chained_round_trip(&mapper, events)));
            },
        )?;
    }
    if bench.wants(MESSAGEPACK) {
        let mapper = Mapper::new(MapperConfig {
            transcoder: Transcoder::MessagePack,
            ..MapperConfig::default()
        });
        let figure = Bench::time(EVENTS, || round_trip(&mapper, &events));
        Bench::row(MESSAGEPACK, figure, None);
    }
    Ok(())
}

const ENCRYPTED: &str = "mapper: event to bytes and back, encrypted";
const CHAINED: &str = "mapper: event to bytes and back, encrypted and hashed";
const MESSAGEPACK: &str = "mapper: event to bytes and back, MessagePack";

fn encrypting() -> Result<Mapper, AnyError> {
    let cipher = Aes256GcmCipher::new(create_key(32)?.parse()?);
    Ok(Mapper::new(MapperConfig {
        application: Arc::from("Dogs"),
        encryption: Some(Encryption {
            cipher: Arc::new(cipher),
            mode: EncryptionMode::Required,
        }),
        ..MapperConfig::default()
    }))
}

fn round_trip(mapper: &Mapper, events: &[DomainEvent<DogEvent>]) {
    for event in events {
        let stored = mapper.to_stored(event).ok();
        black_box(stored.and_then(|stored| mapper.to_domain::<DogEvent>(&stored).ok()));
    }
}

fn chained_round_trip(mapper: &Mapper, events: &[DomainEvent<ChainedDogEvent>]) -> Result<(), AnyError> {
    let id = events.first().ok_or("there are events")?.originator_id();
    let (mut written, mut read) = (mapper.stream::<ChainedDog>(&id), mapper.stream::<ChainedDog>(&id));
    for event in events {
        let stored = written.to_stored(event)?;
        black_box(read.to_domain(&stored)?);
    }
    Ok(())
}

/// The same work with nothing around it: one key, no header, nothing bound, no topics, no versions.
struct Hand {
    aes: Aes256Gcm,
    hashes: bool,
}

impl Hand {
    fn new(hashes: bool) -> Self {
        Self {
            aes: Aes256Gcm::new(&[7; 32].into()),
            hashes,
        }
    }

    fn round_trip(&self, value: &Plain) -> Option<Plain> {
        let mut bytes = serde_json::to_vec(value).ok()?;
        self.hash(&bytes);
        let mut nonce = [0; 12];
        getrandom::fill(&mut nonce).ok()?;
        let tag = self
            .aes
            .encrypt_inout_detached((&nonce).into(), &[], bytes.as_mut_slice().into())
            .ok()?;
        self.aes
            .decrypt_inout_detached((&nonce).into(), &[], bytes.as_mut_slice().into(), &tag)
            .ok()?;
        self.hash(&bytes);
        serde_json::from_slice(&bytes).ok()
    }

    fn hash(&self, bytes: &[u8]) {
        if self.hashes {
            black_box(Sha256::digest(bytes));
        }
    }
}

fn compare<E: Event>(
    name: &str,
    events: &[DomainEvent<E>],
    hand: &Hand,
    beside: &str,
    ours: impl Fn(&[DomainEvent<E>]),
) -> Result<(), AnyError> {
    let rows = dog::rows(events.len())?;
    let plain: Vec<Plain> = rows
        .iter()
        .map(|StoredEvent { state, .. }| serde_json::from_slice(state))
        .collect::<Result<_, _>>()?;
    let mut rounds = Rounds::new();
    for round in Rounds::numbers() {
        let start = std::time::Instant::now();
        ours(events);
        let our_lap = Lap::since(start);
        let start = std::time::Instant::now();
        for value in &plain {
            black_box(hand.round_trip(value));
        }
        rounds.add(round, events.len(), our_lap, Lap::since(start));
    }
    let (ours, theirs) = rounds.figures();
    Bench::row(name, ours, Some((beside, theirs)));
    Ok(())
}
