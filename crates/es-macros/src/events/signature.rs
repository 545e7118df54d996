//! What the signature of an event method may be.

use proc_macro2::{Span, TokenStream};
use syn::{
    FnArg, GenericArgument, ImplItemFn, PathArguments, Receiver, ReceiverKind, ReturnType, Safety, Signature, Token,
    Type, TypePath, spanned::Spanned as _,
};

use super::{self_type::SelfType, types};
use crate::errors::Errors;

/// What an event method is to its aggregate.
#[derive(Clone, Copy)]
pub(crate) enum Role {
    /// It makes one.
    Initial,
    /// It changes one.
    Subsequent(Token![self]),
}

/// What an event method returns.
pub(crate) enum Returns {
    /// `Self`, or nothing.
    Plain,
    /// A `Result` of that, with the error's type if it is written there.
    Outcome { error: Option<Box<Type>>, span: Span },
}

/// Refuses what an event method cannot be.
pub(crate) fn read(method: &ImplItemFn, self_ty: &SelfType, errors: &mut Errors) -> (Role, Returns) {
    refuse_qualifiers(method, errors);
    refuse_generics(&method.sig, errors);
    match method.sig.inputs.first() {
        Some(FnArg::Receiver(receiver)) => {
            check_receiver(receiver, errors);
            (Role::Subsequent(receiver.self_token), subsequent(&method.sig, self_ty, errors))
        }
        _ => (Role::Initial, initial(&method.sig, self_ty, errors)),
    }
}

fn refuse_qualifiers(method: &ImplItemFn, errors: &mut Errors) {
    let sig = &method.sig;
    if let Some(default) = &method.modifiers.defaultness {
        errors.at(default.span(), "remove `default`: an event method is a plain method");
    }
    if let Some(constness) = &sig.constness {
        errors.at(constness.span(), "remove `const`: an event is triggered at run time");
    }
    if let Some(asyncness) = &sig.asyncness {
        let message = "an event only says what happens to the state, at each replay again: remove `async`, and \
                       await in the method that calls this one";
        errors.at(asyncness.span(), message);
    }
    if let Safety::Unsafe(unsafety) = &sig.safety {
        errors.at(unsafety.span(), "remove `unsafe`: an event method is called at each replay");
    }
    if let Some(abi) = &sig.abi {
        errors.on(abi, "remove `extern`: an event method is a plain method");
    }
    if let Some(variadic) = &sig.variadic {
        errors.on(variadic, "an event has a fixed number of fields: remove `...`");
    }
}

fn refuse_generics(sig: &Signature, errors: &mut Errors) {
    if !sig.generics.params.is_empty() {
        errors.on(&sig.generics, "an event's fields have fixed types: remove the generic parameters");
    }
    if let Some(clause) = &sig.generics.where_clause {
        errors.on(clause, "an event's fields have fixed types: remove the `where` clause");
    }
}

fn check_receiver(receiver: &Receiver, errors: &mut Errors) {
    match &receiver.kind {
        ReceiverKind::Reference(_, None, Some(_)) => {}
        ReceiverKind::Reference(_, Some(lifetime), Some(_)) => {
            errors.on(lifetime, "an event method has no named lifetimes: write `&mut self`");
        }
        ReceiverKind::Reference(..) => {
            errors.on(receiver, "an event changes the aggregate: write `&mut self`");
        }
        ReceiverKind::Value => {
            let message = "an event changes the aggregate in place: write `&mut self`, or no `self` and `-> Self` for \
                           an event that makes a new one";
            errors.on(receiver, message);
        }
        _ => errors.on(receiver, "an event changes the aggregate in place: write `&mut self`"),
    }
}

fn initial(sig: &Signature, self_ty: &SelfType, errors: &mut Errors) -> Returns {
    let message = "an event method without `self` makes a new aggregate: return `Self` or `Result<Self, E>`, or take \
                   `&mut self`";
    match &sig.output {
        ReturnType::Default => errors.on(&sig.ident, message),
        ReturnType::Type(_, ty) if self_ty.is_named_by(types::bare(ty)) => {}
        ReturnType::Type(_, ty) => match outcome(ty, |value| self_ty.is_named_by(value)) {
            Some(returns) => return returns,
            None => errors.on(ty, message),
        },
    }
    Returns::Plain
}

fn subsequent(sig: &Signature, self_ty: &SelfType, errors: &mut Errors) -> Returns {
    let ReturnType::Type(_, ty) = &sig.output else { return Returns::Plain };
    if is_unit(types::bare(ty)) {
        return Returns::Plain;
    }
    if let Some(returns) = outcome(ty, is_unit) {
        return returns;
    }
    let message = if self_ty.is_named_by(types::bare(ty)) || outcome(ty, |value| self_ty.is_named_by(value)).is_some() {
        "an event method with `self` changes an aggregate: return nothing or `Result<(), E>`, or remove `self`"
    } else {
        "an event has happened and gives no answer: return nothing or `Result<(), E>`, and answer in the method that \
         calls this one"
    };
    errors.on(ty, message);
    Returns::Plain
}

/// Reads `Result<V, E>`, or the `Result<V>` of a crate that has its own error.
fn outcome(ty: &Type, is_value: impl Fn(&Type) -> bool) -> Option<Returns> {
    let Type::Path(TypePath { qself: None, path, .. }) = types::bare(ty) else { return None };
    let last = path.segments.last().filter(|last| last.ident == "Result")?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else { return None };
    let mut arguments = arguments.args.iter();
    let Some(GenericArgument::Type(value)) = arguments.next() else { return None };
    if !is_value(types::bare(value)) {
        return None;
    }
    match arguments.next() {
        None => Some(Returns::Outcome { error: None, span: ty.span() }),
        Some(GenericArgument::Type(error)) if arguments.next().is_none() => {
            Some(Returns::Outcome { error: Some(Box::new(error.clone())), span: error.span() })
        }
        Some(_) => None,
    }
}

fn is_unit(ty: &Type) -> bool {
    matches!(ty, Type::Tuple(tuple) if tuple.elems.is_empty())
}

/// The type of the error, as an argument of a function of two, or what lets it be inferred.
pub(crate) fn error_type(error: Option<&Type>, self_ty: &SelfType) -> TokenStream {
    error.map_or_else(|| quote::quote!(_), |error| self_ty.spell_out(error))
}
