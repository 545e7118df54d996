//! An ID without a value.

use es_domain::prelude::*;

#[derive(AggregateId)]
pub struct Sku;

fn main() {}
