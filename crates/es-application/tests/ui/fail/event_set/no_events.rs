//! A variant holds events of an aggregate.

use es_application::prelude::*;

#[derive(EventSet)]
enum SchoolEvent {
    Number(u64),
}

fn main() {}
