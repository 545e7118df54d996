//! `#[derive(Tag)]`.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::{Data, DeriveInput, Member, Path, Type, spanned::Spanned as _};

use crate::{derive_options, errors::Errors, options, topic};

const SHAPE: &str = "a tag is a struct with one field that can be printed: write `struct CourseId(Uuid);`";

pub(crate) fn derive(input: TokenStream) -> TokenStream {
    let input: DeriveInput = match syn::parse2(input) {
        Ok(input) => input,
        Err(error) => return error.to_compile_error(),
    };
    let mut errors = Errors::new();
    let (name, krate) = read_options(&input, &mut errors);
    if !input.generics.params.is_empty() {
        errors.on(&input.generics, "a tag has no generic parameters: remove them");
    }
    let field = read_field(&input, &mut errors);
    let krate = derive_options::dcb(krate);
    match (errors.into_tokens(), field) {
        (None, Some((member, ty))) => expand(&input, &name, &member, &ty, &krate),
        (errors, _) => errors.unwrap_or_default(),
    }
}

fn read_options(input: &DeriveInput, errors: &mut Errors) -> (String, Option<Path>) {
    let (mut name, mut krate) = (None, None);
    derive_options::read(&input.attrs, "tag", errors, |input, key| {
        match key.to_string().as_str() {
            "name" => options::set(&mut name, key, topic::parse(input, key)?),
            "crate" => derive_options::krate(input, key, &mut krate),
            _ => {
                let message = format!("unknown option `{key}`: `#[tag]` takes `name = \"…\"` and `crate = …`");
                Err(syn::Error::new(key.span(), message))
            }
        }
    });
    let usual = || usual_name(&input.ident.to_string());
    (name.map_or_else(usual, |name| name.value()), krate)
}

fn read_field(input: &DeriveInput, errors: &mut Errors) -> Option<(Member, Type)> {
    let Data::Struct(data) = &input.data else {
        errors.on(&input.ident, SHAPE);
        return None;
    };
    let mut fields = data.fields.members().zip(&data.fields);
    let Some((member, field)) = fields.next() else {
        errors.on(&input.ident, SHAPE);
        return None;
    };
    for (_, another) in fields {
        errors.on(another, "a tag has one field: remove this one");
    }
    Some((member, field.ty.clone()))
}

fn expand(input: &DeriveInput, name: &str, member: &Member, ty: &Type, krate: &TokenStream) -> TokenStream {
    let ident = &input.ident;
    // A type that cannot be printed is underlined.
    let text = quote_spanned!(ty.span()=> <#ty as ::std::string::ToString>::to_string(&self.#member));
    quote! {
        #[automatically_derived]
        impl #krate::Tag for #ident {
            const NAME: &'static ::core::primitive::str = #name;

            fn value(&self) -> ::std::borrow::Cow<'_, ::core::primitive::str> {
                ::std::borrow::Cow::Owned(#text)
            }
        }

        #[automatically_derived]
        impl ::core::convert::From<&#ident> for #krate::Tags {
            fn from(tag: &#ident) -> Self {
                Self::of(tag)
            }
        }
    }
}

/// `CourseId` is `course`, `UserName` is `user_name`.
fn usual_name(ident: &str) -> String {
    let ident = ident.strip_prefix("r#").unwrap_or(ident);
    let ident = ident
        .strip_suffix("Id")
        .filter(|rest| !rest.is_empty())
        .unwrap_or(ident);
    let mut name = String::new();
    let mut was_small = false;
    for letter in ident.chars() {
        if letter.is_uppercase() && was_small {
            name.push('_');
        }
        was_small = !letter.is_uppercase();
        name.extend(letter.to_lowercase());
    }
    name
}

#[cfg(test)]
mod tests {
    use super::usual_name;

    #[test]
    fn the_usual_name_has_small_letters_and_no_id() {
        for (ident, name) in [
            ("CourseId", "course"),
            ("UserName", "user_name"),
            ("Id", "id"),
            ("ISBN", "isbn"),
            ("r#Type", "type"),
            ("Room2Id", "room2"),
        ] {
            assert_eq!(usual_name(ident), name);
        }
    }
}
