//! The aggregate's type, and `Self` in places where it would mean another one.

use proc_macro2::{Group, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, format_ident};
use syn::{Path, Type, TypePath, ext::IdentExt as _};

pub(crate) struct SelfType {
    path: TokenStream,
    ident: Ident,
}

impl SelfType {
    pub(crate) fn new(path: &Path, ident: Ident) -> Self {
        Self {
            path: path.to_token_stream(),
            ident,
        }
    }

    /// The last name of its path.
    pub(crate) const fn ident(&self) -> &Ident {
        &self.ident
    }

    /// The path as it reads in a text.
    pub(crate) fn text(&self) -> String {
        self.path.to_string().replace(' ', "")
    }

    /// The name of its events, unless the user gives one.
    pub(crate) fn event_name(&self) -> Ident {
        format_ident!("{}Event", self.ident.unraw(), span = self.ident.span())
    }

    /// Whether `ty` is the aggregate, by its name or as `Self`.
    pub(crate) fn is_named_by(&self, ty: &Type) -> bool {
        let Type::Path(TypePath { qself: None, path, .. }) = ty else {
            return false;
        };
        path.is_ident("Self")
            || path
                .segments
                .last()
                .is_some_and(|last| last.arguments.is_none() && last.ident == self.ident)
    }

    /// Writes the aggregate's path for each `Self`, and underlines `Self` when something is wrong with it.
    pub(crate) fn spell_out(&self, tokens: impl ToTokens) -> TokenStream {
        let spell_out = |token| match token {
            TokenTree::Ident(ident) if ident == "Self" => respan(self.path.clone(), ident.span()),
            TokenTree::Group(group) => {
                let mut spelled = Group::new(group.delimiter(), self.spell_out(group.stream()));
                spelled.set_span(group.span());
                TokenTree::Group(spelled).into()
            }
            token => token.into(),
        };
        tokens
            .into_token_stream()
            .into_iter()
            .flat_map(|token| -> TokenStream { spell_out(token) })
            .collect()
    }
}

impl ToTokens for SelfType {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        self.path.to_tokens(tokens);
    }
}

fn respan(tokens: TokenStream, span: Span) -> TokenStream {
    let set_span = |mut token: TokenTree| {
        token.set_span(span);
        token
    };
    tokens.into_iter().map(set_span).collect()
}

#[cfg(test)]
mod tests {
    use quote::quote;
    use syn::parse_quote;

    use super::*;

    #[test]
    fn self_is_spelled_out_at_any_depth() {
        let dog = SelfType::new(&parse_quote!(pets::Dog), format_ident!("Dog"));
        let spelled = dog.spell_out(quote!([<Self as Has>::Item; { Self::N }])).to_string();
        assert_eq!(
            spelled,
            quote!([<pets::Dog as Has>::Item; { pets::Dog::N }]).to_string()
        );
    }

    #[test]
    fn the_aggregate_is_known_by_either_name() {
        let dog = SelfType::new(&parse_quote!(pets::Dog), format_ident!("Dog"));
        assert!(dog.is_named_by(&parse_quote!(Self)));
        assert!(dog.is_named_by(&parse_quote!(Dog)));
        assert!(!dog.is_named_by(&parse_quote!(Cat)));
        assert!(!dog.is_named_by(&parse_quote!(Dog<u8>)));
    }
}
