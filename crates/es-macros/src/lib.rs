//! The macros of `es-domain`, which re-exports them.

use proc_macro::TokenStream;

mod aggregate;
mod aggregate_id;
mod crate_path;
mod derive_options;
mod errors;
mod event_set;
mod events;
mod functions;
mod manifest;
mod options;
mod tag;
mod tagged_event;
mod topic;

#[doc = include_str!("../docs/aggregate.md")]
#[proc_macro_derive(Aggregate, attributes(aggregate))]
pub fn derive_aggregate(input: TokenStream) -> TokenStream {
    aggregate::derive(input.into()).into()
}

#[doc = include_str!("../docs/aggregate_id.md")]
#[proc_macro_derive(AggregateId, attributes(aggregate_id))]
pub fn derive_aggregate_id(input: TokenStream) -> TokenStream {
    aggregate_id::derive(input.into()).into()
}

/// Makes an enum over the events of several aggregates a set of events. es-application re-exports and documents it.
#[proc_macro_derive(EventSet, attributes(event_set))]
pub fn derive_event_set(input: TokenStream) -> TokenStream {
    event_set::derive(input.into()).into()
}

/// Makes a newtype a tag of events. es-dcb re-exports and documents it.
#[proc_macro_derive(Tag, attributes(tag))]
pub fn derive_tag(input: TokenStream) -> TokenStream {
    tag::derive(input.into()).into()
}

/// Makes an enum a set of events with tags. es-dcb re-exports and documents it.
#[proc_macro_derive(TaggedEvent, attributes(tag, tagged_event))]
pub fn derive_tagged_event(input: TokenStream) -> TokenStream {
    tagged_event::derive(input.into()).into()
}

#[doc = include_str!("../docs/events.md")]
#[proc_macro_attribute]
pub fn events(options: TokenStream, item: TokenStream) -> TokenStream {
    events::expand(options.into(), item.into()).into()
}

#[doc = include_str!("../docs/event.md")]
#[proc_macro_attribute]
pub fn event(options: TokenStream, item: TokenStream) -> TokenStream {
    events::stray(options.into(), item.into()).into()
}
