//! Options that do not exist, or are written in another form.

use es_application::prelude::*;

#[derive(EventSet)]
#[event_set(topic = "School")]
#[event_set]
enum SchoolEvent {}

fn main() {}
