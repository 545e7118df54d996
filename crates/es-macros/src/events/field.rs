//! Parameters of event methods, which are the fields of events.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens as _, quote, quote_spanned};
use syn::{
    Attribute, FnArg, Ident, Pat, PatIdent, PatType, Signature, Type, TypeReference, parse_quote, spanned::Spanned as _,
};

use super::{attributes, self_type::SelfType, types};
use crate::errors::Errors;

pub(crate) struct Field {
    pub(crate) ident: Ident,
    /// The type that the event has, without `Self`.
    pub(crate) ty: TokenStream,
    pub(crate) owned: Owned,
    /// Documentation and `#[serde(…)]`.
    pub(crate) attrs: Vec<Attribute>,
}

/// How an event comes to own a parameter.
pub(crate) enum Owned {
    /// `T`.
    Value(Box<Type>),
    /// `&T`.
    Reference(Box<Type>),
    /// `&[T]`, and this is `T`.
    Slice(Box<Type>),
    /// `&str`.
    Text,
    /// `Option` of one of the three before.
    Optional(Box<Self>),
}

/// Reads the parameters. One that has the name of another loses it, or the compiler would complain of it again.
pub(crate) fn read(sig: &mut Signature, self_ty: &SelfType, errors: &mut Errors) -> Vec<Field> {
    let mut fields: Vec<Field> = Vec::new();
    for input in &mut sig.inputs {
        let FnArg::Typed(param) = input else { continue };
        let Some(field) = Field::read(param, self_ty, errors) else {
            continue;
        };
        if fields.iter().any(|other| other.ident == field.ident) {
            let name = &field.ident;
            errors.on(name, format!("two parameters are called `{name}`: write another name"));
            *param.pat = parse_quote!(_);
        } else {
            fields.push(field);
        }
    }
    fields
}

impl Field {
    /// Returns `None` only after an error.
    fn read(param: &PatType, self_ty: &SelfType, errors: &mut Errors) -> Option<Self> {
        let attrs = attributes::of_field(&param.attrs, errors);
        let has_fit_type = types::check(&param.ty, errors);
        let ident = name(&param.pat, errors)?;
        // Whatever uses the event may still use a field with an unfit type.
        let owned = if has_fit_type {
            Owned::new(&param.ty)
        } else {
            Owned::Value(parse_quote!(()))
        };
        let ty = self_ty.spell_out(owned.field_type(param.ty.span()));
        Some(Self {
            ident,
            ty,
            owned,
            attrs,
        })
    }

    /// The argument of the body for the field, which is in `local`.
    pub(crate) fn argument(&self, local: &Ident) -> TokenStream {
        match &self.owned {
            Owned::Value(_) => local.to_token_stream(),
            Owned::Reference(_) | Owned::Slice(_) | Owned::Text => quote!(&#local),
            Owned::Optional(owned) => match **owned {
                Owned::Slice(_) | Owned::Text => quote!(::core::option::Option::as_deref(&#local)),
                _ => quote!(::core::option::Option::as_ref(&#local)),
            },
        }
    }
}

fn name(pat: &Pat, errors: &mut Errors) -> Option<Ident> {
    if let Pat::Ident(PatIdent {
        by_ref: None,
        subpat: None,
        ident,
        ..
    }) = pat
    {
        return Some(ident.clone());
    }
    errors.on(
        pat,
        "a parameter of an event method is a field of the event: write a plain name here",
    );
    None
}

impl Owned {
    fn new(ty: &Type) -> Self {
        if let Type::Reference(reference) = types::bare(ty) {
            return Self::of_reference(reference);
        }
        match types::optional_reference(ty) {
            Some(reference) => Self::Optional(Box::new(Self::of_reference(reference))),
            None => Self::Value(Box::new(ty.clone())),
        }
    }

    fn of_reference(reference: &TypeReference) -> Self {
        match types::bare(&reference.elem) {
            Type::Slice(slice) => Self::Slice(slice.elem.clone()),
            ty if types::is_str(ty) => Self::Text,
            ty => Self::Reference(Box::new(ty.clone())),
        }
    }

    fn field_type(&self, span: Span) -> TokenStream {
        match self {
            Self::Value(ty) | Self::Reference(ty) => ty.to_token_stream(),
            Self::Slice(elem) => quote_spanned!(span=> ::std::vec::Vec<#elem>),
            Self::Text => quote_spanned!(span=> ::std::string::String),
            Self::Optional(owned) => {
                let owned = owned.field_type(span);
                quote_spanned!(span=> ::core::option::Option<#owned>)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owned(ty: &Type) -> String {
        Owned::new(ty)
            .field_type(Span::call_site())
            .to_string()
            .replace(' ', "")
    }

    #[test]
    fn borrowed_parameters_become_owned_fields() {
        assert_eq!(owned(&parse_quote!(&str)), "::std::string::String");
        assert_eq!(owned(&parse_quote!(&[Trick])), "::std::vec::Vec<Trick>");
        assert_eq!(owned(&parse_quote!(&'_ (Trick))), "Trick");
        assert_eq!(owned(&parse_quote!(u8)), "u8");
        let optional = "::core::option::Option<::std::string::String>";
        assert_eq!(owned(&parse_quote!(Option<&str>)), optional);
        assert_eq!(owned(&parse_quote!(Option<&Trick>)), "::core::option::Option<Trick>");
        assert_eq!(owned(&parse_quote!(Option<u8>)), "Option<u8>");
    }
}
