//! An enum.

use es_domain::prelude::*;

#[derive(Aggregate)]
pub enum Dog {
    Young,
    Old,
}

fn main() {}
