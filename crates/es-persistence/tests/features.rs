//! What a program says that is built without one of the features, and what it still does.
//!
//! Only with `--no-default-features` is there anything to refuse: `cargo xtask ci` runs both.

use es_domain::{RootAccess as _, prelude::*};
use es_persistence::{Environment, Mapper, StoredEvent};

#[derive(Aggregate, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Dog {
    root: Root<Self>,
    name: String,
}

#[events(derive(PartialEq))]
impl Dog {
    #[event(Registered)]
    fn register(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            ..Self::default()
        }
    }
}

const KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

/// Variable, value, the value as errors show it, the feature that it needs, and whether that is on.
const SETTINGS: [(&str, &str, &str, &str, bool); 4] = [
    (
        "TRANSCODER_TOPIC",
        "messagepack",
        "messagepack",
        "messagepack",
        cfg!(feature = "messagepack"),
    ),
    ("COMPRESSOR_TOPIC", "zlib", "zlib", "zlib", cfg!(feature = "zlib")),
    ("COMPRESSOR_TOPIC", "zstd", "zstd", "zstd", cfg!(feature = "zstd")),
    ("CIPHER_KEY", KEY, "***", "encryption", cfg!(feature = "encryption")),
];

fn registered() -> DomainEvent<DogEvent> {
    let mut dog = Dog::register("Fido");
    dog.collect_events().remove(0)
}

#[test]
fn a_setting_that_needs_a_feature_which_is_off_is_an_error_that_names_the_feature() {
    for (key, value, shown, feature, is_on) in SETTINGS {
        let made = Mapper::from_environment(&Environment::new("Dogs").with(key, value));
        let text = made.map(drop).map_err(|error| error.to_string());
        let refusal = format!(
            "{key} is \"{shown}\", which is not possible here: es-persistence is built without its feature `{feature}`"
        );
        assert_eq!(text, if is_on { Ok(()) } else { Err(refusal) });
    }
}

#[test]
fn a_stored_state_that_needs_a_feature_which_is_off_is_an_error_that_names_the_feature() {
    for (format, feature, is_on) in [
        (1, "encryption", cfg!(feature = "encryption")),
        (2, "messagepack", cfg!(feature = "messagepack")),
        (3, "zlib", cfg!(feature = "zlib")),
        (4, "zstd", cfg!(feature = "zstd")),
    ] {
        let row = Mapper::default().to_stored(&registered()).unwrap();
        let row = StoredEvent::new(row.originator_id, 1, row.topic, vec![format, 0, 0])
            .with_stamp(row.event_id, row.timestamp);
        let error = Mapper::default().to_domain::<DogEvent>(&row).unwrap_err();
        let cause = std::error::Error::source(&error).map(ToString::to_string);
        let text = format!("{error}: {}", cause.unwrap_or_default());
        assert_eq!(text.contains(&format!("feature `{feature}`")), !is_on, "{text}");
    }
}

#[test]
fn plain_json_in_memory_needs_no_feature() {
    let mapper = Mapper::from_environment(&Environment::new("Dogs").with("TRANSCODER_TOPIC", "json")).unwrap();
    let event = registered();
    let row = mapper.to_stored(&event).unwrap();
    assert_eq!(row.state, br#"{"name":"Fido"}"#);
    assert_eq!(
        mapper.to_domain::<DogEvent>(&row).unwrap().bodies(),
        [event.into_body()]
    );
}
