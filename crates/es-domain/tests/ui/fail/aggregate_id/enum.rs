//! An ID that is an enum.

use es_domain::prelude::*;

#[derive(AggregateId)]
pub enum Sku {
    A(String),
}

fn main() {}
