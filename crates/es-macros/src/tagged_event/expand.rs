//! The implementations for an enum of events with tags.

use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};
use syn::{Fields, Path, spanned::Spanned as _};

use super::{Kind, TagField};

pub(super) fn expand(name: &Ident, family: &str, kinds: &[Kind<'_>], krate: &TokenStream) -> TokenStream {
    let entries = kinds.iter().map(|kind| entry(kind, krate));
    let indexes = kinds.iter().enumerate().map(|(index, kind)| {
        let variant = &kind.variant.ident;
        quote!(Self::#variant { .. } => &<Self as #krate::TaggedEvent>::KINDS[#index],)
    });
    let tags = kinds.iter().map(|kind| tags(kind, krate));
    quote! {
        #[automatically_derived]
        impl #krate::TaggedEvent for #name {
            const FAMILY: &'static ::core::primitive::str = #family;

            const KINDS: &'static [#krate::EventKind] = &[#(#entries),*];

            fn kind(&self) -> &'static #krate::EventKind {
                match self {
                    #(#indexes)*
                }
            }

            fn tags(&self) -> #krate::Tags {
                match self {
                    #(#tags)*
                }
            }
        }

        #[automatically_derived]
        impl #krate::EventSet for #name {
            fn topics() -> #krate::Topics {
                #krate::__private::topics::<Self>()
            }

            fn decode(
                event: &#krate::Recorded,
            ) -> ::core::result::Result<::std::vec::Vec<#krate::Recorded<Self>>, #krate::__private::MapperError> {
                #krate::__private::decode::<Self>(event)
            }

            fn is_tagged() -> ::core::primitive::bool {
                true
            }
        }
    }
}

fn entry(kind: &Kind<'_>, krate: &TokenStream) -> TokenStream {
    let (name, topic, aliases) = (kind.variant.ident.to_string(), &kind.topic, &kind.aliases);
    let name = name.strip_prefix("r#").unwrap_or(&name);
    let aliases = (!aliases.is_empty()).then(|| quote!(.aliases(&[#(#aliases),*])));
    let upcasters = kind.upcasters.iter().map(|path| upcaster(path, krate));
    let upcasters = (upcasters.len() > 0).then(|| quote!(.upcasters(&[#(#upcasters),*])));
    quote!(#krate::EventKind::new(#name, #topic)#aliases #upcasters)
}

/// A function as an upcaster. A wrong one is underlined.
fn upcaster(path: &Path, krate: &TokenStream) -> TokenStream {
    quote_spanned!(path.span()=> |state| #krate::__private::Upcast::into_state(#path(state)))
}

fn tags(kind: &Kind<'_>, krate: &TokenStream) -> TokenStream {
    let variant = &kind.variant.ident;
    let names = kind.tags.iter().map(|tag| tag.name);
    let added = kind.tags.iter().map(|tag| added(tag, krate));
    let fields = (!matches!(kind.variant.fields, Fields::Unit)).then(|| quote!({ #(#names,)* .. }));
    quote!(Self::#variant #fields => {
        let tags = #krate::Tags::none();
        #(#added)*
        tags
    })
}

/// Adds a field to the tags. A type that is no tag is underlined.
fn added(TagField { name, ty, is_many }: &TagField<'_>, krate: &TokenStream) -> TokenStream {
    let and = quote_spanned!(ty.span()=> #krate::Tags::and);
    if *is_many {
        quote!(let tags = ::core::iter::Iterator::fold(::core::iter::IntoIterator::into_iter(#name), tags, #and);)
    } else {
        quote!(let tags = #and(tags, #name);)
    }
}
