//! `#[aggregate(…)]`: text to options.

use syn::{Attribute, Data, DeriveInput, Ident, LitStr, Meta, Path, Type, parse::ParseStream};

use crate::{crate_path::CratePath, errors::Errors, functions, options, topic};

/// What the user has written; `None` where nothing was.
#[derive(Default)]
pub(crate) struct Options {
    pub(crate) krate: Option<CratePath>,
    pub(crate) topic: Option<LitStr>,
    pub(crate) id: Option<Type>,
    pub(crate) event: Option<Path>,
    pub(crate) upcasters: Option<Vec<Path>>,
    pub(crate) hash_chain: Option<Ident>,
}

pub(crate) fn read(input: &DeriveInput, errors: &mut Errors) -> Options {
    let mut options = Options::default();
    for attr in input.attrs.iter().filter(|attr| is_aggregate(attr)) {
        options.read(attr, errors);
    }
    refuse_on_fields(&input.data, errors);
    options
}

impl Options {
    fn read(&mut self, attr: &Attribute, errors: &mut Errors) {
        let Meta::List(_) = &attr.meta else {
            errors.on(
                &attr.meta,
                "the options stand in parentheses: write `#[aggregate(topic = \"…\")]`",
            );
            return;
        };
        let mut found = Errors::new();
        let parsed = attr.parse_args_with(|input: ParseStream<'_>| {
            options::for_each(input, &mut found, |input| self.read_one(input));
            Ok(())
        });
        errors.absorb(found);
        errors.take(parsed);
    }

    fn read_one(&mut self, input: ParseStream<'_>) -> syn::Result<()> {
        let key = options::key(input)?;
        match key.to_string().as_str() {
            "crate" => options::set(&mut self.krate, &key, CratePath::parse(input, &key)?),
            "event" => options::set(&mut self.event, &key, options::value(input, &key, "DogEvent")?),
            "hash_chain" => options::set(&mut self.hash_chain, &key, key.clone()),
            "id" => options::set(&mut self.id, &key, id(input, &key)?),
            "topic" => options::set(&mut self.topic, &key, topic::parse(input, &key)?),
            "upcast" => options::set(&mut self.upcasters, &key, functions::upcasters(input, &key)?),
            "attributes" => Err(elsewhere(&key)),
            _ => Err(unknown(&key)),
        }
    }
}

fn id(input: ParseStream<'_>, key: &Ident) -> syn::Result<Type> {
    let ty = options::value(input, key, "Sku")?;
    if let Type::Path(path) = &ty
        && let Some(last) = path.path.segments.last()
        && is_bare(&last.ident.to_string())
    {
        let message = format!(
            "a `{}` may be the ID of anything: write `#[derive(AggregateId)] struct DogId(…);` and `id = DogId`",
            last.ident
        );
        return Err(syn::Error::new_spanned(&ty, message));
    }
    Ok(ty)
}

/// Whether the type is one that may hold an ID, but does not know of what.
fn is_bare(name: &str) -> bool {
    let is_primitive = name.starts_with(char::is_lowercase);
    is_primitive || matches!(name, "Uuid" | "String" | "OriginatorId")
}

fn unknown(key: &Ident) -> syn::Error {
    let options = "`crate = …`, `event = …`, `hash_chain`, `id = …`, `topic = \"…\"` and `upcast(…)`";
    syn::Error::new(
        key.span(),
        format!("unknown option `{key}`: `#[aggregate]` takes {options}"),
    )
}

/// The enum of the events is made by the other macro, which has to know of the attributes.
fn elsewhere(key: &Ident) -> syn::Error {
    let message = "attributes stand on the impl, with their types: write `#[events(attributes(name: String))]`";
    syn::Error::new(key.span(), message)
}

fn refuse_on_fields(data: &Data, errors: &mut Errors) {
    let Data::Struct(data) = data else { return };
    for attr in data
        .fields
        .iter()
        .flat_map(|field| &field.attrs)
        .filter(|attr| is_aggregate(attr))
    {
        errors.on(attr, "`#[aggregate(…)]` is not for fields: put it on the struct");
    }
}

fn is_aggregate(attr: &Attribute) -> bool {
    attr.path().is_ident("aggregate")
}
