//! Both methods of an event: the one that triggers it, under the user's name, and the one that holds the body.

use proc_macro2::{Delimiter, Group, Span, TokenStream};
use quote::{ToTokens as _, quote, quote_spanned};
use syn::{FnArg, Ident, ImplItemFn, Pat, PatIdent, ReturnType, Signature, Token, parse_quote, spanned::Spanned as _};

use crate::{
    crate_path::CratePath,
    events::{
        field::{Field, Owned},
        model::{Event, Events, Kind},
        signature::Returns,
    },
};

pub(crate) fn methods(event: &Event, events: &Events) -> TokenStream {
    let mut tokens = trigger(event, events);
    body(event).to_tokens(&mut tokens);
    tokens
}

fn trigger(event: &Event, events: &Events) -> TokenStream {
    let attrs = event
        .attrs
        .cfgs
        .iter()
        .chain(&event.attrs.public)
        .chain(&event.attrs.both);
    let must_use = must_use(event);
    let vis = &event.method.vis;
    let sig = trigger_signature(&event.method.sig);
    let steps = match &event.kind {
        Kind::Initial { id, span } => create(event, events, id.as_ref(), *span),
        Kind::Subsequent(receiver) => change(event, events, *receiver),
    };
    let mut block = Group::new(Delimiter::Brace, steps);
    // What lints say about the method, they then say where it stands.
    block.set_span(event.method.block.brace_token.span.join());
    let used_underscore = used_underscore(event);
    quote! {
        #used_underscore
        #(#attrs)*
        #must_use
        #vis #sig #block
    }
}

