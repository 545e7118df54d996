//! Parameters of event methods, which are the fields of events.

use proc_macro2::TokenStream;
use quote::{ToTokens as _, quote, quote_spanned};
use syn::{Attribute, Ident, Pat, PatIdent, PatType, Type, spanned::Spanned as _};

use super::{attributes, self_type::SelfType, types};
use crate::errors::Errors;

pub(crate) struct Field {
    pub(crate) ident: Ident,
    /// The type that the event has, without `Self`.
    pub(crate) ty: TokenStream,
    /// Whether the method borrows it.
    pub(crate) borrowed: bool,
    /// Documentation and `#[serde(…)]`.
    pub(crate) attrs: Vec<Attribute>,
}

impl Field {
    /// Returns `None` only after an error.
    pub(crate) fn read(param: &PatType, self_ty: &SelfType, errors: &mut Errors) -> Option<Self> {
        let attrs = attributes::of_field(&param.attrs, errors);
        let has_fit_type = types::check(&param.ty, errors);
        let ident = name(&param.pat, errors)?;
        // Whatever uses the event may still use a field with an unfit type.
        let (ty, borrowed) = if has_fit_type { field_type(&param.ty) } else { (quote!(()), false) };
        Some(Self { ident, ty: self_ty.spell_out(ty), borrowed, attrs })
    }
}

fn name(pat: &Pat, errors: &mut Errors) -> Option<Ident> {
    if let Pat::Ident(PatIdent { by_ref: None, subpat: None, ident, .. }) = pat {
        return Some(ident.clone());
    }
    errors.on(pat, "a parameter of an event method is a field of the event: write a plain name here");
    None
}

/// The owned type for a parameter's type, and whether the method borrows from it.
fn field_type(ty: &Type) -> (TokenStream, bool) {
    let Type::Reference(reference) = types::bare(ty) else { return (ty.to_token_stream(), false) };
    let span = ty.span();
    let ty = match types::bare(&reference.elem) {
        Type::Slice(slice) => {
            let elem = &slice.elem;
            quote_spanned!(span=> ::std::vec::Vec<#elem>)
        }
        ty if types::is_str(ty) => quote_spanned!(span=> ::std::string::String),
        ty => ty.to_token_stream(),
    };
    (ty, true)
}

#[cfg(test)]
mod tests {
    use syn::parse_quote;

    use super::*;

    fn owned(ty: &Type) -> String {
        field_type(ty).0.to_string().replace(' ', "")
    }

    #[test]
    fn borrowed_parameters_become_owned_fields() {
        assert_eq!(owned(&parse_quote!(&str)), "::std::string::String");
        assert_eq!(owned(&parse_quote!(&[Trick])), "::std::vec::Vec<Trick>");
        assert_eq!(owned(&parse_quote!(&'_ (Trick))), "Trick");
        assert_eq!(owned(&parse_quote!(u8)), "u8");
    }
}
