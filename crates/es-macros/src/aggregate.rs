//! `#[derive(Aggregate)]`.

mod attr;
mod check;
mod expand;
mod fallback;
mod model;

use proc_macro2::TokenStream;
use syn::DeriveInput;

use self::model::Aggregate;
use crate::errors::Errors;

pub(crate) fn derive(input: TokenStream) -> TokenStream {
    let input: DeriveInput = match syn::parse2(input) {
        Ok(input) => input,
        Err(error) => return error.to_compile_error(),
    };
    let mut errors = Errors::new();
    let options = attr::read(&input, &mut errors);
    let is_generic = check::is_generic(&input, &mut errors);
    let root = model::find_root(&input, &mut errors);
    let aggregate = Aggregate::new(&input.ident, options);
    match (errors.into_tokens(), root) {
        (None, Some(root)) => expand::expand(&aggregate, &root),
        (errors, _) => {
            let mut tokens = errors.unwrap_or_default();
            if !is_generic {
                tokens.extend(fallback::expand(&aggregate));
            }
            tokens
        }
    }
}
