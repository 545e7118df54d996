//! Parameters that would not be stored, or not be read.

use es_domain::prelude::*;

#[derive(Aggregate, Default)]
pub struct Dog {
    root: Root<Self>,
    name: String,
}

#[events]
impl Dog {
    #[event(Registered)]
    pub fn register(name: &str, #[serde(default, skip)] breed: String) -> Self {
        drop(breed);
        Self { name: name.to_owned(), ..Self::default() }
    }

    #[event(Renamed)]
    pub fn rename(
        &mut self,
        #[serde(rename = "called", skip_serializing)] name: &str,
        #[cfg_attr(all(), serde(skip_deserializing))] by: u8,
    ) {
        drop(by);
        self.name = name.to_owned();
    }
}

fn main() {}
