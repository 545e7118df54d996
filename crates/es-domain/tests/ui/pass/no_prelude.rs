//! A crate in which no name goes without saying.
#![no_implicit_prelude]
#![deny(warnings)]

use ::es_domain::{Aggregate, Root, events};
use ::std::{
    assert_eq,
    clone::Clone,
    default::Default,
    result::Result::{self, Ok},
    string::String,
};

#[derive(Aggregate, Debug, Default)]
#[aggregate(hash_chain)]
struct Dog {
    root: Root<Self>,
    name: String,
}

#[events(attributes(name: &str), derive(::std::cmp::PartialEq))]
impl Dog {
    #[event]
    fn born(nickname: &str, bytes: &[u8], number: &u8) -> Self {
        Self::default()
    }

    #[event]
    fn aged(&mut self, by: ::std::option::Option<u8>) -> Result<(), String> {
        Ok(())
    }

    fn name(&self) -> String {
        self.name.clone()
    }
}

fn main() {
    let mut dog = Dog::born("", &[], &1);
    dog.set_name("Rex");
    assert_eq!(dog.aged(::std::option::Option::None), Ok(()));
    assert_eq!(dog.name(), "Rex");
    assert_eq!(dog.version(), 3);
}
