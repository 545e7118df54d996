//! What `#[derive(Aggregate)]` was asked for, with all defaults filled in.

use proc_macro2::TokenStream;
use quote::{ToTokens as _, format_ident, quote};
use syn::{
    Data, DeriveInput, Fields, GenericArgument, Ident, LitStr, Member, Path, PathArguments, Type, TypePath, Visibility,
    ext::IdentExt as _,
};

use super::attr::Options;
use crate::{crate_path::CratePath, errors::Errors};

/// What is known without the struct's fields.
pub(crate) struct Aggregate {
    pub(crate) krate: CratePath,
    pub(crate) name: Ident,
    pub(crate) vis: Visibility,
    pub(crate) topic: LitStr,
    pub(crate) id: TokenStream,
    /// A type that only this aggregate has as its ID.
    pub(crate) own_id: Option<Type>,
    pub(crate) event: TokenStream,
    pub(crate) upcasters: Vec<Path>,
    pub(crate) hash_chain: bool,
}

/// The field that the library keeps its own things in.
pub(crate) struct Root {
    pub(crate) member: Member,
    pub(crate) ty: Type,
}

impl Aggregate {
    pub(crate) fn new(input: &DeriveInput, options: Options, errors: &mut Errors) -> Self {
        let name = &input.ident;
        let krate = CratePath::given_or_usual(options.krate, "aggregate", errors);
        let topic = options
            .topic
            .unwrap_or_else(|| LitStr::new(&name.unraw().to_string(), name.span()));
        let own_id = options.id.clone().filter(is_own_id);
        let id = options
            .id
            .map_or_else(|| quote!(#krate::Id<Self>), |id| id.to_token_stream());
        let event = options
            .event
            .map_or_else(|| event_name(name).to_token_stream(), |event| event.to_token_stream());
        Self {
            krate,
            name: name.clone(),
            vis: input.vis.clone(),
            topic,
            id,
            own_id,
            event,
            upcasters: options.upcasters.unwrap_or_default(),
            hash_chain: options.hash_chain.is_some(),
        }
    }
}

/// The enum that `#[events]` makes for the aggregate `name`, unless it is told another name.
fn event_name(name: &Ident) -> Ident {
    format_ident!("{}Event", name.unraw(), span = name.span())
}

/// Whether `ty` is a plain name, so that it is no `Id<Self>`.
fn is_own_id(ty: &Type) -> bool {
    let Type::Path(TypePath { qself: None, path, .. }) = ty else {
        return false;
    };
    path.segments.iter().all(|segment| segment.arguments.is_none())
}

/// Finds the root by its type. Returns `None` only after an error.
pub(crate) fn find_root(input: &DeriveInput, errors: &mut Errors) -> Option<Root> {
    let fields = match &input.data {
        Data::Struct(data) => &data.fields,
        Data::Enum(data) => {
            errors.on(
                &data.enum_token,
                "an aggregate is a struct: put the enum in a field of one",
            );
            return None;
        }
        Data::Union(data) => {
            errors.on(&data.union_token, "an aggregate is a struct, not a union");
            return None;
        }
    };
    let mut roots = roots(fields);
    let Some((root, argument)) = roots.next() else {
        let name = &input.ident;
        errors.on(
            name,
            format!("`{name}` has no field of type `Root<Self>`: add `root: Root<Self>`"),
        );
        return None;
    };
    if !argument.is_some_and(|argument| is_self(argument, &input.ident)) {
        errors.on(
            &root.ty,
            format!("this is not the root of `{}`: write `Root<Self>`", input.ident),
        );
    }
    for (another, _) in roots {
        errors.on(&another.ty, "an aggregate has one root: remove this second one");
    }
    Some(root)
}

fn roots(fields: &Fields) -> impl Iterator<Item = (Root, Option<&GenericArgument>)> {
    fields.members().zip(fields).filter_map(|(member, field)| {
        let Type::Path(TypePath { qself: None, path, .. }) = &field.ty else {
            return None;
        };
        let last = path.segments.last().filter(|last| last.ident == "Root")?;
        let argument = match &last.arguments {
            PathArguments::AngleBracketed(arguments) if arguments.args.len() == 1 => arguments.args.first(),
            _ => None,
        };
        Some((
            Root {
                member,
                ty: field.ty.clone(),
            },
            argument,
        ))
    })
}

fn is_self(argument: &GenericArgument, name: &Ident) -> bool {
    let GenericArgument::Type(Type::Path(TypePath { qself: None, path, .. })) = argument else {
        return false;
    };
    path.segments
        .last()
        .is_some_and(|last| last.ident == "Self" || last.ident == *name)
}
