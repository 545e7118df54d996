//! `#[derive(EventSet)]`.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::{Data, DeriveInput, Fields, Meta, Path, Type, Variant, parse::ParseStream, spanned::Spanned as _};

use crate::{errors::Errors, options};

const SHAPE: &str = "write the events of one aggregate in parentheses, after the ID if you need it: `Dog(DogEvent)` or \
                     `Dog(Id<Dog>, DogEvent)`";

pub(crate) fn derive(input: TokenStream) -> TokenStream {
    let input: DeriveInput = match syn::parse2(input) {
        Ok(input) => input,
        Err(error) => return error.to_compile_error(),
    };
    let mut errors = Errors::new();
    let krate = read_crate(&input, &mut errors);
    if !input.generics.params.is_empty() {
        errors.on(
            &input.generics,
            "a set of events has no generic parameters: remove them",
        );
    }
    let members = read_members(&input, &mut errors);
    match errors.into_tokens() {
        None => expand(&input.ident, &members, &krate),
        Some(errors) => errors,
    }
}

/// A variant: the events of one aggregate, or of another set.
struct Member<'a> {
    name: &'a Ident,
    id: Option<&'a Type>,
    events: &'a Type,
}

fn read_members<'a>(input: &'a DeriveInput, errors: &mut Errors) -> Vec<Member<'a>> {
    let Data::Enum(data) = &input.data else {
        errors.on(
            &input.ident,
            "a set of events is an enum with one variant for each aggregate",
        );
        return Vec::new();
    };
    if data.variants.is_empty() {
        errors.on(
            &input.ident,
            "a set of events has at least one variant: `Dog(DogEvent)`",
        );
    }
    data.variants
        .iter()
        .filter_map(|variant| read_member(variant, errors))
        .collect()
}

fn read_member<'a>(variant: &'a Variant, errors: &mut Errors) -> Option<Member<'a>> {
    let name = &variant.ident;
    let Fields::Unnamed(fields) = &variant.fields else {
        errors.on(variant, SHAPE);
        return None;
    };
    let types: Vec<_> = fields.unnamed.iter().map(|field| &field.ty).collect();
    let (id, events) = match types[..] {
        [events] => (None, events),
        [id, events] => (Some(id), events),
        _ => {
            errors.on(variant, SHAPE);
            return None;
        }
    };
    Some(Member { name, id, events })
}

fn read_crate(input: &DeriveInput, errors: &mut Errors) -> TokenStream {
    let mut krate = None;
    for attr in input.attrs.iter().filter(|attr| attr.path().is_ident("event_set")) {
        let Meta::List(_) = &attr.meta else {
            errors.on(
                &attr.meta,
                "the options stand in parentheses: write `#[event_set(crate = …)]`",
            );
            continue;
        };
        let mut found = Errors::new();
        let parsed = attr.parse_args_with(|input: ParseStream<'_>| {
            options::for_each(input, &mut found, |input| {
                let key = options::key(input)?;
                if key == "crate" {
                    let path: Path = options::value(input, &key, "::es_application")?;
                    return options::set(&mut krate, &key, path);
                }
                let message = format!("unknown option `{key}`: `#[event_set]` takes `crate = …`");
                Err(syn::Error::new(key.span(), message))
            });
            Ok(())
        });
        errors.absorb(found);
        errors.take(parsed);
    }
    krate.map_or_else(|| quote!(::es_application), |path| quote!(#path))
}

fn expand(name: &Ident, members: &[Member<'_>], krate: &TokenStream) -> TokenStream {
    let function = |name: Ident| {
        members
            .iter()
            .map(move |Member { events, .. }| quote_spanned!(events.span()=> <#events as #krate::EventSet>::#name()))
    };
    let topics = function(format_ident!("topics"));
    let is_tagged = function(format_ident!("is_tagged"));
    let decode = members.iter().map(|member| decode(member, krate));
    let originator = members.iter().map(|member| originator(member, krate));
    quote! {
        #[automatically_derived]
        impl #krate::EventSet for #name {
            fn topics() -> #krate::Topics {
                #krate::Topics::none() #(.and(&#topics))*
            }

            fn decode(
                event: &#krate::Recorded,
            ) -> ::core::result::Result<::std::vec::Vec<#krate::Recorded<Self>>, #krate::__private::MapperError> {
                #(#decode)*
                ::core::result::Result::Ok(::std::vec::Vec::new())
            }

            fn is_tagged() -> ::core::primitive::bool {
                true #(&& #is_tagged)*
            }

            fn originator(&self) -> ::core::option::Option<#krate::__private::OriginatorId> {
                match self {
                    #(#originator)*
                }
            }
        }
    }
}

/// Decodes the events of one variant. A type that is no set of events is underlined where it stands, and only once: the
/// compiler reports one fault of one type at one place a single time.
fn decode(Member { name, id, events }: &Member<'_>, krate: &TokenStream) -> TokenStream {
    let found = quote_spanned!(events.span()=> <#events as #krate::EventSet>::decode(event)?);
    let map = match id {
        None => quote!(event.map(Self::#name)),
        Some(id) => {
            let value = quote_spanned!(id.span()=> event.originator_id());
            quote! {{
                let id: #id = #value;
                event.map(|body| Self::#name(id, body))
            }}
        }
    };
    quote! {
        let found = #found;
        if !found.is_empty() {
            return ::core::result::Result::Ok(found.into_iter().map(|event| #map).collect());
        }
    }
}

/// The ID of the aggregate in one variant.
fn originator(Member { name, id, events }: &Member<'_>, krate: &TokenStream) -> TokenStream {
    if id.is_none() {
        let originator = quote_spanned!(events.span()=> <#events as #krate::EventSet>::originator(events));
        return quote!(Self::#name(events) => #originator,);
    }
    quote!(Self::#name(id, _) => ::core::option::Option::Some(#krate::__private::originator_id(id)),)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The messages of the errors in `input`, in their order.
    fn messages(input: TokenStream) -> Vec<String> {
        let tokens = derive(input).to_string();
        let texts = tokens.split("compile_error ! { \"").skip(1);
        texts
            .map(|text| text.split('"').next().unwrap_or_default().to_owned())
            .collect()
    }

    #[test]
    fn what_is_no_enum_of_variants_is_refused() {
        let expected = "a set of events is an enum with one variant for each aggregate";
        assert_eq!(
            messages(quote!(
                struct SchoolEvent;
            )),
            [expected]
        );
        let expected = "a set of events has at least one variant: `Dog(DogEvent)`";
        assert_eq!(
            messages(quote!(
                enum SchoolEvent {}
            )),
            [expected]
        );
        let expected = "a set of events has no generic parameters: remove them";
        assert_eq!(
            messages(quote!(
                enum SchoolEvent<E> {
                    Any(E),
                }
            )),
            [expected]
        );
    }

    #[test]
    fn all_variants_of_another_shape_are_named_at_once() {
        let input = quote! {
            enum SchoolEvent {
                Right(Id<Dog>, DogEvent),
                Named { event: DogEvent },
                Unit,
                Three(Id<Dog>, DogEvent, u64),
            }
        };
        assert_eq!(messages(input), [SHAPE; 3]);
    }

    #[test]
    fn options_that_do_not_exist_are_refused() {
        let input = quote! {
            #[event_set(topic = "School")]
            #[event_set]
            enum SchoolEvent { Dog(DogEvent) }
        };
        let expected = [
            "unknown option `topic`: `#[event_set]` takes `crate = …`",
            "the options stand in parentheses: write `#[event_set(crate = …)]`",
        ];
        assert_eq!(messages(input), expected);
    }
}
