//! A type that may borrow.

use std::borrow::Cow;

use es_domain::prelude::*;

#[derive(Aggregate, Default)]
pub struct Dog {
    root: Root<Self>,
    name: Cow<'static, str>,
}

#[events]
impl Dog {
    #[event(Registered)]
    pub fn register(name: Cow<'static, str>) -> Self {
        Self { name, ..Self::default() }
    }

    #[event(Renamed)]
    pub fn rename(&mut self, name: Cow<str>, nicknames: Vec<Cow<str>>) {
        self.name = name.into_owned().into();
    }
}

fn main() {}
