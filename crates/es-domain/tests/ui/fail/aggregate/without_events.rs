//! An aggregate to which nothing can happen.

use es_domain::prelude::*;

#[derive(Aggregate, Default)]
pub struct Dog {
    root: Root<Self>,
}

fn main() {}
