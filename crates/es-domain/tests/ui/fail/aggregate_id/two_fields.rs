//! An ID with two values.

use es_domain::prelude::*;

#[derive(AggregateId)]
pub struct Sku(String, u8);

fn main() {}
