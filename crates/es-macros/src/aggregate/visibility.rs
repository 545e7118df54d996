//! How `#[events]` learns who may see the aggregate.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote};
use syn::{Visibility, ext::IdentExt as _};

use super::model::Aggregate;

/// A macro that puts the aggregate's visibility in front of an item, among others.
///
/// It has the aggregate's own name, as macros have a name space of their own: whoever imports the aggregate imports it,
/// too.
pub(crate) fn lend(aggregate: &Aggregate) -> TokenStream {
    let Aggregate { name, vis, .. } = aggregate;
    let hidden = hidden_name(name);
    let of_import = of_import(vis);
    let of_item = match vis {
        // Whether others can reach the aggregate is its own affair.
        Visibility::Public(_) => quote!(#[allow(unreachable_pub, unnameable_types)] #vis),
        vis => quote!(#vis),
    };
    quote! {
        #[doc(hidden)]
        #[allow(unused_macros)]
        macro_rules! #hidden {
            ({ $($before:tt)* } { $($item_and_after:tt)* }) => { $($before)* #of_item $($item_and_after)* };
        }
        #[doc(hidden)]
        #[allow(unused_imports)]
        #of_import use #hidden as #name;
    }
}

/// Two aggregates of one name, one in a function and one around it, need macros of two names.
fn hidden_name(name: &Ident) -> Ident {
    let place = place(name.span());
    format_ident!("__es_visibility_of_{}{place}", name.unraw(), span = Span::call_site())
}

fn place(span: Span) -> String {
    if !proc_macro::is_available() {
        return String::new();
    }
    let span = span.unwrap();
    format!("_{}_{}", span.line(), span.column())
}

/// A macro that is not exported can be seen in its crate at most.
fn of_import(vis: &Visibility) -> TokenStream {
    match vis {
        Visibility::Public(_) => quote!(pub(crate)),
        vis => quote!(#vis),
    }
}
