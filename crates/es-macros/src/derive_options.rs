//! Options of derives whose traits are in a crate above es-domain.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Attribute, Ident, Meta, Path, parse::ParseStream};

use crate::{errors::Errors, options};

/// Reads the options in all attributes `name` of an item.
pub(crate) fn read(
    attrs: &[Attribute],
    name: &str,
    errors: &mut Errors,
    mut read: impl FnMut(ParseStream<'_>, &Ident) -> syn::Result<()>,
) {
    for attr in attrs.iter().filter(|attr| attr.path().is_ident(name)) {
        let Meta::List(_) = &attr.meta else {
            errors.on(
                &attr.meta,
                format!("the options stand in parentheses: write `#[{name}(…)]`"),
            );
            continue;
        };
        let mut found = Errors::new();
        let parsed = attr.parse_args_with(|input: ParseStream<'_>| {
            options::for_each(input, &mut found, |input| {
                let key = options::key(input)?;
                read(input, &key)
            });
            Ok(())
        });
        errors.absorb(found);
        errors.take(parsed);
    }
}

/// Reads the value of `crate = …`.
pub(crate) fn krate(input: ParseStream<'_>, key: &Ident, slot: &mut Option<Path>) -> syn::Result<()> {
    let path: Path = options::value(input, key, "::es_dcb")?;
    options::set(slot, key, path)
}

/// The path of es-dcb.
pub(crate) fn dcb(krate: Option<Path>) -> TokenStream {
    krate.map_or_else(|| quote!(::es_dcb), |path| quote!(#path))
}
