//! `attributes(…)`: fields of the aggregate whose changes are events.

use proc_macro2::Span;
use quote::{format_ident, quote};
use syn::{
    Attribute, Ident, ImplItem, Token, Type, Visibility, ext::IdentExt as _, parenthesized, parse::ParseStream,
    parse_quote,
};

use super::{case, docs};

/// A field of the aggregate that has a setter.
pub(crate) struct ChangedField {
    attrs: Vec<Attribute>,
    vis: Visibility,
    name: Ident,
    ty: Type,
}

/// Reads `attributes(pub name: String, colour: Colour)`, after its name.
pub(crate) fn read(input: ParseStream<'_>, key: &Ident) -> syn::Result<Vec<ChangedField>> {
    let example = "`attributes` wants fields: write `attributes(pub name: String)`";
    if !input.peek(syn::token::Paren) {
        return Err(syn::Error::new(key.span(), example));
    }
    let list;
    parenthesized!(list in input);
    let fields = list.parse_terminated(read_one, Token![,]).map_err(|error| {
        // What is left would be an error of its own.
        drop(list.parse::<proc_macro2::TokenStream>());
        syn::Error::new(error.span(), format!("{error}: {example}"))
    })?;
    if fields.is_empty() {
        return Err(syn::Error::new(key.span(), example));
    }
    Ok(fields.into_iter().collect())
}

fn read_one(input: ParseStream<'_>) -> syn::Result<ChangedField> {
    let attrs = input.call(Attribute::parse_outer)?;
    let vis = input.parse()?;
    let name = input.parse()?;
    input.parse::<Token![:]>()?;
    let ty = input.parse()?;
    Ok(ChangedField { attrs, vis, name, ty })
}

impl ChangedField {
    /// The event method that changes the field.
    pub(crate) fn into_method(self) -> ImplItem {
        let Self {
            mut attrs,
            vis,
            name,
            ty,
        } = self;
        let setter = format_ident!("set_{}", name.unraw(), span = name.span());
        let field = case::event_name(&name).unwrap_or_else(|| Ident::new("Attribute", name.span()));
        let event = format_ident!("{field}Changed", span = name.span());
        if !docs::are_there(&attrs) {
            let text = format!("Changes `{}`.", name.unraw());
            attrs.push(parse_quote!(#[doc = #text]));
        }
        let receiver = Ident::new("self", Span::call_site());
        let is_borrowed = matches!(ty, Type::Reference(_));
        let owned = quote!(::std::borrow::ToOwned::to_owned(#name));
        let value = if is_borrowed { owned } else { quote!(#name) };
        parse_quote! {
            #(#attrs)*
            #[event(#event)]
            #vis fn #setter(&mut #receiver, #name: #ty) {
                #receiver.#name = #value;
            }
        }
    }
}
