//! `#[event(…)]`: text to options.

use proc_macro2::Span;
use syn::{Attribute, Expr, Ident, Lit, LitStr, Meta, Path, Token, ext::IdentExt as _, parse::ParseStream};

use crate::{errors::Errors, functions, options, topic};

/// What the user has written; `None` where nothing was.
#[derive(Default)]
pub(crate) struct Options {
    pub(crate) name: Option<Ident>,
    pub(crate) id: Option<(Ident, Expr)>,
    pub(crate) topic: Option<LitStr>,
    pub(crate) aliases: Vec<LitStr>,
    pub(crate) discards: Option<Ident>,
    pub(crate) revives: Option<Ident>,
    pub(crate) upcasters: Option<Vec<Path>>,
    /// Where `#[event]` stands.
    pub(crate) span: Option<Span>,
}

/// Whether `attr` is `#[event]`, by itself or with its path in the library.
pub(crate) fn is_event(attr: &Attribute) -> bool {
    is_event_path(attr.path())
}

pub(crate) fn is_event_path(path: &Path) -> bool {
    let mut names = path.segments.iter().rev().map(|segment| &segment.ident);
    names.next().is_some_and(|name| name == "event") && names.next().is_none_or(|name| name == "es_domain")
}

impl Options {
    /// Reads the attributes `#[event]` of one method: there should be one.
    pub(crate) fn read(attrs: &[Attribute], errors: &mut Errors) -> Self {
        let mut read = Self::default();
        for (idx, attr) in attrs.iter().enumerate() {
            match idx {
                0 => read.read_attr(attr, errors),
                _ => errors.on(attr, "a method is one event: remove this second `#[event]`"),
            }
        }
        read
    }

    fn read_attr(&mut self, attr: &Attribute, errors: &mut Errors) {
        self.span = attr.path().segments.last().map(|segment| segment.ident.span());
        match &attr.meta {
            Meta::Path(_) => {}
            Meta::NameValue(meta) => {
                errors.on(meta, "the event's name stands in parentheses: write `#[event(Name)]`");
            }
            Meta::List(_) => {
                let mut found = Errors::new();
                let mut is_first = true;
                let parsed = attr.parse_args_with(|input: ParseStream<'_>| {
                    options::for_each(input, &mut found, |input| {
                        self.read_one(input, std::mem::replace(&mut is_first, false))
                    });
                    Ok(())
                });
                errors.absorb(found);
                errors.take(parsed);
            }
        }
    }

    fn read_one(&mut self, input: ParseStream<'_>, is_first: bool) -> syn::Result<()> {
        if input.peek(Lit) {
            let literal: Lit = input.parse()?;
            return Err(syn::Error::new(
                literal.span(),
                "the event's name is an identifier: write `#[event(Name)]`",
            ));
        }
        let key = options::key(input)?;
        if is_name(&key) && !input.peek(Token![=]) {
            return self.set_name(key, is_first);
        }
        match key.to_string().as_str() {
            "alias" => {
                self.aliases.push(topic::parse(input, &key)?);
                Ok(())
            }
            "discards" => options::set(&mut self.discards, &key, key.clone()),
            "id" => {
                let id = options::value(input, &key, "Self::id_for(name)")?;
                options::set(&mut self.id, &key, (key.clone(), id))
            }
            "revives" => options::set(&mut self.revives, &key, key.clone()),
            "topic" => options::set(&mut self.topic, &key, topic::parse(input, &key)?),
            "upcast" => options::set(&mut self.upcasters, &key, functions::upcasters(input, &key)?),
            _ => Err(unknown(&key)),
        }
    }

    fn set_name(&mut self, name: Ident, is_first: bool) -> syn::Result<()> {
        if syn::parse_str::<Ident>(&name.to_string()).is_err() {
            return Err(syn::Error::new(
                name.span(),
                format!("`{name}` is a keyword: write another name"),
            ));
        }
        if self.name.is_some() {
            return Err(syn::Error::new(
                name.span(),
                "an event has one name: remove this second one",
            ));
        }
        let message = format!("the name comes first: write `#[event({name}, …)]`");
        let span = name.span();
        self.name = Some(name);
        if is_first {
            Ok(())
        } else {
            Err(syn::Error::new(span, message))
        }
    }
}

/// Options are written in lower case, names of events are not.
fn is_name(key: &Ident) -> bool {
    key.unraw().to_string().starts_with(char::is_uppercase)
}

fn unknown(key: &Ident) -> syn::Error {
    let options = "a name such as `TrickAdded`, `alias = \"…\"`, `discards`, `id = …`, `revives`, \
                   `topic = \"…\"` and `upcast(…)`";
    syn::Error::new(
        key.span(),
        format!("unknown option `{key}`: `#[event]` takes {options}"),
    )
}
