//! The methods of an impl that cannot have events are still there.

use es_domain::prelude::*;

pub trait Barks {
    fn bark(&mut self, times: usize);
}

pub struct Dog;

#[events]
impl Barks for Dog {
    #[event]
    fn bark(&mut self, #[serde(default)] times: usize) {}
}

pub fn all_is_still_there(dog: &mut Dog) {
    dog.bark(1);
}

fn main() {}
