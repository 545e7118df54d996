//! Reading is the inverse of writing, for any event and in every form.

use es_domain::{DomainEvent, Id, Metadata, OriginatorId, RootAccess as _, Stamp, Timestamp, prelude::*};
use es_persistence::{Mapper, MapperConfig, Transcoder, Zstd};
use proptest::prelude::*;
use uuid::Uuid;

use crate::fixture::{compression, config};

#[derive(Aggregate, Clone, Debug, Default, PartialEq)]
struct Dog {
    root: Root<Self>,
}

#[events(derive(PartialEq))]
impl Dog {
    #[event(Registered)]
    fn register(name: &str, weight: Option<i64>, owners: &[String], chip: Vec<u8>) -> Self {
        drop((name, weight, owners, chip));
        Self::default()
    }

    #[event(Slept)]
    fn sleep(&mut self) {}
}

prop_compose! {
    fn stamps()(id in any::<u128>(), micros in any::<i64>(), entries in prop::collection::vec((".*", ".*"), 0..3)) -> Stamp {
        let stamp = Stamp::new(Uuid::from_u128(id), Timestamp::from_micros(micros).unwrap_or(Timestamp::MAX));
        stamp.with_metadata(entries.into_iter().collect::<Metadata>())
    }
}

fn bodies() -> impl Strategy<Value = DogEvent> {
    let parts = (
        ".*",
        any::<Option<i64>>(),
        prop::collection::vec(".*", 0..3),
        any::<Vec<u8>>(),
        any::<bool>(),
    );
    parts.prop_map(|(name, weight, owners, chip, sleeps)| {
        let mut dog = Dog::register(&name, weight, &owners, chip);
        if sleeps {
            dog.sleep();
        }
        dog.collect_events().remove(usize::from(sleeps)).into_body()
    })
}

proptest! {
    #[test]
    fn any_event_is_read_as_it_was_written(
        id in any::<u128>(), version in 1..=u64::MAX, stamp in stamps(), body in bodies(),
    ) {
        let event = DomainEvent::new(Id::from_uuid(Uuid::from_u128(id)), version, stamp, body);
        for transcoder in [Transcoder::Json, Transcoder::MessagePack] {
            for compression in [None, Some(compression(Zstd::default(), 0))] {
                let mapper = Mapper::new(MapperConfig { transcoder: transcoder.clone(), compression, ..config() });
                let stored = mapper.to_stored(&event).unwrap();
                prop_assert_eq!(stored.event_id, event.event_id());
                prop_assert_eq!(stored.timestamp, event.timestamp());
                prop_assert_eq!(&stored.originator_id, &OriginatorId::Uuid(Uuid::from_u128(id)));
                prop_assert_eq!(&mapper.to_domain::<DogEvent>(&stored).unwrap(), &event);
            }
        }
    }
}
