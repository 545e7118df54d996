//! `#[events]`, with `#[event]` on its methods.

mod attr;
mod attributes;
mod case;
mod check;
mod docs;
mod event_attr;
mod expand;
mod fallback;
mod field;
mod header;
mod model;
mod only_one;
mod self_type;
mod setter;
mod signature;
mod types;

use proc_macro2::TokenStream;
use quote::ToTokens as _;
use syn::ItemImpl;

use self::{attr::Options, model::Events};
use crate::errors::Errors;

pub(crate) fn expand(options: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Errors::new();
    let options = Options::read(options, &mut errors);
    let mut tokens = match syn::parse2::<ItemImpl>(item.clone()) {
        Ok(block) => expand_impl(options, block, &mut errors),
        Err(error) => {
            errors.push(header::no_impl(&item, error));
            fallback::strip_unread(item)
        }
    };
    tokens.extend(errors.into_tokens());
    tokens
}

fn expand_impl(options: Options, block: ItemImpl, errors: &mut Errors) -> TokenStream {
    let Some(self_ty) = header::read(&block, errors) else {
        return fallback::strip(block).into_token_stream();
    };
    if only_one::has_earlier(&block, &self_ty) {
        let name = self_ty.ident();
        let message = format!(
            "`{name}` has an impl with `#[events]` already, and its events are one enum: move these methods there"
        );
        errors.on(name, message);
        return fallback::strip(block).into_token_stream();
    }
    let events = Events::read(options, block, self_ty, errors);
    check::check(&events, errors);
    if errors.is_empty() {
        expand::expand(&events)
    } else {
        fallback::expand(events)
    }
}

/// `#[event]` where no `#[events]` has taken it away.
pub(crate) fn stray(options: TokenStream, item: TokenStream) -> TokenStream {
    drop(options);
    let message = "`#[event]` marks a method inside the impl with `#[events]`, of which an aggregate has one: move it \
                   there, or put `#[events]` on the impl; where a macro writes the method, let the macro write the \
                   whole impl, because `#[events]` does not see what a macro inside of it makes";
    let mut tokens = syn::Error::new(proc_macro2::Span::call_site(), message).to_compile_error();
    tokens.extend(fallback::strip_method(item));
    tokens
}

#[cfg(test)]
mod tests {
    use quote::quote;

    use super::*;

    fn check(item: &TokenStream, message: &str) {
        let tokens = expand(TokenStream::new(), item.clone()).to_string();
        assert!(tokens.contains(message), "{item}: {tokens}");
        assert!(tokens.contains("compile_error"), "{item}: {tokens}");
    }

    #[test]
    fn what_is_no_impl_is_kept_and_complained_about() {
        check(&quote!(), "compile_error");
        check(
            &quote!(
                fn bark() {}
            ),
            "fn bark",
        );
        check(
            &quote!(
                struct Dog;
            ),
            "stands on the impl",
        );
        check(&quote!(impl Dog { fn bark(&self) -> { bark } }), "bark");
    }

    #[test]
    fn an_impl_with_a_mistake_stays_a_plain_impl() {
        let item = quote!(impl Dog {
            #[event(nonsense)]
            fn bark(&self, #[serde(default)] times: u8) -> u8 {
                times
            }
        });
        let tokens = expand(TokenStream::new(), item).to_string();
        assert!(
            tokens.contains("fn bark (& self , times : u8) -> u8 { times }"),
            "{tokens}"
        );
        assert!(!tokens.contains("# [event"), "{tokens}");
        assert_eq!(tokens.matches("compile_error").count(), 4, "{tokens}");
    }

    #[test]
    fn an_event_outside_stays_a_plain_method() {
        let tokens = stray(
            quote!(Renamed),
            quote!(
                fn rename() {}
            ),
        )
        .to_string();
        assert!(
            tokens.contains("compile_error") && tokens.ends_with("fn rename () { }"),
            "{tokens}"
        );
    }
}
