//! The implementation of `Event`.

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::{Ident, ext::IdentExt as _, spanned::Spanned as _};

use crate::{
    events::{
        field::Field,
        model::{Event, Events, Kind},
    },
    functions::{self, Retired},
};

pub(crate) fn implementation(events: &Events) -> TokenStream {
    let Events {
        krate,
        self_ty,
        name,
        cfgs,
        ..
    } = events;
    let kinds = events
        .events()
        .enumerate()
        .map(|(idx, event)| kind(&const_name(idx), event, events));
    let list = each(events, |idx, _| const_name(idx));
    let kind_arms = each(events, |idx, event| kind_arm(idx, event, events));
    let create_arms = each(events, |_, event| create_arm(event, events));
    let apply_arms = each(events, |_, event| apply_arm(event, events));
    let topics = each_topic(events);
    let retired_topics = events.retired.iter().map(|retired| &retired.topic);
    let retired = retired(events);
    // Where the aggregate is less visible than its events, it is underlined.
    let type_of_aggregate = quote_spanned!(self_ty.ident().span()=> type Aggregate = #self_ty;);
    let aggregate = aggregate();
    quote! {
        #(#cfgs)*
        const _: () = {
            #(#kinds)*

            #[automatically_derived]
            impl #krate::Event for #name {
                #type_of_aggregate

                const KINDS: &'static [#krate::EventKind] = &[#(#list,)*];

                #retired

                fn kind(&self) -> &'static #krate::EventKind {
                    match self { #(#kind_arms,)* }
                }

                fn create(self) -> ::core::result::Result<#self_ty, #krate::ApplyError> {
                    match self { #(#create_arms,)* }
                }

                fn apply(self, #aggregate: &mut #self_ty) -> ::core::result::Result<(), #krate::ApplyError> {
                    match self { #(#apply_arms,)* }
                }
            }

            #krate::__private::assert_distinct(&[#(#topics,)* #(#retired_topics,)*]);
        };
    }
}

/// What `tokens` makes of each event, under the event's conditions.
fn each<T: quote::ToTokens>(events: &Events, tokens: impl Fn(usize, &Event) -> T) -> Vec<TokenStream> {
    let under_conditions = |(idx, event): (usize, &Event)| {
        let cfgs = &event.attrs.cfgs;
        let tokens = tokens(idx, event);
        quote!(#(#cfgs)* #tokens)
    };
    events.events().enumerate().map(under_conditions).collect()
}

/// All topics and aliases, one after the other.
fn each_topic(events: &Events) -> Vec<TokenStream> {
    let topics = |(idx, event): (usize, &Event)| {
        let const_name = const_name(idx);
        let cfgs = event.attrs.cfgs.clone();
        let topics = std::iter::once(quote!(#const_name.topic()));
        let topics = topics
            .chain(event.aliases.iter().map(|alias| quote!(#alias)))
            .collect::<Vec<_>>();
        topics.into_iter().map(move |topic| quote!(#(#cfgs)* #topic))
    };
    events.events().enumerate().flat_map(topics).collect()
}

fn const_name(idx: usize) -> Ident {
    format_ident!("__ES_KIND_{idx}")
}

fn aggregate() -> Ident {
    Ident::new("__es_self", Span::mixed_site())
}

fn kind(const_name: &Ident, event: &Event, events: &Events) -> TokenStream {
    let Events {
        krate,
        name: enumeration,
        ..
    } = events;
    let cfgs = &event.attrs.cfgs;
    let name = event.name.unraw().to_string();
    let composed = || quote!(#krate::__event_topic!(#enumeration, #name));
    let topic = event.topic.as_ref().map_or_else(composed, |topic| quote!(#topic));
    let aliases = (!event.aliases.is_empty()).then(|| {
        let aliases = &event.aliases;
        quote!(.aliases(&[#(#aliases),*]))
    });
    let discards = event.discards.then(|| quote!(.discards()));
    let revives = event.revives.then(|| quote!(.revives()));
    let upcasters = upcasters(event, events);
    quote! {
        #(#cfgs)*
        const #const_name: #krate::EventKind = #krate::EventKind::new(#name, #topic)#aliases #discards #revives #upcasters;
    }
}

fn upcasters(event: &Event, events: &Events) -> Option<TokenStream> {
    let krate = &events.krate;
    let upcasters = event.upcasters.iter().map(|path| {
        let function = events.self_ty.spell_out(path);
        functions::upcaster(krate, &function, path.span())
    });
    (upcasters.len() > 0).then(|| quote!(.upcasters(&[#(#upcasters),*])))
}

/// The events that are stored only.
fn retired(events: &Events) -> Option<TokenStream> {
    let krate = &events.krate;
    let retired = events.retired.iter().map(|retired| retired_event(retired, events));
    (retired.len() > 0).then(|| {
        quote! {
            const RETIRED: &'static [#krate::RetiredEvent<Self>] = &[#(#retired),*];
        }
    })
}

fn retired_event(Retired { topic, read }: &Retired, events: &Events) -> TokenStream {
    let Some(read) = read else {
        let krate = &events.krate;
        return quote!(#krate::RetiredEvent::dropped(#topic));
    };
    let span = read.span();
    let read = events.self_ty.spell_out(read);
    let krate = events.krate.at(span);
    let [state, version] = ["state", "version"].map(|name| Ident::new(name, Span::mixed_site().located_at(span)));
    quote_spanned!(span=> #krate::RetiredEvent::new(
        #topic,
        |#state, #version| #krate::__private::ReadRetired::read_retired(#read, #state, #version),
    ))
}

fn kind_arm(idx: usize, event: &Event, events: &Events) -> TokenStream {
    let (name, variant, kind) = (&events.name, &event.name, const_name(idx));
    quote!(#name::#variant { .. } => &#kind)
}

fn create_arm(event: &Event, events: &Events) -> TokenStream {
    let krate = &events.krate;
    if let Kind::Subsequent(_) = event.kind {
        let (name, variant) = (&events.name, &event.name);
        return quote! {
            #name::#variant { .. } => ::core::result::Result::Err(#krate::ApplyError::NotInitial)
        };
    }
    call(event, events, &TokenStream::new())
}

fn apply_arm(event: &Event, events: &Events) -> TokenStream {
    let krate = &events.krate;
    if let Kind::Initial { .. } = event.kind {
        let (name, variant) = (&events.name, &event.name);
        return quote!(#name::#variant { .. } => ::core::result::Result::Err(#krate::ApplyError::Initial));
    }
    let aggregate = aggregate();
    call(event, events, &quote!(#aggregate,))
}

/// The arm that calls the body with the event's fields.
fn call(event: &Event, events: &Events, receiver: &TokenStream) -> TokenStream {
    let Events {
        krate, self_ty, name, ..
    } = events;
    let Event {
        name: variant,
        body,
        fields,
        ..
    } = event;
    let idents = fields.iter().map(|field| &field.ident);
    let locals: Vec<Ident> = fields.iter().map(local).collect();
    let arguments = fields.iter().map(|field| field.argument(&local(field)));
    let span = event.returns.span();
    let call = quote_spanned!(span=> #self_ty::#body(#receiver #(#arguments),*));
    let result = match event.returns.error(self_ty) {
        None => quote!(::core::result::Result::Ok(#call)),
        Some(error) => {
            let krate = krate.at(span);
            quote_spanned!(span=> #krate::__private::outcome::<_, #error>(#call))
        }
    };
    let result = match event.kind {
        Kind::Initial { .. } => quote!(#krate::__private::made::<#name>(#result)),
        Kind::Subsequent(_) => result,
    };
    quote!(#name::#variant { #(#idents: #locals),* } => #result)
}

fn local(field: &Field) -> Ident {
    format_ident!("__es_field_{}", field.ident.unraw(), span = Span::mixed_site())
}
