//! Which types a parameter of an event method may have.

use syn::{GenericArgument, Ident, PathArguments, PathSegment, ReturnType, Type, TypePath, TypeReference};

use crate::errors::Errors;

/// The type without parentheses and invisible groups around it.
pub(crate) fn bare(ty: &Type) -> &Type {
    match ty {
        Type::Group(group) => bare(&group.elem),
        Type::Paren(paren) => bare(&paren.elem),
        ty => ty,
    }
}

/// Whether `ty` is the primitive type, which may be written as `::core::primitive::str`.
pub(crate) fn is_str(ty: &Type) -> bool {
    let Type::Path(TypePath { qself: None, path, .. }) = ty else {
        return false;
    };
    path.segments.last().is_some_and(|last| last.ident == "str")
        && path
            .segments
            .iter()
            .rev()
            .nth(1)
            .is_none_or(|before| before.ident == "primitive")
}

/// The name and the arguments of a type such as `Result<V, E>`.
pub(crate) fn arguments(ty: &Type) -> Option<(&Ident, Vec<&Type>)> {
    let Type::Path(TypePath { qself: None, path, .. }) = ty else {
        return None;
    };
    let last = path.segments.last()?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else {
        return None;
    };
    let types = arguments.args.iter().map(|argument| match argument {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    });
    Some((&last.ident, types.collect::<Option<_>>()?))
}

/// The reference in `Option<&T>`.
pub(crate) fn optional_reference(ty: &Type) -> Option<&TypeReference> {
    let (name, arguments) = arguments(bare(ty))?;
    match arguments.as_slice() {
        [argument] if name == "Option" => match bare(argument) {
            Type::Reference(reference) => Some(reference),
            _ => None,
        },
        _ => None,
    }
}

/// Whether this is the name of a type of the standard library that is often returned, and is no `Result`.
pub(crate) fn is_of_std(name: &Ident) -> bool {
    const NAMES: [&str; 12] = [
        "Arc", "Box", "Cow", "Duration", "HashMap", "HashSet", "Ordering", "Option", "Rc", "String", "Uuid", "Vec",
    ];
    NAMES.iter().any(|known| name == known)
}

/// The name of a type that may be an alias of another.
pub(crate) fn alias(ty: &Type) -> Option<&Ident> {
    let Type::Path(TypePath { qself: None, path, .. }) = ty else {
        return None;
    };
    let name = &path.segments.last()?.ident;
    let is_primitive = name.to_string().starts_with(char::is_lowercase);
    (!is_primitive && !is_of_std(name)).then_some(name)
}

/// Refuses what an event cannot own and lend. Returns whether all is well.
pub(crate) fn check(ty: &Type, errors: &mut Errors) -> bool {
    let mut checker = Checker { errors, ok: true };
    if let Some(reference) = optional_reference(ty) {
        checker.reference(reference);
        return checker.ok;
    }
    match bare(ty) {
        Type::Reference(reference) => checker.reference(reference),
        Type::Slice(slice) => {
            checker.refuse(slice, "a slice has no known size: write `&[T]` or `Vec<T>`");
        }
        ty if is_str(ty) => checker.refuse(ty, "`str` has no known size: write `&str` or `String`"),
        ty => checker.owned(ty),
    }
    checker.ok
}

struct Checker<'e> {
    errors: &'e mut Errors,
    ok: bool,
}

impl Checker<'_> {
    fn refuse(&mut self, tokens: &impl quote::ToTokens, message: &str) {
        self.errors.on(tokens, message);
        self.ok = false;
    }

    /// A reference in front of the whole type: the event owns what it points to.
    fn reference(&mut self, reference: &TypeReference) {
        if let Some(mutability) = &reference.mutability {
            let message = "an event's field is the same at each replay, so its method cannot change it: \
                           remove `mut`, or take it by value";
            self.refuse(mutability, message);
        }
        match &reference.lifetime {
            Some(lifetime) if lifetime.ident == "static" => {
                self.refuse(
                    lifetime,
                    "at a replay the event lends its field for the call only: remove `'static`",
                );
            }
            // The method's parameters are refused already.
            Some(lifetime) if lifetime.ident != "_" => self.ok = false,
            _ => {}
        }
        match bare(&reference.elem) {
            Type::Slice(slice) => self.owned(&slice.elem),
            ty => self.owned(ty),
        }
    }

    /// A type that is the field's, or part of it.
    fn owned(&mut self, ty: &Type) {
        match bare(ty) {
            Type::Path(path) => self.path(path),
            Type::Array(array) => self.owned(&array.elem),
            Type::Tuple(tuple) => tuple.elems.iter().for_each(|elem| self.owned(elem)),
            Type::Slice(slice) => self.owned(&slice.elem),
            Type::Macro(_) | Type::Verbatim(_) => {}
            ty => self.refuse(ty, advice(ty)),
        }
    }

    fn path(&mut self, path: &TypePath) {
        if let Some(qself) = &path.qself {
            self.owned(&qself.ty);
        }
        for segment in &path.path.segments {
            self.borrowing(segment);
            match &segment.arguments {
                PathArguments::None => {}
                PathArguments::AngleBracketed(arguments) => {
                    arguments.args.iter().for_each(|argument| self.argument(argument));
                }
                PathArguments::Parenthesized(arguments) => {
                    arguments.inputs.iter().for_each(|input| self.owned(&input.ty));
                    if let ReturnType::Type(_, ty) = &arguments.output {
                        self.owned(ty);
                    }
                }
            }
        }
    }

    /// A type of the standard library that borrows, without a word about the lifetime.
    fn borrowing(&mut self, segment: &PathSegment) {
        if segment.ident != "Cow" {
            return;
        }
        let PathArguments::AngleBracketed(arguments) = &segment.arguments else {
            return;
        };
        if let [GenericArgument::Type(_)] = arguments.args.iter().collect::<Vec<_>>().as_slice() {
            let message = "an event owns its fields: write `Cow<'static, …>`, or the type that it owns";
            self.refuse(segment, message);
        }
    }

    fn argument(&mut self, argument: &GenericArgument) {
        match argument {
            GenericArgument::Type(ty) => self.owned(ty),
            GenericArgument::AssocType(assoc) => self.owned(&assoc.ty),
            GenericArgument::Lifetime(lifetime) if lifetime.ident == "_" => {
                self.refuse(
                    lifetime,
                    "an event owns its fields: write `'static`, or a type without a lifetime",
                );
            }
            GenericArgument::Lifetime(lifetime) => self.ok &= lifetime.ident == "static",
            _ => {}
        }
    }
}

/// Says what to write instead of `ty`.
fn advice(ty: &Type) -> &'static str {
    match ty {
        Type::Reference(_) => {
            "an event owns its fields: a reference stands only in front of the whole type, as in `&str`, `&T` or \
             `Option<&T>`"
        }
        Type::ImplTrait(_) => "an event's field has one type: write it instead of `impl …`",
        Type::TraitObject(_) => "a trait object cannot be stored and read back: write a type that can",
        Type::Ptr(_) => "a pointer cannot be stored and read back: take what it points to",
        Type::FnPtr(_) => "a function cannot be stored and read back: take the data that it works on",
        Type::Infer(_) => "an event's field has a type: write it instead of `_`",
        Type::Never(_) => "nothing has the type `!`: write another type",
        _ => "this type cannot be stored and read back: write one that can",
    }
}
