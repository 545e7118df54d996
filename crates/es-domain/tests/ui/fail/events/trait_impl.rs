//! The impl of a trait.

use es_domain::prelude::*;

#[derive(Aggregate, Default)]
pub struct Dog {
    root: Root<Self>,
}

pub trait Barks {
    fn bark(&mut self);
}

#[events]
impl Barks for Dog {
    #[event]
    fn bark(&mut self) {}
}

fn main() {}
