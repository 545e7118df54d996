//! Snapshots to rows and back.

use es_domain::{EventHash, RootAccess as _, SnapshotRef, State, Timestamp, prelude::*};
use es_persistence::{
    ChainAcceptance::Unkeyed,
    ChainError, HashChain, Mapper, MapperErrorKind, StoredSnapshot,
    cipher::{CipherError, KeyId},
};
use uuid::Uuid;

use crate::{
    account::{Account, PlainAccount, accepting, chain_error, chained, keyed, log, replay},
    fixture::{Dog, KEY, OTHER_KEY, chain, encrypting, note, registered},
};

fn store<A: Aggregate + Serialize>(mapper: &Mapper, aggregate: &A) -> StoredSnapshot {
    mapper
        .to_stored_snapshot(&SnapshotRef::take(aggregate).unwrap())
        .unwrap()
}

fn dog() -> Dog {
    Dog::replay([registered(), note()]).unwrap().unwrap()
}

#[test]
fn a_row_has_a_column_for_everything_and_the_state_is_the_aggregate() {
    let row = store(&Mapper::default(), &dog());
    assert_eq!(row.originator_id, registered().originator_id().to_originator_id());
    assert_eq!((row.originator_version, row.schema_version), (2, 1));
    assert_eq!((&*row.topic, row.timestamp), ("Dog", note().timestamp()));
    assert_eq!(row.hash, None);
    let state: Dog = serde_json::from_slice(&row.state).unwrap();
    assert_eq!(state, dog());
    assert_eq!(*Mapper::default().to_snapshot::<Dog>(&row).unwrap().aggregate(), dog());
}

#[test]
fn a_state_in_the_row_of_another_aggregate_version_or_time_is_refused() {
    let mapper = Mapper::default();
    let changes: [fn(&mut StoredSnapshot); 4] = [
        |row| row.originator_id = Uuid::from_u128(1).into(),
        |row| row.originator_version = 3,
        |row| row.timestamp = Timestamp::from_micros(7).unwrap(),
        |row| row.topic = "Cat".into(),
    ];
    for change in changes {
        let mut row = store(&mapper, &dog());
        change(&mut row);
        let error = mapper.to_snapshot::<Dog>(&row).unwrap_err();
        let is_typed = matches!(error.kind(), MapperErrorKind::OtherAggregate { aggregate: "Dog" });
        assert!(is_typed, "{error:?}");
        assert!(error.to_string().starts_with("snapshot "), "{error}");
    }
}

#[test]
fn no_column_of_an_encrypted_snapshot_can_be_altered() {
    let mapper = encrypting(KEY);
    let changes: [fn(&mut StoredSnapshot); 6] = [
        |row| row.originator_id = Uuid::from_u128(1).into(),
        |row| row.originator_version = 3,
        |row| row.timestamp = Timestamp::from_micros(7).unwrap(),
        |row| row.topic = "Cat".into(),
        |row| row.schema_version = 2,
        |row| row.state[30] ^= 1,
    ];
    for (number, change) in changes.into_iter().enumerate() {
        let mut row = store(&mapper, &dog());
        change(&mut row);
        let error = mapper.to_snapshot::<Dog>(&row).unwrap_err();
        let is_typed = matches!(error.kind(), MapperErrorKind::Cipher(CipherError::NotAuthentic(_)));
        assert!(is_typed, "{number}: {error:?}");
    }
}

#[test]
fn every_change_of_a_chained_snapshot_is_found() {
    let changes: [fn(&mut StoredSnapshot); 6] = [
        |row| row.originator_id = Uuid::from_u128(1).into(),
        |row| row.originator_version = 3,
        |row| row.timestamp = Timestamp::from_micros(7).unwrap(),
        |row| row.topic = "Cat".into(),
        |row| row.schema_version = 2,
        |row| row.state[30] ^= 1,
    ];
    for mapper in [chained(keyed(KEY)), chained(HashChain::unkeyed())] {
        let account = replay(&mapper, &log(&mapper)).unwrap();
        let sound = store(&mapper, &account);
        assert_eq!(*mapper.to_snapshot::<Account>(&sound).unwrap().aggregate(), account);
        for (number, change) in changes.iter().enumerate() {
            let mut row = sound.clone();
            change(&mut row);
            let error = mapper.to_snapshot::<Account>(&row).unwrap_err();
            assert_eq!(chain_error(&error), ChainError::Broken, "{number}");
        }
        for bit in 0..sound.hash.as_ref().unwrap().len() * 8 {
            let mut row = sound.clone();
            row.hash.as_mut().unwrap()[bit / 8] ^= 1 << (bit % 8);
            chain_error(&mapper.to_snapshot::<Account>(&row).unwrap_err());
        }
        let without = sound.with_hash(None);
        let error = mapper.to_snapshot::<Account>(&without).unwrap_err();
        assert_eq!(chain_error(&error), ChainError::NotChained);
    }
}

