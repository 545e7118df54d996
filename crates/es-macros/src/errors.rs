//! All mistakes of one invocation, so that one build shows every one of them.

use proc_macro2::{Span, TokenStream};
use quote::ToTokens;

/// Collects errors. Dropping it unread is a bug of this crate, and panics in debug builds.
pub(crate) struct Errors {
    found: Vec<syn::Error>,
    read: bool,
}

impl Errors {
    pub(crate) const fn new() -> Self {
        Self {
            found: Vec::new(),
            read: false,
        }
    }

    /// Adds an error at `span`.
    pub(crate) fn at(&mut self, span: Span, message: impl std::fmt::Display) {
        self.push(syn::Error::new(span, message));
    }

    /// Adds an error that underlines all of `tokens`.
    pub(crate) fn on(&mut self, tokens: &impl ToTokens, message: impl std::fmt::Display) {
        self.push(syn::Error::new_spanned(tokens, message));
    }

    pub(crate) fn push(&mut self, error: syn::Error) {
        self.found.push(error);
    }

    /// The value, or `None` after the error has been added.
    pub(crate) fn take<T>(&mut self, result: syn::Result<T>) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(error) => {
                self.push(error);
                None
            }
        }
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// Adds all of `others`.
    pub(crate) fn absorb(&mut self, mut others: Self) {
        others.read = true;
        self.found.append(&mut others.found);
    }

    /// What to emit for the errors, or `None` when there are none.
    pub(crate) fn into_tokens(mut self) -> Option<TokenStream> {
        self.read = true;
        let found = std::mem::take(&mut self.found);
        (!found.is_empty()).then(|| found.iter().map(syn::Error::to_compile_error).collect())
    }
}

impl Drop for Errors {
    fn drop(&mut self) {
        debug_assert!(
            self.read || std::thread::panicking(),
            "errors of a macro were never looked at"
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_errors_are_emitted_in_the_order_of_their_discovery() {
        let mut errors = Errors::new();
        errors.at(Span::call_site(), "first");
        assert_eq!(
            errors.take::<()>(Err(syn::Error::new(Span::call_site(), "second"))),
            None
        );

        let tokens = errors
            .into_tokens()
            .map(|tokens| tokens.to_string())
            .unwrap_or_default();

        assert_eq!(tokens.matches("compile_error").count(), 2);
        assert!(tokens.find("first") < tokens.find("second"), "{tokens}");
    }

    #[test]
    fn nothing_is_emitted_without_errors() {
        assert!(Errors::new().into_tokens().is_none());
    }

    #[test]
    #[should_panic(expected = "never looked at")]
    fn unread_errors_are_a_bug() {
        drop(Errors::new());
    }
}