/// A parameter that the body does not use may be called so, and the event uses it.
fn used_underscore(event: &Event) -> Option<TokenStream> {
    let is_there = event
        .fields
        .iter()
        .any(|field| field.ident.to_string().starts_with('_'));
    is_there.then(|| quote!(#[allow(clippy::used_underscore_binding)]))
}

/// An aggregate that is dropped is a mistake, unless the user has said something else about it.
fn must_use(event: &Event) -> Option<TokenStream> {
    let is_plain = matches!((&event.kind, &event.returns), (Kind::Initial { .. }, Returns::Plain));
    let is_said = event.attrs.public.iter().any(|attr| attr.path().is_ident("must_use"));
    (is_plain && !is_said).then(|| quote!(#[must_use = "an aggregate that is dropped is not saved"]))
}

/// The parameters without attributes and `mut`, which concern the body.
fn trigger_signature(sig: &Signature) -> Signature {
    let mut sig = sig.clone();
    for input in &mut sig.inputs {
        match input {
            FnArg::Receiver(receiver) => receiver.attrs.clear(),
            FnArg::Typed(param) => {
                param.attrs.clear();
                if let Pat::Ident(PatIdent { mutability, .. }) = &mut *param.pat {
                    *mutability = None;
                }
            }
        }
    }
    sig
}

fn create(event: &Event, events: &Events, id: Option<&syn::Expr>, span: Span) -> TokenStream {
    let Events {
        krate,
        name: enumeration,
        ..
    } = events;
    let [event_local, id_local] = ["__es_event", "__es_id"].map(|name| Ident::new(name, Span::mixed_site()));
    let body = &event.body;
    let arguments = event.fields.iter().map(|field| &field.ident);
    let make_event = make_event(event, events);
    let fresh = || {
        let krate = krate.at(span);
        let mut enumeration = enumeration.clone();
        enumeration.set_span(enumeration.span().located_at(span));
        quote_spanned!(span=> #krate::__private::fresh_id::<#enumeration>())
    };
    let id = id.map_or_else(fresh, quote::ToTokens::to_token_stream);
    quote! {
        let #event_local = #make_event;
        let #id_local = #krate::__private::id::<#enumeration>(#id);
        #krate::__private::create::<#enumeration, _>(Self::#body(#(#arguments),*), #id_local, #event_local)
    }
}

fn change(event: &Event, events: &Events, receiver: Token![self]) -> TokenStream {
    let Events {
        krate,
        name: enumeration,
        ..
    } = events;
    let [event_local, aggregate] = ["__es_event", "__es_self"].map(|name| Ident::new(name, Span::mixed_site()));
    let body = &event.body;
    let arguments = event.fields.iter().map(|field| &field.ident);
    let make_event = make_event(event, events);
    let answer = answer(event, krate);
    quote! {
        let #event_local = #make_event;
        #krate::__private::trigger::<#enumeration, _>(
            #receiver,
            #event_local,
            |#aggregate| Self::#body(#aggregate, #(#arguments),*),
            &#answer,
        )
    }
}

/// What the method returns when its event is refused.
fn answer(event: &Event, krate: &CratePath) -> TokenStream {
    let returned = match (&event.returns, &event.method.sig.output) {
        (Returns::Plain, _) | (_, ReturnType::Default) => return quote!(#krate::__private::Answer::Kept),
        (Returns::Outcome { .. }, ReturnType::Type(_, ty)) => ty,
    };
    quote! {
        {
            #[allow(unused_imports)]
            use #krate::__private::{KeepsRefusal as _, ReturnsRefusal as _};
            (&#krate::__private::Answers::<#returned>::new()).answer()
        }
    }
}

fn make_event(event: &Event, events: &Events) -> TokenStream {
    let (name, variant) = (&events.name, &event.name);
    let fields = event.fields.iter().map(|Field { ident, owned, .. }| {
        let own = own(ident, owned, &events.krate);
        quote!(#ident: #own)
    });
    quote!(#name::#variant { #(#fields),* })
}

/// The value of a field, made of the parameter. An unfit type is underlined where the user has written it.
fn own(ident: &Ident, owned: &Owned, krate: &CratePath) -> TokenStream {
    match owned {
        Owned::Value(ty) => quote_spanned!(ty.span()=> #krate::__private::own::<#ty>(&#ident)),
        Owned::Reference(ty) => quote_spanned!(ty.span()=> #krate::__private::own::<#ty>(#ident)),
        Owned::Slice(elem) => {
            quote_spanned!(elem.span()=> #krate::__private::own_all::<#elem>(#ident))
        }
        Owned::Text => quote!(#krate::__private::own_text(#ident)),
        Owned::Optional(owned) => own_optional(ident, owned, krate),
    }
}

fn own_optional(ident: &Ident, owned: &Owned, krate: &CratePath) -> TokenStream {
    match owned {
        Owned::Reference(ty) | Owned::Value(ty) => {
            quote_spanned!(ty.span()=> #krate::__private::own_optional::<#ty>(#ident))
        }
        Owned::Slice(elem) => {
            quote_spanned!(elem.span()=> #krate::__private::own_optional_all::<#elem>(#ident))
        }
        Owned::Text | Owned::Optional(_) => quote!(#krate::__private::own_optional_text(#ident)),
    }
}

/// The user's method, under a name that nobody calls by mistake.
fn body(event: &Event) -> ImplItemFn {
    let mut method = event.method.clone();
    let attrs = event
        .attrs
        .cfgs
        .iter()
        .chain(&event.attrs.both)
        .chain(&event.attrs.body)
        .cloned();
    // What clippy says about a signature, it says about the method that has the user's name.
    method.attrs = vec![parse_quote! {
        #[allow(
            clippy::fn_params_excessive_bools,
            clippy::large_types_passed_by_value,
            clippy::missing_const_for_fn,
            clippy::needless_pass_by_ref_mut,
            clippy::needless_pass_by_value,
            clippy::ptr_arg,
            clippy::ref_option,
            clippy::result_large_err,
            clippy::too_many_arguments,
            clippy::trivially_copy_pass_by_ref,
            clippy::type_complexity,
            clippy::unnecessary_wraps,
            clippy::unused_self,
        )]
    }];
    method.attrs.extend(attrs);
    method.vis = syn::Visibility::Inherited;
    method.sig.ident = event.body.clone();
    for input in &mut method.sig.inputs {
        if let FnArg::Typed(param) = input {
            // A field that says something to readers of the event need not change the state.
            param.attrs.insert(0, parse_quote!(#[allow(unused_variables)]));
        }
    }
    method
}
