//! Attributes on parameters, which go to the fields.

use es_domain::{RootAccess as _, prelude::*};

#[derive(Aggregate, Debug, Default)]
pub struct Dog {
    root: Root<Self>,
    owner: String,
    breed: Option<String>,
}

#[events(derive(PartialEq))]
impl Dog {
    #[event(Registered)]
    pub fn register(
        /// Who pays.
        #[serde(rename = "ownerName", alias = "owner_name")]
        owner: &str,
        #[serde(default, skip_serializing_if = "Option::is_none")] breed: Option<String>,
        #[cfg_attr(all(), serde(default))] age: u8,
    ) -> Self {
        Self {
            owner: owner.to_owned(),
            breed,
            ..Self::default()
        }
    }
}

#[test]
fn serde_attributes_rule_how_fields_are_stored() {
    let dog = Dog::register("Ann", None, 3);
    let json = serde_json::to_string(dog.pending_events()[0].body()).expect("an event can be stored");
    assert_eq!(json, r#"{"Registered":{"ownerName":"Ann","age":3}}"#);
}

#[test]
fn serde_attributes_rule_how_fields_are_read() {
    let json = r#"{"Registered":{"owner_name":"Ann"}}"#;
    let event: DogEvent = serde_json::from_str(json).expect("it can be read");
    assert_eq!(
        event,
        DogEvent::Registered {
            owner: "Ann".to_owned(),
            breed: None,
            age: 0
        }
    );
    let dog = Dog::create_fresh(event).expect("it is initial");
    assert_eq!((dog.owner.as_str(), dog.breed), ("Ann", None));
}
