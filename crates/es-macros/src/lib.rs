//! Stub.
use proc_macro::TokenStream;
#[proc_macro_derive(Aggregate, attributes(aggregate))]
pub fn derive_aggregate(_: TokenStream) -> TokenStream { TokenStream::new() }
#[proc_macro_attribute]
pub fn events(_: TokenStream, item: TokenStream) -> TokenStream { item }
#[proc_macro_attribute]
pub fn event(_: TokenStream, item: TokenStream) -> TokenStream { item }
