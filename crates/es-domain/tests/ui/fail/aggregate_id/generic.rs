//! An ID of anything.

use es_domain::prelude::*;

#[derive(AggregateId)]
pub struct Sku<T>(T);

fn main() {}