#[test]
fn a_forged_snapshot_is_refused_and_so_is_one_of_another_application_or_installation_key() {
    let mapper = chained(keyed(KEY));
    let account = replay(&mapper, &log(&mapper)).unwrap();
    let check = |forger: &Mapper, expected| {
        let error = mapper.to_snapshot::<Account>(&store(forger, &account)).unwrap_err();
        assert_eq!(chain_error(&error), expected);
    };
    check(&chained(keyed(OTHER_KEY)), ChainError::Broken);
    check(
        &chained(keyed(&format!("7:{OTHER_KEY}"))),
        ChainError::UnknownKey(KeyId(7)),
    );
    check(&chained(HashChain::unkeyed()), ChainError::Unkeyed);
    let mut other = mapper.config().clone();
    other.application = "Shop".into();
    check(&Mapper::new(other), ChainError::Broken);
    // Snapshots are copies: those without a key are written anew, and need not be accepted.
    let accepting = accepting(keyed(KEY), Unkeyed);
    let weak = store(&chained(HashChain::unkeyed()), &account);
    let error = accepting.to_snapshot::<Account>(&weak).unwrap_err();
    assert_eq!(chain_error(&error), ChainError::Unkeyed);
}

#[test]
fn a_snapshot_survives_the_rotation_of_the_key() {
    let old = chained(keyed(&format!("1:{KEY}")));
    let account = replay(&old, &log(&old)).unwrap();
    let row = store(&old, &account);
    for ring in [format!("1:{KEY},2:{OTHER_KEY}"), format!("2:{OTHER_KEY},1:{KEY}")] {
        let snapshot = chained(keyed(&ring)).to_snapshot::<Account>(&row).unwrap();
        assert_eq!(*snapshot.aggregate(), account);
    }
}

#[test]
fn a_chained_aggregate_without_a_head_is_neither_written_nor_read_as_a_snapshot() {
    let mapper = chained(keyed(KEY));
    let mut headless = Account::open(1);
    drop(headless.collect_events());
    let error = mapper
        .to_stored_snapshot(&SnapshotRef::take(&headless).unwrap())
        .unwrap_err();
    assert_eq!(chain_error(&error), ChainError::Headless);

    let mut plain = PlainAccount::open(1);
    drop(plain.collect_events());
    let row = store(&mapper, &plain);
    let error = mapper.to_snapshot::<Account>(&row).unwrap_err();
    assert_eq!(chain_error(&error), ChainError::NotChained);
}

#[test]
fn a_snapshot_keeps_the_head() {
    let mapper = chained(keyed(KEY));
    let rows = log(&mapper);
    let account = replay(&mapper, &rows).unwrap();
    let snapshot = mapper.to_snapshot::<Account>(&store(&mapper, &account)).unwrap();
    assert_eq!(snapshot.head(), account.head());
    assert_eq!(snapshot.head(), mapper.claimed_head(&rows[3]));
    assert_ne!(snapshot.head(), mapper.claimed_head(&rows[2]));
    assert_ne!(snapshot.head(), Some(EventHash::from_bytes([0; 32])));
    assert_eq!(mapper.claimed_head(&rows[0].clone().with_hash(None)), None);
}

#[derive(Aggregate, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[aggregate(upcast(page_v1_to_v2))]
struct Page {
    root: Root<Self>,
    title: String,
}

#[events(derive(PartialEq))]
impl Page {
    #[event(Written)]
    fn write(title: &str) -> Self {
        Self {
            title: title.to_owned(),
            ..Self::default()
        }
    }
}

fn page_v1_to_v2(state: State) -> Result<State, String> {
    if state.get("name").and_then(State::as_text) == Some("swordfish") {
        return Err("refused".to_owned());
    }
    Ok(state.renamed("name", "title"))
}

#[test]
fn older_states_are_brought_up_to_date_and_newer_ones_are_read_if_they_can_be() {
    let mapper = Mapper::default();
    let mut page = Page::write("T");
    drop(page.collect_events());
    let row = store(&mapper, &page);
    assert_eq!(row.schema_version, 2);
    let with = |version, from: &str, to: &str| {
        let text = String::from_utf8(row.state.clone()).unwrap().replace(from, to);
        let mut row = row.clone().with_schema_version(version);
        row.state = text.into_bytes();
        mapper.to_snapshot::<Page>(&row)
    };
    assert_eq!(*with(1, "title", "name").unwrap().aggregate(), page);
    assert_eq!(*with(9, "{\"root", "{\"later\":[],\"root").unwrap().aggregate(), page);
    let error = with(1, r#""title":"T""#, r#""name":"swordfish""#).unwrap_err();
    assert!(matches!(error.kind(), MapperErrorKind::Upcasting(_)), "{error:?}");
    assert!(chain(&error).ends_with("from version 1: refused"), "{}", chain(&error));
    let error = with(1, "title", "caption").unwrap_err();
    assert!(matches!(error.kind(), MapperErrorKind::Decoding(_)), "{error:?}");
}
