//! A union.

use es_domain::prelude::*;

#[derive(Aggregate)]
pub union Dog {
    age: u8,
    weight: u8,
}

fn main() {}
