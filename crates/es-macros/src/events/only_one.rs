//! One impl with `#[events]` for each aggregate.
//!
//! A macro sees one impl. So that a second one is a single error, and not one for each thing that both make, the macro
//! looks into the file in which it is called.

use std::fs;

use proc_macro2::Ident;
use syn::{Attribute, Block, ImplItem, Item, ItemImpl, Stmt, Type, TypePath};

use super::{self_type::SelfType, types};

/// Whether an earlier impl of the same aggregate has `#[events]`, in the same module of the same file.
pub(crate) fn has_earlier(block: &ItemImpl, self_ty: &SelfType) -> bool {
    source().is_some_and(|source| has_earlier_in(&source, block, self_ty.ident()))
}

fn source() -> Option<String> {
    if !proc_macro::is_available() {
        return None;
    }
    let file = proc_macro::Span::call_site().local_file()?;
    fs::read_to_string(file).ok()
}

fn has_earlier_in(source: &str, block: &ItemImpl, aggregate: &Ident) -> bool {
    // A look at the text spares most files the parser.
    let impls = source.split("impl").skip(1);
    let name = aggregate.to_string();
    let may_have_two = impls.filter(|rest| rest.trim_start().contains(&name)).nth(1).is_some();
    if !may_have_two || source.matches("events").nth(1).is_none() {
        return false;
    }
    let file = syn::parse_file(source);
    file.is_ok_and(|file| search(&file.items.iter().collect::<Vec<_>>(), &methods(block), aggregate) == Some(true))
}

/// Whether the impl with these methods has an earlier one beside it; `None` when the impl is not among `items`.
fn search(items: &[&Item], wanted: &[&Ident], aggregate: &Ident) -> Option<bool> {
    let impls = items.iter().filter_map(|item| match item {
        Item::Impl(block) if is_of(block, aggregate) => Some(block),
        _ => None,
    });
    let impls: Vec<_> = impls.filter(|block| block.attrs.iter().any(is_events)).collect();
    if let Some(place) = impls.iter().position(|block| methods(block) == wanted) {
        let is_conditional = impls[..=place].iter().any(|block| block.attrs.iter().any(is_condition));
        return Some(place > 0 && !is_conditional);
    }
    items.iter().find_map(|item| match item {
        Item::Mod(module) => {
            let (_, items) = module.content.as_ref()?;
            search(&items.iter().collect::<Vec<_>>(), wanted, aggregate)
        }
        Item::Fn(function) => search(&items_of(&function.block), wanted, aggregate),
        _ => None,
    })
}

fn items_of(block: &Block) -> Vec<&Item> {
    let items = block.stmts.iter().filter_map(|stmt| match stmt {
        Stmt::Item(item) => Some(item),
        _ => None,
    });
    items.collect()
}

fn is_of(block: &ItemImpl, aggregate: &Ident) -> bool {
    matches!(types::bare(&block.self_ty), Type::Path(TypePath { path, .. })
        if path.segments.last().is_some_and(|last| last.ident == *aggregate))
}

fn is_events(attr: &Attribute) -> bool {
    attr.path().segments.last().is_some_and(|last| last.ident == "events")
}

fn is_condition(attr: &Attribute) -> bool {
    attr.path().is_ident("cfg") || attr.path().is_ident("cfg_attr")
}

fn methods(block: &ItemImpl) -> Vec<&Ident> {
    let methods = block.items.iter().filter_map(|item| match item {
        ImplItem::Fn(method) => Some(&method.sig.ident),
        _ => None,
    });
    methods.collect()
}

#[cfg(test)]
mod tests {
    use quote::format_ident;
    use syn::parse_quote;

    use super::*;

    fn check(source: &str, is_second: bool) {
        let block: ItemImpl = parse_quote!(impl Dog { fn sit(&mut self) {} });
        assert_eq!(
            has_earlier_in(source, &block, &format_ident!("Dog")),
            is_second,
            "{source}"
        );
    }

    #[test]
    fn a_second_impl_is_found() {
        let first = "#[events] impl Dog { fn new() -> Self {} }";
        let this = "#[es::events(derive(Eq))] impl Dog { #[event] fn sit(&mut self) {} }";
        check(&format!("{first} {this}"), true);
        check(&format!("{this} {first}"), false);
        check(&format!("mod a {{ {first} }} mod b {{ {this} }}"), false);
        check(&format!("mod a {{ {first} {this} }}"), true);
        check(&format!("#[test] fn a() {{ {first} {this} }}"), true);
        check(&format!("impl Dog {{ fn events() {{}} }} {this}"), false);
        check(&format!("#[cfg(a)] {first} #[cfg(b)] {this}"), false);
        check("no Rust, though it has impl Dog, impl Dog, events, events", false);
    }
}
