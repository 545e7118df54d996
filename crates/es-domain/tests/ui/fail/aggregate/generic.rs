//! A struct with a parameter.

use es_domain::prelude::*;

#[derive(Aggregate)]
pub struct Dog<T> {
    root: Root<Self>,
    name: T,
}

fn main() {}
