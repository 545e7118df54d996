//! `#[events(…)]`: text to options.

use proc_macro2::TokenStream;
use syn::{
    Ident, Path, Token, Visibility, parenthesized, parse::ParseStream, parse::Parser as _, punctuated::Punctuated,
};

use super::setter::{self, ChangedField};
use crate::{
    crate_path::CratePath,
    errors::Errors,
    functions::{self, Retired},
    options,
};

/// The derives that every enum of events has.
const ALWAYS_DERIVED: [&str; 4] = ["Clone", "Debug", "Serialize", "Deserialize"];

/// What the user has written; `None` where nothing was.
#[derive(Default)]
pub(crate) struct Options {
    pub(crate) attributes: Option<Vec<ChangedField>>,
    pub(crate) krate: Option<CratePath>,
    pub(crate) derives: Option<Vec<Path>>,
    pub(crate) name: Option<Ident>,
    pub(crate) retired: Option<Vec<Retired>>,
    pub(crate) vis: Option<Visibility>,
}

impl Options {
    pub(crate) fn read(tokens: TokenStream, errors: &mut Errors) -> Self {
        let mut read = Self::default();
        let parser = |input: ParseStream<'_>| {
            options::for_each(input, errors, |input| read.read_one(input));
            Ok(())
        };
        let parsed = parser.parse2(tokens);
        errors.take(parsed);
        read
    }

    fn read_one(&mut self, input: ParseStream<'_>) -> syn::Result<()> {
        let key = options::key(input)?;
        match key.to_string().as_str() {
            "attributes" => options::set(&mut self.attributes, &key, setter::read(input, &key)?),
            "crate" => options::set(&mut self.krate, &key, CratePath::parse(input, &key)?),
            "derive" => options::set(&mut self.derives, &key, derives(input, &key)?),
            "name" => options::set(&mut self.name, &key, options::value(input, &key, "DogEvent")?),
            "retired" => options::set(&mut self.retired, &key, functions::retired(input, &key)?),
            "vis" => options::set(&mut self.vis, &key, visibility(input, &key)?),
            _ => Err(unknown(&key)),
        }
    }
}

fn derives(input: ParseStream<'_>, key: &Ident) -> syn::Result<Vec<Path>> {
    if !input.peek(syn::token::Paren) {
        return Err(syn::Error::new(
            key.span(),
            "`derive` wants a list: write `derive(PartialEq)`",
        ));
    }
    let list;
    parenthesized!(list in input);
    let paths = Punctuated::<Path, Token![,]>::parse_terminated_with(&list, Path::parse_mod_style)?;
    for path in &paths {
        if let Some(last) = path
            .segments
            .last()
            .filter(|last| ALWAYS_DERIVED.iter().any(|name| last.ident == name))
        {
            let message = format!("`{}` is always derived for events: remove it", last.ident);
            return Err(syn::Error::new_spanned(path, message));
        }
    }
    Ok(paths.into_iter().collect())
}

fn visibility(input: ParseStream<'_>, key: &Ident) -> syn::Result<Visibility> {
    match options::value(input, key, "pub(crate)")? {
        Visibility::Inherited => {
            Err(input.error("expected a visibility such as `pub(crate)`; for a private enum write `pub(self)`"))
        }
        vis => Ok(vis),
    }
}

fn unknown(key: &Ident) -> syn::Error {
    let options = "`attributes(…)`, `crate = …`, `derive(…)`, `name = …`, `retired(…)` and `vis = …`";
    syn::Error::new(
        key.span(),
        format!("unknown option `{key}`: `#[events]` takes {options}"),
    )
}
