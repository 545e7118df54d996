//! Chains whose keys are rotated, that begin late, or that were interrupted.

use es_domain::{RootAccess as _, SnapshotRef, prelude::*};
use es_persistence::{
    ChainAcceptance::{Interrupted, Nothing, Unchained, Unkeyed},
    ChainError, Environment, HashChain, Mapper, StoredEvent,
    cipher::KeyId,
};

use crate::{
    account::{
        Account, AccountEvent, PlainAccount, accepting, chain_error, chained, events, id, keyed, log, plain_log,
        refusal, replay,
    },
    fixture::{KEY, OTHER_KEY},
};

/// The environment of one step of a rotation.
fn under(keys: &str) -> Mapper {
    Mapper::from_environment(&Environment::new("Bank").with("HASH_CHAIN_KEY", keys)).unwrap()
}

fn unkeyed() -> Mapper {
    chained(HashChain::unkeyed())
}

/// Stores the events one by one, each by the next mapper, as a program does that reads the aggregate before it saves it.
fn log_of(mappers: &[&Mapper]) -> Vec<StoredEvent> {
    let mut rows = Vec::new();
    for (mapper, event) in mappers.iter().zip(events()) {
        let mut stream = mapper.stream::<Account>(&id());
        for row in &rows {
            stream.verify(row).unwrap();
        }
        rows.push(stream.to_stored(&event).unwrap());
    }
    rows
}

fn keys_of(rows: &[StoredEvent]) -> Vec<u8> {
    rows.iter().map(|row| row.hash.as_ref().unwrap()[4]).collect()
}

#[test]
fn aggregates_from_before_between_and_after_are_read_in_every_order_of_the_ring() {
    let old = under(&format!("1:{KEY}"));
    let old_first = under(&format!("1:{KEY},2:{OTHER_KEY}"));
    let new_first = under(&format!("2:{OTHER_KEY},1:{KEY}"));
    let new = under(&format!("2:{OTHER_KEY}"));

    for mappers in [
        [&old, &old, &old, &old],
        [&old, &old_first, &new_first, &new_first],
        [&old, &new_first, &old_first, &new_first],
        [&new_first, &old_first, &new_first, &old_first],
        [&new, &new, &new, &new],
        [&new, &new_first, &old_first, &old_first],
    ] {
        let rows = log_of(&mappers);
        for reader in [&old_first, &new_first] {
            let account = replay(reader, &rows).unwrap();
            assert_eq!((account.version(), account.balance), (4, 17), "{:?}", keys_of(&rows));
        }
    }
    let rows = log_of(&[&old, &old_first, &new_first, &new_first]);
    assert_eq!(keys_of(&rows), [1, 1, 2, 2]);
    assert_eq!(refusal(&old, &rows), (3, ChainError::UnknownKey(KeyId(2))));
    assert_eq!(refusal(&new, &rows), (1, ChainError::UnknownKey(KeyId(1))));
}

#[test]
fn a_change_of_an_event_under_the_old_key_is_found_after_the_rotation() {
    let old = under(&format!("1:{KEY}"));
    let new_first = under(&format!("2:{OTHER_KEY},1:{KEY}"));
    let rows = log_of(&[&old, &old, &new_first, &new_first]);
    for number in 0..rows.len() {
        let mut rows = rows.clone();
        rows[number].schema_version += 1;
        assert_eq!(refusal(&new_first, &rows), (number as u64 + 1, ChainError::Broken));
    }
}

#[test]
fn the_heads_of_snapshots_and_caches_survive_a_rotation() {
    let old = under(&format!("1:{KEY}"));
    let new_first = under(&format!("2:{OTHER_KEY},1:{KEY}"));
    let account = replay(&old, &log(&old)).unwrap();
    let mut stream = new_first.stream_after(&account);
    let next = DomainEvent::new(id(), 5, crate::fixture::stamp(5), events().remove(3).into_body());
    let row = stream.to_stored(&next).unwrap();
    let rows = [log(&old), vec![row]].concat();
    assert_eq!(replay(&new_first, &rows).unwrap().version(), 5);
}

