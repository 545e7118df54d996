//! A set of events is an enum.

use es_application::prelude::*;

#[derive(EventSet)]
struct SchoolEvent;

fn main() {}
