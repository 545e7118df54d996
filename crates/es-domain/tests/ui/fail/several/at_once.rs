//! All mistakes are told at once, and nothing but the mistakes.

use es_domain::prelude::*;

#[derive(Aggregate, Default)]
#[aggregate(topics = "Dog")]
pub struct Dog {
    root: Root<Self>,
    name: String,
}

#[events(derive(PartialEq), named = Happening)]
impl Dog {
    #[event(Registered, discards)]
    pub fn register(#[serde(default)] name: &str) -> Self {
        Self { name: name.to_owned(), ..Self::default() }
    }

    #[event(Renamed)]
    pub async fn rename(&self, name: &'static str) {}

    #[event(renamed)]
    pub fn rename_again(&mut self, (first, last): (String, String)) -> usize {
        first.len() + last.len()
    }

    #[event]
    pub fn renamed(&mut self, name: Vec<&str>) {}
}

pub fn all_is_still_there(dog: &mut Dog) -> bool {
    let other = Dog::register("Rex");
    dog.rename_again((String::new(), other.name.clone()));
    dog.version() == 1 && matches!(dog.pending_events()[0].body(), DogEvent::Registered { name } if *name == dog.name)
}

fn main() {}
