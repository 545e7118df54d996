//! `#[derive(Aggregate)]`.

mod attr;
mod check;
mod expand;
mod fallback;
mod model;
mod visibility;

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
    let aggregate = Aggregate::new(&input, options, &mut errors);
    match (errors.into_tokens(), root) {
        (None, Some(root)) => {
            let mut tokens = expand::expand(&aggregate, &root);
            tokens.extend(visibility::lend(&aggregate));
            tokens
        }
        (errors, _) => {
            let mut tokens = errors.unwrap_or_default();
            tokens.extend(visibility::lend(&aggregate));
            if !is_generic {
                tokens.extend(fallback::expand(&aggregate));
            }
            tokens
        }
    }
}
