//! `#[derive(AggregateId)]`.

use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};
use syn::{Data, DeriveInput, Member, Meta, Type, parse::ParseStream, spanned::Spanned as _};

use crate::{crate_path::CratePath, errors::Errors, options};

pub(crate) fn derive(input: TokenStream) -> TokenStream {
    let input: DeriveInput = match syn::parse2(input) {
        Ok(input) => input,
        Err(error) => return error.to_compile_error(),
    };
    let mut errors = Errors::new();
    let (krate, is_bare) = read_options(&input, &mut errors);
    if !input.generics.params.is_empty() {
        errors.on(
            &input.generics,
            "an ID has no generic parameters, because it is of one aggregate: remove them",
        );
    }
    let field = read_field(&input, &mut errors);
    let errors = errors.into_tokens();
    match (errors, field) {
        (None, Some(field)) => expand(&input.ident, &field, is_bare, &krate),
        (errors, _) => errors.unwrap_or_default(),
    }
}

/// What the ID holds.
struct Field {
    member: Member,
    ty: Type,
}

fn read_field(input: &DeriveInput, errors: &mut Errors) -> Option<Field> {
    let message = "an ID is a struct with one field, a `Uuid` or a `String`: write `struct Sku(String);`";
    let Data::Struct(data) = &input.data else {
        errors.on(&input.ident, message);
        return None;
    };
    let mut fields = data.fields.members().zip(&data.fields);
    let Some((member, field)) = fields.next() else {
        errors.on(&input.ident, message);
        return None;
    };
    for (_, another) in fields {
        errors.on(another, "an ID has one field: remove this one");
    }
    let ty = field.ty.clone();
    Some(Field { member, ty })
}

/// Reads where the library is, and whether the ID is stored without a topic.
fn read_options(input: &DeriveInput, errors: &mut Errors) -> (CratePath, bool) {
    let (mut krate, mut bare) = (None, None);
    for attr in input.attrs.iter().filter(|attr| attr.path().is_ident("aggregate_id")) {
        let Meta::List(_) = &attr.meta else {
            errors.on(
                &attr.meta,
                "the options stand in parentheses: write `#[aggregate_id(crate = …)]`",
            );
            continue;
        };
        let mut found = Errors::new();
        let parsed = attr.parse_args_with(|input: ParseStream<'_>| {
            options::for_each(input, &mut found, |input| {
                let key = options::key(input)?;
                match key.to_string().as_str() {
                    "bare" => options::set(&mut bare, &key, ()),
                    "crate" => options::set(&mut krate, &key, CratePath::parse(input, &key)?),
                    _ => {
                        let message = format!("unknown option `{key}`: `#[aggregate_id]` takes `bare` and `crate = …`");
                        Err(syn::Error::new(key.span(), message))
                    }
                }
            });
            Ok(())
        });
        errors.absorb(found);
        errors.take(parsed);
    }
    (CratePath::given_or_usual(krate, "aggregate_id", errors), bare.is_some())
}

fn expand(name: &Ident, field: &Field, is_bare: bool, krate: &CratePath) -> TokenStream {
    let Field { member, ty } = field;
    // A type that cannot be a value is underlined.
    let value = quote_spanned!(ty.span()=> type Value = #ty;);
    quote! {
        #[automatically_derived]
        impl #krate::__private::NewtypeId for #name {
            #value

            const IS_BARE: ::core::primitive::bool = #is_bare;

            fn from_value(value: #ty) -> Self {
                Self { #member: value }
            }

            fn value(&self) -> &#ty {
                &self.#member
            }
        }

        #[automatically_derived]
        impl ::core::fmt::Display for #name {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                ::core::fmt::Display::fmt(&self.#member, f)
            }
        }

        #[automatically_derived]
        impl ::core::str::FromStr for #name {
            type Err = #krate::ParseIdError;

            fn from_str(text: &::core::primitive::str) -> ::core::result::Result<Self, #krate::ParseIdError> {
                #krate::__private::parse_id(text)
            }
        }
    }
}
