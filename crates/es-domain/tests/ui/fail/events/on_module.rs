//! The attribute on a module.

use es_domain::prelude::*;

#[events]
mod dogs {}

fn main() {}