#[test]
fn unkeyed_links_are_read_when_they_are_accepted_and_the_chain_goes_on_with_a_key() {
    let rows = log(&unkeyed());
    assert_eq!(refusal(&chained(keyed(KEY)), &rows), (1, ChainError::Unkeyed));
    for acceptance in [Unkeyed, Unchained, Interrupted] {
        let mapper = accepting(keyed(KEY), acceptance);
        assert_eq!(replay(&mapper, &rows).unwrap().balance, 17);
        let mixed = log_of(&[&unkeyed(), &unkeyed(), &mapper, &mapper]);
        assert_eq!(keys_of(&mixed), [0, 0, 1, 1]);
        assert_eq!(replay(&mapper, &mixed).unwrap().balance, 17);
        let mut changed = mixed;
        changed[0].event_id = changed[1].event_id;
        assert_eq!(refusal(&mapper, &changed), (1, ChainError::Broken));
    }
}

#[test]
fn a_salted_chain_goes_on_with_a_key_ring() {
    let salt = |environment: Environment| environment.with("SALT_FOR_DATA_INTEGRITY", "pepper");
    let under = |environment: Environment| Mapper::from_environment(&environment).unwrap();
    let bank = || Environment::new("Bank");
    let salted = under(salt(bank()));
    let keyed = under(bank().with("HASH_CHAIN_KEY", KEY));
    let both = under(salt(bank()).with("HASH_CHAIN_KEY", format!("2:{OTHER_KEY},1:{KEY}")));

    let rows = log_of(&[&salted, &salted, &both, &both]);
    assert_eq!(keys_of(&rows), [0, 0, 2, 2]);
    assert_eq!(replay(&both, &rows).unwrap().balance, 17);
    assert_eq!(refusal(&keyed, &rows), (1, ChainError::UnknownSalt));
    assert_eq!(refusal(&salted, &rows), (3, ChainError::UnknownKey(KeyId(2))));
    let other_salt = under(
        bank()
            .with("SALT_FOR_DATA_INTEGRITY", "ginger")
            .with("HASH_CHAIN_KEY", format!("2:{OTHER_KEY}")),
    );
    assert_eq!(refusal(&other_salt, &rows), (1, ChainError::Broken));
    for number in 0..rows.len() {
        let mut changed = rows.clone();
        changed[number].schema_version += 1;
        assert_eq!(refusal(&both, &changed), (number as u64 + 1, ChainError::Broken));
    }
    // A snapshot that was written with the salt is read as well.
    let account = replay(&salted, &log(&salted)).unwrap();
    let snapshot = salted
        .to_stored_snapshot(&SnapshotRef::take(&account).unwrap())
        .unwrap();
    assert_eq!(*both.to_snapshot::<Account>(&snapshot).unwrap().aggregate(), account);
    keyed.to_snapshot::<Account>(&snapshot).unwrap_err();
}

#[test]
fn who_rewrites_the_unkeyed_beginning_is_found_at_the_first_link_with_a_key() {
    let mapper = accepting(keyed(KEY), Unkeyed);
    let mixed = log_of(&[&unkeyed(), &unkeyed(), &mapper, &mapper]);
    // Without a key, anybody can compute consistent links of other events.
    let other = unkeyed();
    let mut stream = other.stream::<Account>(&id());
    let body = AccountEvent::Opened { balance: 1_000_000 };
    let first = DomainEvent::new(id(), 1, events()[0].stamp().clone(), body);
    let forged = vec![
        stream.to_stored(&first).unwrap(),
        stream.to_stored(&events()[1]).unwrap(),
    ];
    assert_eq!(replay(&mapper, &forged).unwrap().balance, 999_997);
    let rows = [forged, mixed[2..].to_vec()].concat();
    assert_eq!(refusal(&mapper, &rows), (3, ChainError::Broken));
}

