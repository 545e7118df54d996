//! Events that are linked.

use std::sync::Arc;

use es_domain::{EventHash, OriginatorId, Timestamp, prelude::*};
use es_persistence::{
    ChainError, HashChain, Mapper, MapperConfig, StateFormat, StoredEvent, Transcoder, Zstd, cipher::KeyId,
};
use uuid::Uuid;

use crate::{
    account::{self, Account, AccountEvent, chained, events, keyed, log, refusal, replay},
    fixture::{KEY, OTHER_KEY, compression, encrypted},
};

fn mapper() -> Mapper {
    chained(keyed(KEY))
}

#[test]
fn a_chain_is_verified_under_every_setting() {
    for mapper in [
        mapper(),
        Mapper::new(MapperConfig {
            compression: Some(compression(Zstd::default(), 1)),
            chain: keyed(KEY),
            ..encrypted(OTHER_KEY)
        }),
        Mapper::new(MapperConfig {
            transcoder: Transcoder::MessagePack,
            ..MapperConfig::default()
        }),
        chained(HashChain::salted("pepper").with_genesis("first")),
    ] {
        let rows = log(&mapper);
        let account = replay(&mapper, &rows).unwrap();
        assert_eq!((account.version(), account.balance), (4, 17));
    }
}

#[test]
fn a_chain_is_verified_without_the_key_of_the_cipher() {
    let sealing = Mapper::new(MapperConfig {
        chain: keyed(KEY),
        ..encrypted(OTHER_KEY)
    });
    let auditor = Mapper::new(MapperConfig {
        application: "Dogs".into(),
        chain: keyed(KEY),
        ..MapperConfig::default()
    });
    let mut stream = auditor.stream::<Account>(&account::id());
    for row in &log(&sealing) {
        assert_eq!(StateFormat::of(&row.state), Some(StateFormat::ENCRYPTED));
        stream.verify(row).unwrap();
    }
}

#[test]
fn an_unkeyed_hash_tells_nothing_about_an_encrypted_body() {
    // Two rows of the same event have different hashes, because their ciphertexts are different.
    let sealing = Mapper::new(encrypted(KEY));
    let hashes = [log(&sealing), log(&sealing)].map(|rows| rows[0].hash.clone());
    assert_ne!(hashes[0], hashes[1]);
}

#[test]
fn a_link_has_37_bytes_and_names_its_key() {
    let unkeyed = log(&chained(HashChain::unkeyed()));
    let ring = chained(keyed(&format!("258:{KEY}")));
    for (rows, start) in [(unkeyed, [2, 0, 0, 0, 0]), (log(&ring), [1, 0, 0, 1, 2])] {
        for row in rows {
            let hash = row.hash.unwrap();
            assert_eq!((hash.len(), &hash[..5]), (37, &start[..]));
        }
    }
}

/// A change of one bit of a column, by its number; `None` when the column has no such bit.
type Flip = fn(&mut StoredEvent, usize) -> Option<()>;

fn flip(bytes: &mut [u8], bit: usize) -> Option<()> {
    bytes.get_mut(bit / 8).map(|byte| *byte ^= 1 << (bit % 8))
}

const COLUMNS: [(&str, Flip); 9] = [
    ("originator_id", |row, bit| {
        let mut bytes = *row.originator_id.as_uuid()?.as_bytes();
        flip(&mut bytes, bit)?;
        row.originator_id = Uuid::from_bytes(bytes).into();
        Some(())
    }),
    ("originator_version", |row, bit| {
        let mut bytes = row.originator_version.to_be_bytes();
        flip(&mut bytes, bit)?;
        row.originator_version = u64::from_be_bytes(bytes);
        Some(())
    }),
    ("topic", |row, bit| {
        // The highest bit of each byte stays, so that it is a text.
        let mut bytes = row.topic.clone().into_owned().into_bytes();
        *bytes.get_mut(bit / 7)? ^= 1 << (bit % 7);
        row.topic = String::from_utf8(bytes).unwrap().into();
        Some(())
    }),
    ("event_id", |row, bit| {
        let mut bytes = *row.event_id.as_bytes();
        flip(&mut bytes, bit)?;
        row.event_id = Uuid::from_bytes(bytes);
        Some(())
    }),
    ("timestamp", |row, bit| {
        // Higher bits are no times.
        (bit < 50).then_some(())?;
        row.timestamp = Timestamp::from_micros(row.timestamp.as_micros() ^ 1 << bit).unwrap();
        Some(())
    }),
    ("schema_version", |row, bit| {
        (bit < 16).then_some(())?;
        row.schema_version ^= 1 << bit;
        Some(())
    }),
    ("state", |row, bit| flip(&mut row.state, bit)),
    ("metadata", |row, bit| flip(row.metadata.as_mut()?, bit)),
    ("hash", |row, bit| flip(row.hash.as_mut()?, bit)),
];

