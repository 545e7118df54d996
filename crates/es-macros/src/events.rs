//! `#[events]`, with `#[event]` on its methods.

mod attr;
mod attributes;
mod case;
mod check;
mod docs;
mod event_attr;
mod expand;
mod fallback;
mod field;
mod header;
mod model;
mod self_type;
mod signature;
mod types;

use proc_macro2::TokenStream;
use quote::ToTokens as _;
use syn::ItemImpl;

use self::{attr::Options, model::Events};
use crate::errors::Errors;

pub(crate) fn expand(options: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Errors::new();
    let options = Options::read(options, &mut errors);
    let mut tokens = match syn::parse2::<ItemImpl>(item.clone()) {
        Ok(block) => expand_impl(options, block, &mut errors),
        Err(error) => {
            errors.push(header::no_impl(&item, error));
            item
        }
    };
    tokens.extend(errors.into_tokens());
    tokens
}

fn expand_impl(options: Options, block: ItemImpl, errors: &mut Errors) -> TokenStream {
    let Some(self_ty) = header::read(&block, errors) else {
        return fallback::strip(block).into_token_stream();
    };
    let events = Events::read(options, block, self_ty, errors);
    check::check(&events, errors);
    if errors.is_empty() { expand::expand(&events) } else { fallback::expand(events) }
}

/// `#[event]` where no `#[events]` has taken it away.
pub(crate) fn stray(options: TokenStream, item: TokenStream) -> TokenStream {
    drop(options);
    let message = "`#[event]` marks a method inside an impl with `#[events]`: put `#[events]` on the impl";
    let mut tokens = syn::Error::new(proc_macro2::Span::call_site(), message).to_compile_error();
    tokens.extend(item);
    tokens
}
