//! A state that is moved to another place does not decrypt.

use std::collections::BTreeSet;

use es_domain::{OriginatorId, Timestamp};
use es_persistence::{
    MapperErrorKind, StoredEvent,
    cipher::{Cipher as _, CipherError, RecordKind, SealContext},
};
use proptest::prelude::*;
use uuid::Uuid;

use crate::fixture::{KEY, cipher, encrypting, fails, tagged};

fn row(id: &OriginatorId, version: u64, topic: &str) -> StoredEvent {
    StoredEvent::new(id.clone(), version, topic.to_owned(), Vec::new())
}

/// Places of which no two are the same, but which are as close to each other as can be.
fn check(places: &[SealContext<'_>]) {
    let cipher = cipher(KEY);
    let sealed: Vec<_> = places
        .iter()
        .map(|place| cipher.seal(place, b"a bone under the tree").unwrap())
        .collect();
    for (from, sealed) in sealed.iter().enumerate() {
        for (to, place) in places.iter().enumerate() {
            match cipher.open(place, sealed) {
                Ok(_) => assert_eq!(from, to, "moved from {:?} to {place:?}", places[from]),
                Err(CipherError::NotAuthentic(_)) => assert_ne!(from, to, "{place:?}"),
                Err(error) => panic!("{error:?}"),
            }
        }
    }
}

#[test]
fn every_part_of_the_place_counts() {
    let (one, other) = (
        OriginatorId::from(Uuid::from_u128(1)),
        OriginatorId::from(Uuid::from_u128(2)),
    );
    let (as_text, as_bytes) = (
        OriginatorId::from(Uuid::from_u128(1).to_string().as_str()),
        OriginatorId::from("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\u{1}"),
    );
    let row = row(&one, 1, "Dog.Registered");
    let place = SealContext::of_event("Dogs", &row, RecordKind::Event);
    let changed = |change: fn(&mut SealContext<'_>)| {
        let mut place = place;
        change(&mut place);
        place
    };
    let of = |id| {
        let mut place = place;
        place.originator_id = id;
        place
    };
    check(&[
        place,
        changed(|place| place.application = "Cats"),
        changed(|place| place.kind = RecordKind::Snapshot),
        changed(|place| place.kind = RecordKind::Metadata),
        of(&other),
        of(&as_text),
        of(&as_bytes),
        changed(|place| place.originator_version = 2),
        changed(|place| place.originator_version = 1 << 31),
        changed(|place| place.topic = "Dog.Renamed"),
        changed(|place| place.event_id = Uuid::from_u128(1)),
        changed(|place| place.timestamp = Timestamp::from_micros(1).unwrap()),
        changed(|place| place.schema_version = 2),
        changed(|place| place.has_metadata = true),
    ]);
}

#[test]
fn no_column_of_an_encrypted_row_can_be_altered() {
    type Change<'a> = &'a dyn Fn(&mut StoredEvent);
    let mapper = encrypting(KEY);
    let stored = mapper.to_stored(&tagged()).unwrap();
    let other = mapper.to_stored(&crate::fixture::note()).unwrap();
    let changes: [(&str, Change<'_>); 8] = [
        ("originator_id", &|row| row.originator_id = Uuid::from_u128(1).into()),
        ("originator_version", &|row| row.originator_version = 2),
        ("topic", &|row| row.topic = "Dog.Registered".into()),
        ("event_id", &|row| row.event_id = Uuid::from_u128(1)),
        ("timestamp", &|row| row.timestamp = Timestamp::from_micros(1).unwrap()),
        ("schema_version", &|row| row.schema_version = 2),
        ("state", &|row| row.state.clone_from(&other.state)),
        ("metadata", &|row| row.metadata = None),
    ];
    for (column, change) in changes {
        let mut row = stored.clone();
        change(&mut row);
        let error = fails(&mapper, &row);
        let is_typed = matches!(error.kind(), MapperErrorKind::Cipher(CipherError::NotAuthentic(_)));
        assert!(is_typed, "{column}: {error:?}");
    }
    let mut swapped = stored;
    std::mem::swap(&mut swapped.state, swapped.metadata.as_mut().unwrap());
    let error = fails(&mapper, &swapped);
    assert!(matches!(error.kind(), MapperErrorKind::Cipher(_)), "{error:?}");
}

#[test]
fn texts_that_run_into_each_other_are_different_places() {
    let ids = ["", "a", "ab", "abc", "a\u{1}", "1"].map(OriginatorId::from);
    let texts = ["", "D", "Do", "Dog", "Dog\0"];
    let rows: Vec<_> = ids.iter().flat_map(|id| texts.map(|topic| row(id, 1, topic))).collect();
    let places = rows
        .iter()
        .flat_map(|row| texts.map(|application| SealContext::of_event(application, row, RecordKind::Event)));
    check(&places.collect::<Vec<_>>());
}

fn text() -> impl Strategy<Value = String> {
    proptest::collection::vec(proptest::sample::select(vec!['\0', '\u{1}', '\u{2}', 'a', 'é']), 0..4)
        .prop_map(|chars| chars.into_iter().collect())
}

fn id() -> impl Strategy<Value = OriginatorId> {
    prop_oneof![
        (0..3_u128).prop_map(|number| OriginatorId::from(Uuid::from_u128(number))),
        text().prop_map(|text| OriginatorId::from(text.as_str())),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_two_places_are_the_same(parts in proptest::collection::btree_set((text(), id(), 1..4_u64, text()), 2..8)) {
        let parts: BTreeSet<_> = parts;
        let rows: Vec<_> = parts
            .iter()
            .map(|(application, id, version, topic)| (application, row(id, *version, topic)))
            .collect();
        let places = rows
            .iter()
            .map(|(application, row)| SealContext::of_event(application, row, RecordKind::Event));
        check(&places.collect::<Vec<_>>());
    }
}
