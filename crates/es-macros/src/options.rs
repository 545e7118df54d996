//! Comma-separated options, as they stand in the parentheses of an attribute.

use proc_macro2::TokenTree;
use syn::{
    Ident, Token,
    ext::IdentExt as _,
    parse::{Parse, ParseStream},
};

use crate::errors::Errors;

/// Calls `read` at the start of each option; what it leaves of a wrong one is skipped.
pub(crate) fn for_each(
    input: ParseStream<'_>,
    errors: &mut Errors,
    mut read: impl FnMut(ParseStream<'_>) -> syn::Result<()>,
) {
    while !input.is_empty() {
        if let Err(error) = read(input).and_then(|()| end_of_option(input)) {
            errors.push(error);
            skip_option(input);
        }
    }
}

/// Keeps `value`, unless the option was given before.
pub(crate) fn set<T>(slot: &mut Option<T>, key: &Ident, value: T) -> syn::Result<()> {
    if slot.is_some() {
        return Err(twice(key));
    }
    *slot = Some(value);
    Ok(())
}

pub(crate) fn twice(key: &Ident) -> syn::Error {
    syn::Error::new(key.span(), format!("`{key}` is given twice: remove one"))
}

/// The name of an option, which may be a keyword.
pub(crate) fn key(input: ParseStream<'_>) -> syn::Result<Ident> {
    input.call(Ident::parse_any)
}

/// The value after `key =`.
pub(crate) fn value<T: Parse>(input: ParseStream<'_>, key: &Ident, example: &str) -> syn::Result<T> {
    let no_value = || syn::Error::new(key.span(), format!("`{key}` wants a value: write `{key} = {example}`"));
    if !input.peek(Token![=]) {
        return Err(no_value());
    }
    input.parse::<Token![=]>()?;
    if input.is_empty() || input.peek(Token![,]) {
        return Err(no_value());
    }
    input
        .parse()
        .map_err(|error| syn::Error::new(error.span(), format!("{error}: write `{key} = {example}`")))
}

fn end_of_option(input: ParseStream<'_>) -> syn::Result<()> {
    if input.is_empty() {
        return Ok(());
    }
    if !input.peek(Token![,]) {
        return Err(input.error("expected `,` between two options"));
    }
    input.parse::<Token![,]>().map(drop)
}

fn skip_option(input: ParseStream<'_>) {
    while !input.is_empty() && !input.peek(Token![,]) {
        if input.parse::<TokenTree>().is_err() {
            return;
        }
    }
    // The loop has stopped at the comma, if there is one.
    drop(input.parse::<Option<Token![,]>>());
}
