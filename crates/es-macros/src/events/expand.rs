//! Model to tokens.

mod enumeration;
mod event;
mod method;
mod visible;

use proc_macro2::TokenStream;
use quote::{ToTokens as _, quote};
use syn::ImplItem;

pub(crate) use self::visible::with_visibility;
use super::model::{Event, Events, Member};

pub(crate) fn expand(events: &Events) -> TokenStream {
    let mut block = events.block.clone();
    block.items = events.members.iter().map(|member| in_place(member, events)).collect();
    let mut methods = block.into_token_stream();
    let apart = events.events().filter(|event| !event.attrs.expects.is_empty());
    methods.extend(apart.map(|event| impl_apart(event, events)));
    with_visibility(events, &methods, &event::implementation(events))
}

fn in_place(member: &Member, events: &Events) -> ImplItem {
    let tokens = match member {
        Member::Event(event) if event.attrs.expects.is_empty() => method::methods(event, events),
        Member::Event(_) => TokenStream::new(),
        Member::Other(item) => return (**item).clone(),
    };
    ImplItem::Verbatim(tokens)
}

/// An impl for one event with `#[expect(…)]`: the lint may find what is expected in either of both methods.
fn impl_apart(event: &Event, events: &Events) -> TokenStream {
    let (expects, self_ty) = (&event.attrs.expects, &events.self_ty);
    let attrs = events.block.attrs.iter().filter(|attr| !attr.path().is_ident("doc"));
    let attrs = attrs.filter(|attr| !attr.path().is_ident("expect"));
    let methods = method::methods(event, events);
    quote! {
        #(#attrs)*
        #(#expects)*
        impl #self_ty {
            #methods
        }
    }
}
