//! A module in which no name means what it usually means.
#![no_implicit_prelude]
#![allow(dead_code, reason = "most of what is here only stands in the way")]

struct Result;
struct String;
struct Vec;
struct Option;
struct Some;
struct Ok;
struct Err;
struct Box;
trait Clone {}
trait Debug {}
trait Serialize {}
trait Deserialize {}
trait ToOwned {}
trait Event {}
trait Aggregate {}
trait From {}
trait Into {}
mod core {}
mod std {}
mod alloc {}
mod serde {}
mod es_domain {}
type Text = ::std::string::String;

#[derive(::es_domain::Aggregate, ::core::clone::Clone, ::core::fmt::Debug, ::core::default::Default)]
#[aggregate(crate = ::es_domain)]
pub struct Thing {
    self_: ::es_domain::Root<Self>,
    event: Text,
    r#type: ::core::option::Option<usize>,
}

#[::es_domain::events(crate = ::es_domain, derive(::core::cmp::PartialEq))]
impl Thing {
    #[::es_domain::event(Made, id = ::es_domain::Id::new())]
    pub fn make(event: Text) -> ::core::result::Result<Self, Text> {
        ::core::result::Result::Ok(Self {
            event,
            ..::core::default::Default::default()
        })
    }

    #[es_domain::event(Changed, alias = "Thing.Renewed")]
    pub fn change(&mut self, r#type: &Text, list: &[usize]) -> ::core::result::Result<(), Text> {
        self.r#type = ::core::option::Option::Some(r#type.len() + list[0]);
        ::core::result::Result::Ok(())
    }

    #[event(discards)]
    pub fn ended(&mut self) {}
}

#[test]
fn nothing_but_absolute_paths_is_relied_on() {
    use ::es_domain::Aggregate as _;
    use ::std::{assert_eq, assert_ne, string::ToString as _, vec};

    let ::core::result::Result::Ok(mut thing) = Thing::make("x".to_string()) else {
        ::std::panic!("it never fails")
    };
    assert_eq!(thing.change(&"y".to_string(), &[2]), ::core::result::Result::Ok(()));
    thing.ended();
    assert_eq!(thing.version(), 3);
    assert_eq!(
        (thing.event.as_str(), thing.r#type),
        ("x", ::core::option::Option::Some(3))
    );
    assert_eq!(
        *thing.pending_events()[1].body(),
        ThingEvent::Changed {
            r#type: "y".to_string(),
            list: vec![2]
        }
    );
    assert_ne!(thing.id(), ::es_domain::AggregateId::nil());
}

mod renamed {
    /// The library under another path.
    pub(crate) mod library {
        pub(crate) use ::es_domain::*;
    }

    #[derive(library::Aggregate, ::core::default::Default)]
    #[aggregate(crate = crate::hygiene::renamed::library)]
    pub(crate) struct Thing(library::Root<Self>);

    #[library::events(crate = crate::hygiene::renamed::library)]
    impl Thing {
        #[event]
        pub(crate) fn made(name: &::core::primitive::str) -> Self {
            <Self as ::core::default::Default>::default()
        }
    }

    #[test]
    fn the_library_may_have_another_path() {
        use ::es_domain::Aggregate as _;

        ::std::assert_eq!(Thing::made("x").pending_events()[0].topic(), "Thing.Made");
    }
}
