//! `#[derive(TaggedEvent)]`.

mod expand;

use std::collections::HashSet;

use proc_macro2::{Ident, TokenStream};
use syn::{Data, DeriveInput, Field, Fields, LitStr, Meta, Path, Type, Variant};

use crate::{derive_options, errors::Errors, functions, options, topic};

pub(crate) fn derive(input: TokenStream) -> TokenStream {
    let input: DeriveInput = match syn::parse2(input) {
        Ok(input) => input,
        Err(error) => return error.to_compile_error(),
    };
    let mut errors = Errors::new();
    let (family, krate) = read_options(&input, &mut errors);
    if !input.generics.params.is_empty() {
        errors.on(&input.generics, "events have no generic parameters: remove them");
    }
    let kinds = read_kinds(&input, &family, &mut errors);
    check_topics(&kinds, &mut errors);
    match errors.into_tokens() {
        None => expand::expand(&input.ident, &family, &kinds, &derive_options::dcb(krate)),
        Some(errors) => errors,
    }
}

/// A variant.
struct Kind<'a> {
    variant: &'a Variant,
    topic: String,
    aliases: Vec<LitStr>,
    upcasters: Vec<Path>,
    /// The fields that are tags.
    tags: Vec<TagField<'a>>,
}

/// A field with `#[tag]`.
struct TagField<'a> {
    name: &'a Ident,
    ty: &'a Type,
    /// Whether it is an `Option` or a `Vec`.
    is_many: bool,
}

fn read_options(input: &DeriveInput, errors: &mut Errors) -> (String, Option<Path>) {
    let (mut family, mut krate) = (None, None);
    derive_options::read(&input.attrs, "tagged_event", errors, |input, key| {
        match key.to_string().as_str() {
            "topic" => options::set(&mut family, key, topic::parse(input, key)?),
            "crate" => derive_options::krate(input, key, &mut krate),
            _ => {
                let message = format!("unknown option `{key}`: the enum takes `topic = \"…\"` and `crate = …`");
                Err(syn::Error::new(key.span(), message))
            }
        }
    });
    let usual = || {
        let name = input.ident.to_string();
        name.strip_suffix("Event")
            .filter(|rest| !rest.is_empty())
            .unwrap_or(&name)
            .to_owned()
    };
    (family.map_or_else(usual, |family| family.value()), krate)
}

fn read_kinds<'a>(input: &'a DeriveInput, family: &str, errors: &mut Errors) -> Vec<Kind<'a>> {
    let Data::Enum(data) = &input.data else {
        errors.on(
            &input.ident,
            "events with tags are an enum with one variant for each thing that can happen",
        );
        return Vec::new();
    };
    if data.variants.is_empty() {
        errors.on(
            &input.ident,
            "at least one thing can happen: write `Defined { #[tag] course: CourseId }`",
        );
    }
    data.variants
        .iter()
        .map(|variant| read_kind(variant, family, errors))
        .collect()
}

fn read_kind<'a>(variant: &'a Variant, family: &str, errors: &mut Errors) -> Kind<'a> {
    let (mut own, mut aliases, mut upcasters) = (None, Vec::new(), None);
    derive_options::read(&variant.attrs, "tagged_event", errors, |input, key| {
        match key.to_string().as_str() {
            "topic" => options::set(&mut own, key, topic::parse(input, key)?),
            "alias" => {
                aliases.push(topic::parse(input, key)?);
                Ok(())
            }
            "upcast" => options::set(&mut upcasters, key, functions::upcasters(input, key)?),
            _ => {
                let message =
                    format!("unknown option `{key}`: an event takes `topic = \"…\"`, `alias = \"…\"` and `upcast(…)`");
                Err(syn::Error::new(key.span(), message))
            }
        }
    });
    let usual = || format!("{family}.{}", variant.ident);
    Kind {
        variant,
        topic: own.map_or_else(usual, |own: LitStr| own.value()),
        aliases,
        upcasters: upcasters.unwrap_or_default(),
        tags: read_tags(variant, errors),
    }
}

fn read_tags<'a>(variant: &'a Variant, errors: &mut Errors) -> Vec<TagField<'a>> {
    let fields = match &variant.fields {
        Fields::Named(fields) => &fields.named,
        Fields::Unit => return Vec::new(),
        Fields::Unnamed(_) => {
            errors.on(
                variant,
                "give the fields names: write `Defined { #[tag] course: CourseId }`",
            );
            return Vec::new();
        }
    };
    fields
        .iter()
        .filter(|field| is_tag(field, errors))
        .filter_map(tag_field)
        .collect()
}

fn is_tag(field: &Field, errors: &mut Errors) -> bool {
    let mut tags = field.attrs.iter().filter(|attr| attr.path().is_ident("tag"));
    let Some(tag) = tags.next() else { return false };
    if !matches!(tag.meta, Meta::Path(_)) {
        errors.on(
            &tag.meta,
            "`#[tag]` takes no options here: the type of the field says what the tag is",
        );
    }
    for another in tags {
        errors.on(another, "`#[tag]` is given twice: remove one");
    }
    true
}

fn tag_field(field: &Field) -> Option<TagField<'_>> {
    let is_many = match &field.ty {
        Type::Path(path) => path
            .path
            .segments
            .last()
            .is_some_and(|last| last.ident == "Option" || last.ident == "Vec"),
        _ => false,
    };
    Some(TagField {
        name: field.ident.as_ref()?,
        ty: &field.ty,
        is_many,
    })
}

/// Two kinds of events with one topic could not be told apart.
fn check_topics(kinds: &[Kind<'_>], errors: &mut Errors) {
    let mut known = HashSet::new();
    for kind in kinds {
        if !known.insert(kind.topic.clone()) {
            errors.on(
                &kind.variant.ident,
                format!("another event has the topic {:?}, too: give each its own", kind.topic),
            );
        }
    }
    for alias in kinds.iter().flat_map(|kind| &kind.aliases) {
        if !known.insert(alias.value()) {
            errors.on(
                alias,
                format!(
                    "another event has the topic {:?}, too: give each its own",
                    alias.value()
                ),
            );
        }
    }
}
