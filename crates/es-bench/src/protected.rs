//! Events that are encrypted and chained, beside the primitives alone.

use std::{hint::black_box, sync::Arc};

use aes_gcm::{AeadInOut as _, Aes256Gcm, KeyInit as _};
use es_domain::{AggregateId as _, DomainEvent};
use es_persistence::{
    HashChain, Mapper, StoredEvent, Transcoder,
    cipher::{Aes256GcmCipher, create_key},
};
use sha2::{Digest as _, Sha256};

use crate::{
    AnyError,
    dog::{self, DogEvent},
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
        let mapper = encrypting()?.with_hash_chain("Dogs", HashChain::unkeyed());
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
        let mapper = Mapper::new(Transcoder::MessagePack);
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
    Ok(Mapper::default().with_cipher("Dogs", Arc::new(cipher)))
}

fn round_trip(mapper: &Mapper, events: &[DomainEvent<DogEvent>]) {
    for event in events {
        let stored = mapper.to_stored(event).ok();
        black_box(stored.and_then(|stored| mapper.to_domain::<DogEvent>(&stored).ok()));
    }
}

fn chained_round_trip(mapper: &Mapper, events: &[DomainEvent<DogEvent>]) -> Result<(), AnyError> {
    let id = events
        .first()
        .ok_or("there are events")?
        .originator_id()
        .to_originator_id();
    let (mut written, mut read) = (mapper.chain_start(&id)?, mapper.chain_start(&id)?);
    for event in events {
        let stored = mapper.to_stored_after(event, &mut written)?;
        black_box(mapper.to_domain_after::<DogEvent>(&stored, &mut read)?);
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

fn compare(
    name: &str,
    events: &[DomainEvent<DogEvent>],
    hand: &Hand,
    beside: &str,
    ours: impl Fn(&[DomainEvent<DogEvent>]),
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
