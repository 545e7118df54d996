//! Where expansions find the library.

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::{Ident, Path, parse::ParseStream};

use crate::options;

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

impl Default for CratePath {
    fn default() -> Self {
        Self(quote!(::es_domain))
    }
}

impl ToTokens for CratePath {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        self.0.to_tokens(tokens);
    }
}
