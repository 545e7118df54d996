//! A chained aggregate, and a type without the chain for the same rows.

use es_domain::{RootAccess as _, prelude::*};
use es_persistence::{
    ChainAcceptance, ChainError, HashChain, Mapper, MapperConfig, MapperError, MapperErrorKind, StoredEvent,
    cipher::KeyRing,
};
use uuid::Uuid;

use crate::fixture::{config, stamp};

#[derive(Aggregate, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[aggregate(topic = "Account", hash_chain)]
pub(crate) struct Account {
    root: Root<Self>,
    pub(crate) balance: i64,
}

#[events(vis = pub(crate), derive(PartialEq))]
impl Account {
    /// Long enough to be compressed.
    #[event(Explained)]
    pub(crate) fn explain(&mut self, text: &str) {
        let _ = text;
    }

    #[event(Opened)]
    pub(crate) fn open(balance: i64) -> Self {
        Self {
            balance,
            ..Self::default()
        }
    }

    #[event(Booked)]
    pub(crate) fn book(&mut self, amount: i64) {
        self.balance += amount;
    }
}

/// The type of a program that does not know of the chain.
#[derive(Aggregate, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[aggregate(topic = "Account")]
pub(crate) struct PlainAccount {
    root: Root<Self>,
    pub(crate) balance: i64,
}

#[events(vis = pub(crate), derive(PartialEq))]
impl PlainAccount {
    #[event(Opened)]
    pub(crate) fn open(balance: i64) -> Self {
        Self {
            balance,
            ..Self::default()
        }
    }

    #[event(Booked)]
    pub(crate) fn book(&mut self, amount: i64) {
        self.balance += amount;
    }
}

pub(crate) fn id() -> Id<Account> {
    Id::from_uuid(Uuid::from_bytes([0xac; 16]))
}

/// Four events, the second of which has metadata.
pub(crate) fn events() -> Vec<DomainEvent<AccountEvent>> {
    let bodies = [
        AccountEvent::Opened { balance: 10 },
        AccountEvent::Booked { amount: -3 },
        AccountEvent::Booked { amount: 5 },
        AccountEvent::Booked { amount: 5 },
    ];
    let event = |(version, body)| {
        let stamp = match version {
            2 => stamp(version).with_metadata([("user", "ann")].into_iter().collect()),
            _ => stamp(version),
        };
        DomainEvent::new(id(), version, stamp, body)
    };
    (1..).zip(bodies).map(event).collect()
}

pub(crate) fn ring(text: &str) -> KeyRing {
    text.parse().unwrap()
}

/// With the application `Bank`.
pub(crate) fn chained(chain: HashChain) -> Mapper {
    Mapper::new(MapperConfig {
        application: "Bank".into(),
        chain,
        ..config()
    })
}

pub(crate) fn keyed(keys: &str) -> HashChain {
    HashChain::keyed(&ring(keys))
}

pub(crate) fn accepting(chain: HashChain, acceptance: ChainAcceptance) -> Mapper {
    chained(chain.accepting(acceptance))
}

/// Rows of the [`events`].
pub(crate) fn log(mapper: &Mapper) -> Vec<StoredEvent> {
    let mut stream = mapper.stream::<Account>(&id());
    events().iter().map(|event| stream.to_stored(event).unwrap()).collect()
}

/// Rows of a program that does not know of the chain.
pub(crate) fn plain_log() -> Vec<StoredEvent> {
    events()
        .iter()
        .map(|event| Mapper::default().to_stored(event).unwrap())
        .collect()
}

/// Reads the rows from the first one on, and returns the head.
pub(crate) fn replay(mapper: &Mapper, rows: &[StoredEvent]) -> Result<Account, MapperError> {
    let mut stream = mapper.stream::<Account>(&id());
    let mut account = None;
    for row in rows {
        stream.to_domain(row)?.mutate(&mut account).unwrap();
    }
    let mut account = account.unwrap();
    account.set_head(stream.head().unwrap());
    Ok(account)
}

pub(crate) fn chain_error(error: &MapperError) -> ChainError {
    match error.kind() {
        MapperErrorKind::Chain(error) => *error,
        other => panic!("{other:?}"),
    }
}

/// The error of reading the rows, and the version at which it is found.
pub(crate) fn refusal(mapper: &Mapper, rows: &[StoredEvent]) -> (u64, ChainError) {
    let mut stream = mapper.stream::<Account>(&id());
    let error = rows.iter().find_map(|row| stream.verify(row).err()).unwrap();
    (error.originator_version(), chain_error(&error))
}
