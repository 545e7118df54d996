//! What is emitted beside errors, so that other code that uses the aggregate or its events adds no errors of its own.

use proc_macro2::TokenStream;
use quote::{ToTokens as _, quote};
use syn::{ImplItem, ImplItemFn, ItemImpl, ext::IdentExt as _, parse_quote};

use super::{
    event_attr,
    expand::enumeration,
    model::{Events, Member, strip_params},
};

/// The impl as a plain one.
pub(crate) fn strip(mut block: ItemImpl) -> ItemImpl {
    for item in &mut block.items {
        if let ImplItem::Fn(method) = item
            && method.attrs.iter().any(event_attr::is_event)
        {
            method.attrs.retain(|attr| !event_attr::is_event(attr));
            strip_params(&mut method.sig);
            allow_unused(method);
        }
    }
    block
}

/// The impl as a plain one, and the enum as far as it is known.
pub(crate) fn expand(mut events: Events) -> TokenStream {
    forget_duplicates(&mut events);
    let enumeration = enumeration(&events);
    let implementation = implementation(&events);
    let Events { mut block, members, .. } = events;
    block.items = members.into_iter().map(plain).collect();
    let mut tokens = block.into_token_stream();
    tokens.extend(enumeration);
    tokens.extend(implementation);
    tokens
}

fn plain(member: Member) -> ImplItem {
    match member {
        Member::Event(event) => {
            let mut method = event.method;
            allow_unused(&mut method);
            ImplItem::Fn(method)
        }
        Member::Other(item) => *item,
    }
}

/// What an event does not use, its method need not use.
fn allow_unused(method: &mut ImplItemFn) {
    method.attrs.insert(0, parse_quote!(#[allow(unused)]));
}

/// Makes the second of two events with one name a plain method.
fn forget_duplicates(events: &mut Events) {
    let mut names = Vec::new();
    for member in &mut events.members {
        let Member::Event(event) = member else {
            continue;
        };
        let name = event.name.unraw();
        if names.contains(&name) {
            let mut method = event.method.clone();
            allow_unused(&mut method);
            *member = Member::Other(Box::new(ImplItem::Fn(method)));
        } else {
            names.push(name);
        }
    }
}

/// An implementation that never runs.
fn implementation(events: &Events) -> TokenStream {
    let Events {
        krate,
        self_ty,
        name,
        cfgs,
        ..
    } = events;
    quote! {
        #(#cfgs)*
        #[automatically_derived]
        impl #krate::Event for #name {
            type Aggregate = #self_ty;

            const KINDS: &'static [#krate::EventKind] = &[];

            fn kind(&self) -> &'static #krate::EventKind {
                ::core::unreachable!()
            }

            fn create(self) -> ::core::result::Result<#self_ty, #krate::ApplyError> {
                ::core::unreachable!()
            }

            fn apply(self, _: &mut #self_ty) -> ::core::result::Result<(), #krate::ApplyError> {
                ::core::unreachable!()
            }
        }
    }
}
