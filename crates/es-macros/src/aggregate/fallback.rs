//! What is emitted beside errors, so that other code that uses the aggregate adds no errors of its own.

use proc_macro2::TokenStream;
use quote::quote;

use super::{expand::implementation, model::Aggregate};

/// The implementation for an aggregate without a usable root. It never runs.
pub(crate) fn expand(aggregate: &Aggregate) -> TokenStream {
    let never = quote!(::core::unreachable!());
    implementation(aggregate, &never, &never)
}