#[test]
fn weaker_links_are_refused_after_keyed_ones_from_the_start_and_from_a_kept_head() {
    for acceptance in [Unkeyed, Unchained, Interrupted] {
        let mapper = accepting(keyed(KEY), acceptance);
        let rows = log(&mapper);
        let account = replay(&mapper, &rows[..2]).unwrap();
        // Somebody without the key goes on after a head that is computed from the rows.
        let weak = unkeyed_after(&account);
        let forged = [&rows[..2], std::slice::from_ref(&weak)].concat();
        assert_eq!(refusal(&mapper, &forged), (3, ChainError::Weakened));
        let error = mapper.stream_after(&account).verify(&weak).unwrap_err();
        assert_eq!(chain_error(&error), ChainError::Weakened);
    }
}

/// The third event, linked without a key after the head of `account`.
fn unkeyed_after(account: &Account) -> StoredEvent {
    unkeyed().stream_after(account).to_stored(&events()[2]).unwrap()
}

#[test]
fn a_resumed_chain_accepts_and_refuses_what_a_whole_one_does() {
    for acceptance in [Nothing, Unkeyed, Unchained, Interrupted] {
        let mapper = accepting(keyed(KEY), acceptance);
        let (plain, weak, strong) = (plain_log(), log(&unkeyed()), log(&mapper));
        for prefix in [&plain, &weak, &strong] {
            let Ok(account) = replay(&mapper, &prefix[..2]) else {
                continue;
            };
            let own = mapper.stream_after(&account).to_stored(&events()[2]).unwrap();
            for row in [plain[2].clone(), prefix[2].clone(), unkeyed_after(&account), own] {
                let rows = [&prefix[..2], std::slice::from_ref(&row)].concat();
                let whole = replay(&mapper, &rows).map(|account| account.head());
                let mut stream = mapper.stream_after(&account);
                let resumed = stream.verify(&row).map(|()| stream.head());
                let text = |result: Result<_, es_persistence::MapperError>| result.map_err(|error| chain_error(&error));
                assert_eq!(text(resumed), text(whole), "{acceptance:?}");
            }
        }
    }
}

#[test]
fn a_chain_begins_for_stored_aggregates_when_that_is_accepted() {
    let rows = plain_log();
    assert_eq!(refusal(&chained(keyed(KEY)), &rows), (1, ChainError::NotChained));
    assert_eq!(
        refusal(&accepting(keyed(KEY), Unkeyed), &rows),
        (1, ChainError::NotChained)
    );
    for chain in [keyed(KEY), HashChain::unkeyed()] {
        let mapper = accepting(chain, Unchained);
        let account = replay(&mapper, &rows[..2]).unwrap();
        let mut stream = mapper.stream_after(&account);
        let linked: Vec<_> = events()[2..]
            .iter()
            .map(|event| stream.to_stored(event).unwrap())
            .collect();
        let rows = [&rows[..2], &linked].concat();
        assert_eq!(replay(&mapper, &rows).unwrap().balance, 17);
        // The links cover the events before them.
        for number in 0..2 {
            let mut changed = rows.clone();
            changed[number].state = br#"{"balance":1,"amount":1}"#.to_vec();
            assert_eq!(refusal(&mapper, &changed), (3, ChainError::Broken));
        }
        let mut removed = rows.clone();
        removed.remove(1);
        assert_eq!(refusal(&mapper, &removed), (3, ChainError::Broken));
        let mut without = rows;
        without[3].hash = None;
        assert_eq!(refusal(&mapper, &without), (4, ChainError::Interrupted));
    }
}

#[test]
fn an_interrupted_chain_is_read_when_that_is_accepted() {
    let mapper = accepting(keyed(KEY), Interrupted);
    let mut rows = log(&mapper);
    rows[2] = plain_log().remove(2);
    rows.truncate(3);
    let account = replay(&mapper, &rows).unwrap();
    rows.push(mapper.stream_after(&account).to_stored(&events()[3]).unwrap());
    assert_eq!(replay(&mapper, &rows).unwrap().balance, 17);
    assert_eq!(
        refusal(&accepting(keyed(KEY), Unchained), &rows),
        (3, ChainError::Interrupted)
    );
    rows[2].event_id = rows[1].event_id;
    assert_eq!(refusal(&mapper, &rows), (4, ChainError::Broken));
}

