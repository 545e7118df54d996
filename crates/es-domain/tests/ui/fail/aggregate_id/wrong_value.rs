//! An ID that is a number.

use es_domain::prelude::*;

#[derive(AggregateId)]
pub struct Sku(u64);

fn main() {}
