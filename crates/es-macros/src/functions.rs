//! Lists of functions that read older states.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::{Ident, LitStr, Path, Token, parenthesized, parse::ParseStream, punctuated::Punctuated};

use crate::crate_path::CratePath;

/// Reads `upcast(v1_to_v2, v2_to_v3)`, after its name.
pub(crate) fn upcasters(input: ParseStream<'_>, key: &Ident) -> syn::Result<Vec<Path>> {
    let example = "`upcast` wants a list of functions: write `upcast(v1_to_v2)`";
    if !input.peek(syn::token::Paren) {
        return Err(syn::Error::new(key.span(), example));
    }
    let list;
    parenthesized!(list in input);
    let paths =
        Punctuated::<Path, Token![,]>::parse_terminated(&list).map_err(|error| wrong(&list, &error, example))?;
    if paths.is_empty() {
        return Err(syn::Error::new(key.span(), example));
    }
    Ok(paths.into_iter().collect())
}

/// A function as an upcaster. A wrong one is underlined.
pub(crate) fn upcaster(krate: &CratePath, function: &impl ToTokens, span: Span) -> TokenStream {
    let krate = krate.at(span);
    let state = Ident::new("state", Span::mixed_site().located_at(span));
    quote_spanned!(span=> |#state| #krate::__private::Upcast::into_state(#function(#state)))
}

/// An event that is stored and that the aggregate has no more.
pub(crate) struct Retired {
    pub(crate) topic: LitStr,
    /// The function that reads it, or `None` if it is dropped.
    pub(crate) read: Option<Path>,
}

/// Reads `retired("Dog.Moved" = read_moved, "Dog.Sneezed")`, after its name.
pub(crate) fn retired(input: ParseStream<'_>, key: &Ident) -> syn::Result<Vec<Retired>> {
    let example = "`retired` wants topics: write `retired(\"Dog.Moved\" = read_moved)`, or `retired(\"Dog.Moved\")` if \
                   nothing is to be read";
    if !input.peek(syn::token::Paren) {
        return Err(syn::Error::new(key.span(), example));
    }
    let list;
    parenthesized!(list in input);
    let one = |input: ParseStream<'_>| {
        let topic: LitStr = input.parse()?;
        if !input.peek(Token![=]) {
            return Ok(Retired { topic, read: None });
        }
        input.parse::<Token![=]>()?;
        let read = Some(input.parse()?);
        Ok(Retired { topic, read })
    };
    let retired = list
        .parse_terminated(one, Token![,])
        .map_err(|error| wrong(&list, &error, example))?;
    if retired.is_empty() {
        return Err(syn::Error::new(key.span(), example));
    }
    Ok(retired.into_iter().collect())
}

/// The error with an example. What is left of the list is skipped, or it would be an error of its own.
fn wrong(list: ParseStream<'_>, error: &syn::Error, example: &str) -> syn::Error {
    drop(list.parse::<TokenStream>());
    syn::Error::new(error.span(), format!("{error}: {example}"))
}
