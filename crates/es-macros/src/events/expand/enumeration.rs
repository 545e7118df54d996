//! The enum.

use proc_macro2::TokenStream;
use quote::quote;

use crate::events::{
    docs,
    field::Field,
    model::{Event, Events},
};

pub(crate) fn enumeration(events: &Events) -> TokenStream {
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
    let enumeration = quote!(enum #name { #(#variants,)* });
    let visible = with_visibility(events, &attrs, &enumeration);
    quote! {
        #(#cfgs)*
        #visible
    }
}

/// The enum with the visibility that the user gives it, or else with the aggregate's, which only the derive has seen.
fn with_visibility(events: &Events, attrs: &TokenStream, enumeration: &TokenStream) -> TokenStream {
    let self_ty = &events.self_ty;
    let lent = || quote!(#self_ty! { { #attrs } { #enumeration } });
    let vis = events.vis.as_ref();
    vis.map_or_else(lent, |vis| quote!(#attrs #vis #enumeration))
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
