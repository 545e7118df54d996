//! A set without events would select nothing.

use es_application::prelude::*;

#[derive(EventSet)]
enum SchoolEvent {}

fn main() {}
