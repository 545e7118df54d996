//! Options without parentheses.

use es_domain::prelude::*;

#[derive(AggregateId)]
#[aggregate_id]
pub struct Sku(String);

fn main() {}
