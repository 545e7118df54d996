//! The visibility of the enum.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::ext::IdentExt as _;

use super::enumeration::{Enumeration, enumeration};
use crate::events::model::Events;

/// Puts the enum between `methods` and `implementation`, with the visibility that the user gives it, or else with the
/// aggregate's, which only the derive has seen.
pub(crate) fn with_visibility(events: &Events, methods: &TokenStream, implementation: &TokenStream) -> TokenStream {
    let Enumeration { attrs, item } = enumeration(events);
    match &events.vis {
        Some(vis) => quote!(#methods #attrs #vis #item #implementation),
        None => lent(events, &quote!({ #methods #attrs } { #item #implementation })),
    }
}

/// All goes through the macro of the derive: where that is forgotten, nothing is left that asks for the enum. What is
/// then to be done, the assertion says.
fn lent(events: &Events, output: &TokenStream) -> TokenStream {
    let Events {
        krate, self_ty, cfgs, ..
    } = events;
    let span = self_ty.ident().span();
    let krate = krate.at(span);
    // The macro is called by the type's name, which an alias has not.
    let assertion = if events.name == self_ty.event_name() {
        let name = self_ty.ident().unraw().to_string();
        quote_spanned!(span=> #krate::__private::assert_named::<#self_ty>(#name))
    } else {
        quote_spanned!(span=> #krate::__private::assert_derived::<#self_ty>())
    };
    quote! {
        #(#cfgs)*
        #self_ty! { #output }

        #(#cfgs)*
        const _: () = #assertion;
    }
}