#[test]
fn every_flipped_bit_of_every_column_is_found() {
    for mapper in [mapper(), chained(HashChain::unkeyed())] {
        let rows = log(&mapper);
        for (column, flip) in COLUMNS {
            let mut flips = 0;
            for number in 0..rows.len() {
                for bit in 0.. {
                    let mut rows = rows.clone();
                    if flip(&mut rows[number], bit).is_none() {
                        break;
                    }
                    flips += 1;
                    let version = rows[number].originator_version;
                    let (found, error) = refusal(&mapper, &rows);
                    assert_eq!(found, version, "{column}, bit {bit}: {error:?}");
                    let is_broken = error == ChainError::Broken;
                    let is_of_hash = column == "hash"
                        && matches!(
                            error,
                            ChainError::UnknownKey(_)
                                | ChainError::UnknownSalt
                                | ChainError::UnknownFormat
                                | ChainError::Weakened
                                | ChainError::Unkeyed
                        );
                    assert!(is_broken || is_of_hash, "{column}, bit {bit}: {error:?}");
                }
            }
            assert!(flips >= 16, "{column}");
        }
    }
}

#[test]
fn removed_and_added_values_of_columns_are_found() {
    for mapper in [mapper(), chained(HashChain::unkeyed())] {
        let rows = log(&mapper);
        let changes: [fn(&mut Vec<StoredEvent>); 6] = [
            |rows| rows[1].metadata = None,
            |rows| rows[1].metadata = Some(Vec::new()),
            |rows| rows[0].metadata = Some(br#"{"user":"eve"}"#.to_vec()),
            |rows| rows[0].metadata = Some(Vec::new()),
            |rows| {
                // One byte moves from a column to the next.
                let byte = rows[1].state.pop().unwrap();
                rows[1].metadata.as_mut().unwrap().insert(0, byte);
            },
            |rows| {
                let row = &mut rows[1];
                std::mem::swap(&mut row.state, row.metadata.as_mut().unwrap());
            },
        ];
        for (number, change) in changes.into_iter().enumerate() {
            let mut rows = rows.clone();
            change(&mut rows);
            assert_eq!(refusal(&mapper, &rows).1, ChainError::Broken, "{number}");
        }
        let mut without = rows.clone();
        without[2].hash = None;
        assert_eq!(refusal(&mapper, &without), (3, ChainError::Interrupted));
        without[0].hash = None;
        assert_eq!(refusal(&mapper, &without), (1, ChainError::NotChained));
    }
}

#[test]
fn any_two_rows_that_swap_the_values_of_a_column_are_found() {
    type Swap = fn(&mut StoredEvent, &mut StoredEvent);
    let swaps: [(&str, Swap); 7] = [
        ("originator_version", |a, b| {
            std::mem::swap(&mut a.originator_version, &mut b.originator_version);
        }),
        ("topic", |a, b| std::mem::swap(&mut a.topic, &mut b.topic)),
        ("event_id", |a, b| std::mem::swap(&mut a.event_id, &mut b.event_id)),
        ("state", |a, b| std::mem::swap(&mut a.state, &mut b.state)),
        ("metadata", |a, b| std::mem::swap(&mut a.metadata, &mut b.metadata)),
        ("hash", |a, b| std::mem::swap(&mut a.hash, &mut b.hash)),
        ("all", |a, b| std::mem::swap(a, b)),
    ];
    let mapper = mapper();
    let rows = log(&mapper);
    for (column, swap) in swaps {
        for first in 0..rows.len() {
            for second in first + 1..rows.len() {
                let mut swapped = rows.clone();
                let (left, right) = swapped.split_at_mut(second);
                swap(&mut left[first], &mut right[0]);
                if swapped != rows {
                    assert_eq!(
                        refusal(&mapper, &swapped).1,
                        ChainError::Broken,
                        "{column} {first} {second}"
                    );
                }
            }
        }
    }
}

#[test]
fn the_id_of_the_aggregate_counts() {
    let mapper = mapper();
    let rows = log(&mapper);
    let uuid = account::id().uuid();
    for bit in 0..128 {
        let other = Id::from_uuid(Uuid::from_u128(uuid.as_u128() ^ 1 << bit));
        let error = mapper.stream::<Account>(&other).verify(&rows[0]).unwrap_err();
        assert_eq!(account::chain_error(&error), ChainError::Broken);
    }
}

#[test]
fn removed_swapped_repeated_and_inserted_events_are_found() {
    let mapper = mapper();
    let rows = log(&mapper);
    for order in [&[1_usize][..], &[0, 2], &[1, 0], &[0, 1, 3, 2], &[0, 0], &[0, 1, 1]] {
        let rows: Vec<_> = order.iter().map(|number| rows[*number].clone()).collect();
        assert_eq!(refusal(&mapper, &rows).1, ChainError::Broken, "{order:?}");
    }
    // The end can be cut off: that only shows beside a head that was kept.
    let whole = replay(&mapper, &rows).unwrap();
    let cut = replay(&mapper, &rows[..3]).unwrap();
    assert_ne!(whole.head(), cut.head());
}

#[test]
fn who_has_not_the_key_cannot_compute_hashes() {
    let attacker = chained(keyed(OTHER_KEY));
    assert_eq!(refusal(&mapper(), &log(&attacker)), (1, ChainError::Broken));
    let unkeyed = chained(HashChain::unkeyed());
    assert_eq!(refusal(&mapper(), &log(&unkeyed)), (1, ChainError::Unkeyed));
    assert_eq!(
        refusal(&unkeyed, &log(&mapper())),
        (1, ChainError::UnknownKey(KeyId(1)))
    );
}

#[test]
fn applications_and_installations_have_chains_of_their_own() {
    let other = Mapper::new(MapperConfig {
        application: "Cats".into(),
        chain: keyed(KEY),
        ..MapperConfig::default()
    });
    let installation = chained(keyed(KEY).with_genesis("second"));
    for other in [other, installation] {
        assert_eq!(refusal(&other, &log(&mapper())), (1, ChainError::Broken));
    }
}

#[test]
fn the_start_of_a_chain_depends_on_no_key() {
    let id = OriginatorId::from("rex");
    let start = |chain| chained(chain).chain_start(&id);
    assert_eq!(start(keyed(KEY)), start(HashChain::unkeyed()));
    assert_eq!(start(keyed(KEY)), start(keyed(OTHER_KEY)));
    assert_ne!(start(keyed(KEY)), start(keyed(KEY).with_genesis("second")));
    assert_ne!(
        start(keyed(KEY)),
        chained(keyed(KEY)).chain_start(&OriginatorId::from("fido"))
    );
}

#[test]
fn chained_events_are_read_without_the_chain() {
    let rows = log(&mapper());
    let read = Mapper::default().to_domain::<AccountEvent>(&rows[1]).unwrap();
    assert_eq!(read, events()[1]);
}

#[test]
fn a_link_of_another_length_is_a_typed_error() {
    let mapper = mapper();
    let mut row = log(&mapper).remove(0);
    let link = row.hash.clone().unwrap();
    let longer = [&link[..], &[0]].concat();
    for link in (0..link.len()).map(|len| link[..len].to_vec()).chain([longer]) {
        row.hash = Some(link);
        assert_eq!(refusal(&mapper, &[row.clone()]), (1, ChainError::UnknownFormat));
    }
}

#[test]
fn a_row_that_was_refused_does_not_move_the_chain_on() {
    let mapper = mapper();
    let rows = log(&mapper);
    let mut stream = mapper.stream::<Account>(&account::id());
    stream.verify(&rows[1]).unwrap_err();
    for row in &rows {
        stream.verify(row).unwrap();
    }
}

#[test]
fn a_hash_prints_in_hexadecimal_and_no_key_is_printed() {
    assert_eq!(EventHash::from_bytes([0xa0; 32]).to_string(), "a0".repeat(32));
    let text = format!(
        "{:?} {:?}",
        mapper(),
        HashChain::salted("swordfish").with_genesis("swordfish")
    );
    assert!(!text.contains("AAEC") && !text.contains("swordfish"), "{text}");
}

#[test]
fn mappers_share_a_chain_between_threads() {
    let mapper = Arc::new(mapper());
    let threads = (0..4).map(|_| {
        let mapper = Arc::clone(&mapper);
        std::thread::spawn(move || log(&mapper))
    });
    let logs: Vec<_> = threads
        .collect::<Vec<_>>()
        .into_iter()
        .map(|thread| thread.join().unwrap())
        .collect();
    assert!(logs.iter().all(|rows| *rows == logs[0]));
}
