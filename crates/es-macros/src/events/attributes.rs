//! Where the attributes of a method and of its parameters go.

use proc_macro2::{Punct, TokenStream, TokenTree};
use syn::{Attribute, Meta, Path, Token, parse::Parser as _, parse_quote, punctuated::Punctuated};

use super::event_attr::is_event_path;
use crate::errors::Errors;

/// The attributes of an event method, by place.
#[derive(Default)]
pub(crate) struct MethodAttrs {
    /// On all that comes from the method.
    pub(crate) cfgs: Vec<Attribute>,
    /// On the method that triggers the event.
    pub(crate) public: Vec<Attribute>,
    /// On both methods together: what is expected may be found in either.
    pub(crate) expects: Vec<Attribute>,
    /// On each of both methods.
    pub(crate) both: Vec<Attribute>,
    /// On the method that holds the body.
    pub(crate) body: Vec<Attribute>,
}

impl MethodAttrs {
    pub(crate) fn read(attrs: &[Attribute], errors: &mut Errors) -> Self {
        let mut sorted = Self::default();
        for (attr, path) in attrs.iter().flat_map(split) {
            sorted.add(attr, &path, errors);
        }
        sorted
    }

    fn add(&mut self, attr: Attribute, path: &Path, errors: &mut Errors) {
        if is_event_path(path) {
            errors.on(
                path,
                "an event is not conditional by itself: put `#[cfg(…)]` on the method",
            );
            return;
        }
        let name = path.get_ident().map(ToString::to_string).unwrap_or_default();
        let place = match name.as_str() {
            "cfg" => &mut self.cfgs,
            "doc" | "must_use" | "deprecated" => &mut self.public,
            "expect" => &mut self.expects,
            "allow" | "warn" | "deny" | "forbid" | "inline" | "track_caller" => &mut self.both,
            "serde" => {
                errors.on(&attr, "`#[serde(…)]` is for fields: put it on a parameter");
                return;
            }
            _ => &mut self.body,
        };
        place.push(attr);
    }
}

/// The attributes of a parameter that are for the event's field.
pub(crate) fn of_field(attrs: &[Attribute], errors: &mut Errors) -> Vec<Attribute> {
    let mut of_field = Vec::new();
    for (attr, path) in attrs.iter().flat_map(split) {
        if path.is_ident("cfg") {
            errors.on(
                &attr,
                "an event has the same fields in each build: put `#[cfg(…)]` on the method",
            );
        } else if let Some(skip) = skipped(&attr) {
            let message = "this parameter would be lost: what an event holds is what is stored of it. Remove the attribute, or \
                           make the value in the body from other parameters";
            errors.on(&skip, message);
        } else if is_for_field(&path) {
            of_field.push(attr);
        }
    }
    of_field
}

/// What in a `#[serde(…)]` keeps a field from being stored or from being read.
fn skipped(attr: &Attribute) -> Option<Path> {
    let metas = if attr.path().is_ident("cfg_attr") {
        conditional(attr)?.1
    } else {
        Punctuated::from_iter([attr.meta.clone()])
    };
    let options = metas.into_iter().filter_map(|meta| match meta {
        Meta::List(list) if list.path.is_ident("serde") => list
            .parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated)
            .ok(),
        _ => None,
    });
    let is_skip = |path: &Path| {
        ["skip", "skip_serializing", "skip_deserializing"]
            .iter()
            .any(|name| path.is_ident(name))
    };
    options.flatten().map(|option| option.path().clone()).find(is_skip)
}

fn is_for_field(path: &Path) -> bool {
    path.is_ident("doc") || path.is_ident("serde")
}

/// Takes away the attributes that a plain method's parameter cannot have.
pub(crate) fn strip_param(attrs: &mut Vec<Attribute>) {
    let of_param = attrs.iter().flat_map(split).filter(|(_, path)| !is_for_field(path));
    *attrs = of_param.map(|(attr, _)| attr).collect();
}

/// Whether `attr` marks a method as an event, in some builds at least.
pub(crate) fn may_be_event(attr: &Attribute) -> bool {
    split(attr).iter().any(|(_, path)| is_event_path(path))
}

/// The attribute with its path; a conditional one as several, with the paths of what is conditional.
fn split(attr: &Attribute) -> Vec<(Attribute, Path)> {
    let whole = || vec![(attr.clone(), attr.path().clone())];
    if !attr.path().is_ident("cfg_attr") {
        return whole();
    }
    let Some((condition, metas)) = conditional(attr) else {
        return whole();
    };
    let split = |meta: Meta| {
        let path = meta.path().clone();
        (parse_quote!(#[cfg_attr(#condition, #meta)]), path)
    };
    metas.into_iter().map(split).collect()
}

fn conditional(attr: &Attribute) -> Option<(TokenStream, Punctuated<Meta, Token![,]>)> {
    let Meta::List(list) = &attr.meta else {
        return None;
    };
    let is_comma = |token: &TokenTree| matches!(token, TokenTree::Punct(punct) if Punct::as_char(punct) == ',');
    let mut tokens = list.tokens.clone().into_iter();
    let condition: TokenStream = tokens.by_ref().take_while(|token| !is_comma(token)).collect();
    let metas = Punctuated::parse_terminated.parse2(tokens.collect()).ok()?;
    Some((condition, metas))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(attrs: &[Attribute]) -> Vec<String> {
        attrs
            .iter()
            .map(|attr| quote::quote!(#attr).to_string().replace(' ', ""))
            .collect()
    }

    #[test]
    fn conditional_attributes_go_where_they_would_go_unconditionally() {
        let mut errors = Errors::new();
        let attr = parse_quote!(#[cfg_attr(feature = "x", doc = "Text.", expect(dead_code), instrument)]);
        let sorted = MethodAttrs::read(&[attr], &mut errors);
        assert!(errors.into_tokens().is_none());
        assert_eq!(names(&sorted.public), [r#"#[cfg_attr(feature="x",doc="Text.")]"#]);
        assert_eq!(
            names(&sorted.expects),
            [r#"#[cfg_attr(feature="x",expect(dead_code))]"#]
        );
        assert_eq!(names(&sorted.body), [r#"#[cfg_attr(feature="x",instrument)]"#]);
    }
}
