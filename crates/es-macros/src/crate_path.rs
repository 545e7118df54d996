//! Where expansions find the library.

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::{Ident, Path, parse::ParseStream, parse_str};

use crate::{errors::Errors, manifest, options};

/// The path of `es-domain`: `::es_domain`, or what `crate = …` says.
pub(crate) struct CratePath(TokenStream);

impl CratePath {
    /// Reads the value of `crate = …`.
    ///
    /// A path that begins with a plain name would mean another thing in each module, so it is refused.
    pub(crate) fn parse(input: ParseStream<'_>, key: &Ident) -> syn::Result<Self> {
        let path: Path = options::value(input, key, "::es_domain")?;
        let is_absolute = path.leading_colon.is_some() || path.segments.first().is_some_and(|it| it.ident == "crate");
        if is_absolute {
            return Ok(Self(path.to_token_stream().into_iter().map(of_macro).collect()));
        }
        let message = "the path of the library is absolute: begin it with `::` or `crate::`";
        Err(syn::Error::new_spanned(path, message))
    }

    /// The path that the user gives, or the usual one. In a crate that renames the library the path has to be given, which
    /// is an error with the path that fits.
    pub(crate) fn given_or_usual(given: Option<Self>, attribute: &str, errors: &mut Errors) -> Self {
        if let Some(given) = given {
            return given;
        }
        let Some(name) = manifest::other_name().and_then(|name| parse_str::<Ident>(&name).ok()) else {
            return Self(quote!(::es_domain));
        };
        let message = format!(
            "the manifest of this crate gives `es-domain` the name `{name}`: write `#[{attribute}(crate = ::{name})]`"
        );
        errors.at(Span::call_site(), message);
        Self(quote!(::#name))
    }

    /// The path, so that a mistake in what is called by it is underlined at `span`.
    pub(crate) fn at(&self, span: Span) -> TokenStream {
        let move_there = |mut token: TokenTree| {
            token.set_span(span.resolved_at(Span::call_site()));
            token
        };
        self.0.clone().into_iter().map(move_there).collect()
    }

    /// The path of the library's `serde`, as text for `#[serde(crate = "…")]`.
    pub(crate) fn serde(&self) -> String {
        let path = &self.0;
        quote!(#path::__private::serde).to_string().replace(' ', "")
    }
}

/// The token in its place, but as one that the user has not written: lints about paths do not concern it.
fn of_macro(mut token: TokenTree) -> TokenTree {
    token.set_span(Span::call_site().located_at(token.span()));
    token
}

impl ToTokens for CratePath {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        self.0.to_tokens(tokens);
    }
}
