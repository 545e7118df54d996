//! The attribute on a struct.

use es_domain::prelude::*;

#[events]
pub struct Dog;

fn main() {}
