//! What is emitted beside errors, so that other code that uses the aggregate or its events adds no errors of its own.

use proc_macro2::{Group, Ident, TokenStream, TokenTree};
use quote::{ToTokens as _, quote};
use syn::{
    FnArg, ImplItem, ImplItemFn, ItemImpl, ReceiverKind, ReturnType, Signature, ext::IdentExt as _, parse_quote,
};

use super::{
    event_attr,
    expand::with_visibility,
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

/// A method that may be one of another impl, as a plain one.
pub(crate) fn strip_method(item: TokenStream) -> TokenStream {
    match syn::parse2::<ImplItemFn>(item.clone()) {
        Ok(mut method) => {
            strip_params(&mut method.sig);
            method.into_token_stream()
        }
        Err(_) => item,
    }
}

/// What cannot be read, without the attributes that would complain that nobody reads them.
pub(crate) fn strip_unread(tokens: TokenStream) -> TokenStream {
    let mut stripped = TokenStream::new();
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        let is_pound = matches!(&token, TokenTree::Punct(punct) if punct.as_char() == '#');
        if is_pound && tokens.next_if(is_event_group).is_some() {
            continue;
        }
        stripped.extend([strip_within(token)]);
    }
    stripped
}

/// A group that has nothing to lose stays itself: only so the compiler knows where it ends.
fn strip_within(token: TokenTree) -> TokenTree {
    let TokenTree::Group(group) = &token else {
        return token;
    };
    if !holds_event_group(group.stream()) {
        return token;
    }
    let mut stripped = Group::new(group.delimiter(), strip_unread(group.stream()));
    stripped.set_span(group.span());
    stripped.into()
}

fn holds_event_group(tokens: TokenStream) -> bool {
    tokens.into_iter().any(|token| match &token {
        TokenTree::Group(group) => is_event_group(&token) || holds_event_group(group.stream()),
        _ => false,
    })
}

fn is_event_group(token: &TokenTree) -> bool {
    let TokenTree::Group(group) = token else { return false };
    let first = group.stream().into_iter().next();
    let is_ours = |ident: &Ident| ident == "event" || ident == "serde";
    matches!(first, Some(TokenTree::Ident(ident)) if is_ours(&ident))
}

/// The impl as a plain one, and the enum as far as it is known.
pub(crate) fn expand(mut events: Events) -> TokenStream {
    forget_duplicates(&mut events);
    let methods = ItemImpl {
        items: events.members.iter().map(plain).collect(),
        ..events.block.clone()
    };
    with_visibility(&events, &methods.into_token_stream(), &implementation(&events))
}

fn plain(member: &Member) -> ImplItem {
    match member {
        Member::Event(event) => {
            let mut method = event.method.clone();
            allow_unused(&mut method);
            allow_changes(&mut method.sig);
            ImplItem::Fn(method)
        }
        Member::Other(item) => (**item).clone(),
    }
}

/// What an event does not use, its method need not use.
fn allow_unused(method: &mut ImplItemFn) {
    method.attrs.insert(0, parse_quote!(#[allow(unused)]));
}

/// Where `&self` was refused, the body changes the aggregate all the same, unless it is that of a query.
fn allow_changes(sig: &mut Signature) {
    if let ReturnType::Default = sig.output
        && let Some(FnArg::Receiver(receiver)) = sig.inputs.first_mut()
        && let ReceiverKind::Reference(_, _, mutability @ None) = &mut receiver.kind
    {
        *mutability = Some(parse_quote!(mut));
    }
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
