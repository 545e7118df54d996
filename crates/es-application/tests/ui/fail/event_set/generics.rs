//! The topics of a set are fixed, so that it has no parameters.

use es_application::prelude::*;

#[derive(EventSet)]
enum SchoolEvent<E> {
    Any(E),
}

fn main() {}
