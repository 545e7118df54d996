//! What an impl with `#[events]` begins with.

use proc_macro2::TokenStream;
use syn::{ItemImpl, PathArguments, Type, TypePath};

use super::{self_type::SelfType, types};
use crate::errors::Errors;

/// Says what `item` should be.
pub(crate) fn no_impl(item: &TokenStream, error: syn::Error) -> syn::Error {
    if syn::parse2::<syn::Item>(item.clone()).is_err() {
        return error;
    }
    let message = "`#[events]` stands on the impl that has the event methods: put it on `impl Dog { … }`";
    syn::Error::new(proc_macro2::Span::call_site(), message)
}

/// Reads the aggregate's type. Returns `None` only after an error.
pub(crate) fn read(block: &ItemImpl, errors: &mut Errors) -> Option<SelfType> {
    if let Some((path, for_token)) = &block.trait_ {
        errors.on(
            &quote::quote!(#path #for_token),
            "events are methods of the aggregate itself: remove the trait",
        );
        return None;
    }
    if !block.generics.params.is_empty() {
        errors.on(&block.generics, "an aggregate has no generic parameters: remove them");
        return None;
    }
    if let Some(clause) = &block.generics.where_clause {
        errors.on(
            clause,
            "an aggregate has no generic parameters: remove the `where` clause",
        );
    }
    self_type(&block.self_ty, errors)
}

fn self_type(ty: &Type, errors: &mut Errors) -> Option<SelfType> {
    if let Type::Path(TypePath { qself: None, path, .. }) = types::bare(ty)
        && path
            .segments
            .iter()
            .all(|segment| matches!(segment.arguments, PathArguments::None))
        && let Some(last) = path.segments.last()
    {
        return Some(SelfType::new(path, last.ident.clone()));
    }
    errors.on(
        ty,
        "an aggregate is a struct without generic parameters: name it by its path",
    );
    None
}
