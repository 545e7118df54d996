//! A state that is moved to another place does not decrypt.

use std::collections::BTreeSet;

use es_domain::OriginatorId;
use es_persistence::cipher::{Cipher as _, CipherError, RecordKind, SealContext};
use proptest::prelude::*;
use uuid::Uuid;

use crate::fixture::{KEY, cipher};

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
                Err(CipherError::AuthenticationFailed) => assert_ne!(from, to, "{place:?}"),
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
    let place = SealContext {
        application: "Dogs",
        kind: RecordKind::Event,
        originator_id: &one,
        originator_version: 1,
        topic: "Dog.Registered",
    };
    check(&[
        place,
        SealContext {
            application: "Cats",
            ..place
        },
        SealContext {
            kind: RecordKind::Snapshot,
            ..place
        },
        SealContext {
            originator_id: &other,
            ..place
        },
        SealContext {
            originator_id: &as_text,
            ..place
        },
        SealContext {
            originator_id: &as_bytes,
            ..place
        },
        SealContext {
            originator_version: 2,
            ..place
        },
        SealContext {
            originator_version: 1 << 31,
            ..place
        },
        SealContext {
            topic: "Dog.Renamed",
            ..place
        },
    ]);
}

#[test]
fn texts_that_run_into_each_other_are_different_places() {
    let ids = ["", "a", "ab", "abc", "a\u{1}", "1"].map(OriginatorId::from);
    let texts = ["", "D", "Do", "Dog", "Dog\0"];
    let mut places = Vec::new();
    for id in &ids {
        for application in texts {
            for topic in texts {
                places.push(SealContext {
                    application,
                    kind: RecordKind::Event,
                    originator_id: id,
                    originator_version: 1,
                    topic,
                });
            }
        }
    }
    check(&places);
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
        let places: Vec<_> = parts
            .iter()
            .map(|(application, id, version, topic)| SealContext {
                application,
                kind: RecordKind::Event,
                originator_id: id,
                originator_version: *version,
                topic,
            })
            .collect();
        check(&places);
    }
}
