//! The enum.

use proc_macro2::TokenStream;
use quote::quote;

use crate::events::{
    docs,
    field::Field,
    model::{Event, Events},
};

/// The enum in two parts, between which its visibility stands.
pub(crate) struct Enumeration {
    pub(crate) attrs: TokenStream,
    pub(crate) item: TokenStream,
}

pub(crate) fn enumeration(events: &Events) -> Enumeration {
    let Events {
        krate,
        name,
        derives,
        cfgs,
        ..
    } = events;
    let serde = krate.serde();
    let docs = docs::of_enum(&events.self_ty);
    let variants = events.events().map(variant);
    let attrs = quote! {
        #(#cfgs)*
        #docs
        #[derive(
            ::core::clone::Clone,
            ::core::fmt::Debug,
            #krate::__private::serde::Serialize,
            #krate::__private::serde::Deserialize,
            #(#derives,)*
        )]
        #[serde(crate = #serde)]
        #[allow(
            clippy::enum_variant_names,
            clippy::large_enum_variant,
            clippy::module_name_repetitions,
            clippy::type_complexity,
        )]
    };
    let item = quote!(enum #name { #(#variants,)* });
    Enumeration { attrs, item }
}

fn variant(event: &Event) -> TokenStream {
    let Event {
        name,
        docs,
        attrs,
        fields,
        ..
    } = event;
    let cfgs = &attrs.cfgs;
    let fields = fields
        .iter()
        .map(|Field { ident, ty, attrs, .. }| quote!(#(#attrs)* #ident: #ty));
    let fields = (fields.len() > 0).then(|| quote!({ #(#fields),* }));
    quote! {
        #(#cfgs)*
        #(#docs)*
        #name #fields
    }
}
