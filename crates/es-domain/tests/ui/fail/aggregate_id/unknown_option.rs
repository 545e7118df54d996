//! An option that does not exist.

use es_domain::prelude::*;

#[derive(AggregateId)]
#[aggregate_id(prefix = "x")]
pub struct Sku(String);

fn main() {}