#[test]
fn a_type_without_the_attribute_does_not_go_on_with_a_chained_aggregate() {
    let rows = log(&chained(keyed(KEY)));
    for (acceptance, is_refused) in [
        (Nothing, true),
        (Unkeyed, true),
        (Unchained, true),
        (Interrupted, false),
    ] {
        let mapper = accepting(keyed(KEY), acceptance);
        let plain_id = Id::from_uuid(id().uuid());
        let mut stream = mapper.stream::<PlainAccount>(&plain_id);
        let mut account = None;
        for row in &rows {
            stream.to_domain(row).unwrap().mutate(&mut account).unwrap();
        }
        let mut account: PlainAccount = account.unwrap();
        account.set_head(stream.head().unwrap());
        account.book(1);
        assert_eq!(account.balance, 18);
        let saved = mapper.pending_to_stored(&account, &mut Vec::new());
        assert_eq!(saved.is_err(), is_refused, "{acceptance:?}");
        if let Err(error) = saved {
            assert_eq!(chain_error(&error), ChainError::NotDeclared);
        }
    }
}

#[test]
fn a_type_without_the_attribute_writes_no_links() {
    let mut rows = Vec::new();
    let head = chained(keyed(KEY))
        .pending_to_stored(&PlainAccount::open(1), &mut rows)
        .unwrap();
    assert_eq!((head, rows[0].hash.as_ref()), (None, None));
}

#[test]
fn each_error_says_what_is_wrong_and_what_to_do() {
    let check = |error: ChainError, expected: &str| assert_eq!(error.to_string(), expected);
    check(
        ChainError::Broken,
        "the hash does not match: the row, or one before it, was changed, moved or removed, or the key in \
         HASH_CHAIN_KEY, GENESIS_HASH or APPLICATION_IDENTITY is not the one that the row was stored with",
    );
    check(
        ChainError::NotChained,
        "the row has no hash: it was stored before the aggregate had a hash chain; to begin the chain after it, set \
         HASH_CHAIN_ACCEPT to unchained",
    );
    check(
        ChainError::Interrupted,
        "the row has no hash, and an event before it has one: a program without #[aggregate(hash_chain)] stored it, or \
         the hash was removed; to go on in spite of it, set HASH_CHAIN_ACCEPT to interrupted",
    );
    check(
        ChainError::Unkeyed,
        "the hash was made without a key: it was stored before HASH_CHAIN_KEY was set; to read it, set \
         HASH_CHAIN_ACCEPT to unkeyed",
    );
    check(
        ChainError::Weakened,
        "the hash was made without a key, and an event before it has one with a key: the row was not written by this \
         program",
    );
    check(
        ChainError::NotDeclared,
        "its stored events have hashes, and its type has no hash chain: add #[aggregate(hash_chain)] to the type",
    );
    check(
        ChainError::UnknownKey(KeyId(7)),
        "the hash was made with key 7, which is not in HASH_CHAIN_KEY",
    );
    check(
        ChainError::UnknownSalt,
        "the hash was made with a key made of a salt (key ID 0): set SALT_FOR_DATA_INTEGRITY to the salt that it was \
         stored with; beside HASH_CHAIN_KEY, the salt only verifies",
    );
    check(
        ChainError::Headless,
        "the aggregate has no hash of the event that the snapshot ends at",
    );
    check(
        ChainError::UnknownFormat,
        "the hash has an unknown format: it was changed, or a newer version of this library wrote it",
    );
    let mut rows = log(&chained(keyed(KEY)));
    rows[1].event_id = rows[0].event_id;
    let mapper = chained(keyed(KEY));
    let mut stream = mapper.stream::<Account>(&id());
    stream.verify(&rows[0]).unwrap();
    assert_eq!(
        crate::fixture::chain(&stream.verify(&rows[1]).unwrap_err()),
        "event \"Account.Booked\", version 2 of aggregate acacacac-acac-acac-acac-acacacacacac, fails the check of its \
         integrity: the hash does not match: the row, or one before it, was changed, moved or removed, or the key in \
         HASH_CHAIN_KEY, GENESIS_HASH or APPLICATION_IDENTITY is not the one that the row was stored with"
    );
}
