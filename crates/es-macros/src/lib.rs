//! The macros of `es-domain`, which re-exports them.

use proc_macro::TokenStream;

mod aggregate;
mod crate_path;
mod errors;
mod events;
mod options;
mod topic;

/// Makes a struct an aggregate.
#[proc_macro_derive(Aggregate, attributes(aggregate))]
pub fn derive_aggregate(input: TokenStream) -> TokenStream {
    aggregate::derive(input.into()).into()
}

/// Makes the event methods of an aggregate.
#[proc_macro_attribute]
pub fn events(options: TokenStream, item: TokenStream) -> TokenStream {
    events::expand(options.into(), item.into()).into()
}

/// Makes a method an event.
#[proc_macro_attribute]
pub fn event(options: TokenStream, item: TokenStream) -> TokenStream {
    events::stray(options.into(), item.into()).into()
}
