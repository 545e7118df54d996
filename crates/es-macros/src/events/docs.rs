//! Documentation of what is generated.

use proc_macro2::Span;
use quote::quote;
use syn::{
    Attribute, Expr, ExprLit, Ident, Lit, Meta, Visibility, ext::IdentExt as _, parse_quote, parse_quote_spanned,
};

use super::self_type::SelfType;

/// What a method's documentation says about the event: all before its first heading or example, which are about
/// calling the method. A `Self` in it becomes the aggregate, because on the event it would be the enum.
pub(crate) fn of_event(attrs: &[Attribute], self_ty: &SelfType) -> Vec<Attribute> {
    let mut docs = Vec::new();
    for attr in attrs.iter().filter(|attr| attr.path().is_ident("doc")) {
        let Meta::NameValue(meta) = &attr.meta else {
            continue;
        };
        let Expr::Lit(ExprLit {
            lit: Lit::Str(text), ..
        }) = &meta.value
        else {
            docs.push(attr.clone());
            continue;
        };
        let whole = text.value();
        let kept: Vec<&str> = whole.split('\n').take_while(|line| !ends_summary(line)).collect();
        let is_whole = kept.len() == whole.split('\n').count();
        let kept = kept.join("\n").replace("Self::", &format!("{}::", self_ty.text()));
        docs.push(parse_quote!(#[doc = #kept]));
        if !is_whole {
            break;
        }
    }
    docs
}

fn ends_summary(line: &str) -> bool {
    let line = line.trim_start();
    line.starts_with('#') || line.starts_with("```") || line.starts_with("~~~")
}

/// What is said about an event whose method has no documentation.
pub(crate) fn of_silent_event(method: &Ident, vis: &Visibility, self_ty: &SelfType) -> Attribute {
    let method = method_text(method, vis, self_ty);
    let text = format!("What {method} does to the aggregate.");
    parse_quote!(#[doc = #text])
}

/// What is said about a field whose parameter has no documentation.
pub(crate) fn of_silent_field(param: &Ident, method: &Ident, vis: &Visibility, self_ty: &SelfType) -> Attribute {
    let text = format!(
        "The argument `{}` of {}.",
        param.unraw(),
        method_text(method, vis, self_ty)
    );
    // A field begins with its documentation, so that what serde says about one is said where the parameter stands.
    let span = Span::call_site().located_at(param.span());
    parse_quote_spanned!(span=> #[doc = #text])
}

/// What is said about the enum.
pub(crate) fn of_enum(self_ty: &SelfType) -> Attribute {
    let text = format!("What can happen to [`{}`].", self_ty.text());
    parse_quote!(#[doc = #text])
}

/// Whether `attrs` say anything.
pub(crate) fn are_there(attrs: &[Attribute]) -> bool {
    attrs.iter().any(|attr| match &attr.meta {
        Meta::NameValue(meta) => meta.path.is_ident("doc"),
        Meta::List(list) => list.path.is_ident("cfg_attr") && quote!(#list).to_string().contains("doc"),
        Meta::Path(_) => false,
    })
}

/// The method as a link, when everybody who reads about the enum may see it.
fn method_text(method: &Ident, vis: &Visibility, self_ty: &SelfType) -> String {
    let path = format!("`{}::{}`", self_ty.text(), method.unraw());
    match vis {
        Visibility::Public(_) => format!("[{path}]"),
        _ => path,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_summary_ends_before_what_is_about_calling() {
        let dog = SelfType::new(&parse_quote!(Dog), quote::format_ident!("Dog"));
        let attrs: Vec<Attribute> = vec![
            parse_quote!(#[doc = " Adds a trick, see [`Self::tricks`]."]),
            parse_quote!(#[doc = ""]),
            parse_quote!(#[doc = " # Errors"]),
            parse_quote!(#[doc = " It may fail."]),
        ];
        let docs = of_event(&attrs, &dog);
        let text = quote!(#(#docs)*).to_string();
        assert!(text.contains("[`Dog::tricks`]"), "{text}");
        assert!(!text.contains("Errors") && !text.contains("fail"), "{text}");
    }
}
