//! What the signature of an event method may be.

use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;
use syn::{
    FnArg, GenericParam, Receiver, ReceiverKind, ReturnType, Safety, Signature, Token, Type, spanned::Spanned as _,
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

impl Returns {
    /// Where a wrong error is to be underlined.
    pub(crate) fn span(&self) -> Span {
        match self {
            Self::Plain => Span::call_site(),
            Self::Outcome { span, .. } => *span,
        }
    }

    /// The type of the error, or what lets it be inferred.
    pub(crate) fn error(&self, self_ty: &SelfType) -> Option<TokenStream> {
        match self {
            Self::Plain => None,
            Self::Outcome { error: None, span } => Some(quote_spanned!(*span=> _)),
            Self::Outcome { error: Some(error), .. } => Some(self_ty.spell_out(error)),
        }
    }
}

/// Refuses what an event method cannot be.
pub(crate) fn read(sig: &Signature, self_ty: &SelfType, errors: &mut Errors) -> (Role, Returns) {
    refuse_qualifiers(sig, errors);
    refuse_generics(sig, errors);
    match sig.inputs.first() {
        Some(FnArg::Receiver(receiver)) => {
            check_receiver(receiver, errors);
            (
                Role::Subsequent(receiver.self_token),
                subsequent(sig, receiver, self_ty, errors),
            )
        }
        _ => (Role::Initial, initial(sig, self_ty, errors)),
    }
}

fn refuse_qualifiers(sig: &Signature, errors: &mut Errors) {
    if let Some(constness) = &sig.constness {
        errors.at(constness.span(), "remove `const`: an event is triggered at run time");
    }
    if let Some(asyncness) = &sig.asyncness {
        let message = "an event only says what happens to the state, at each replay again: remove `async`, and \
                       await in the method that calls this one";
        errors.at(asyncness.span(), message);
    }
    if let Safety::Unsafe(unsafety) = &sig.safety {
        errors.at(
            unsafety.span(),
            "remove `unsafe`: an event method is called at each replay",
        );
    }
    if let Some(abi) = &sig.abi {
        errors.on(abi, "remove `extern`: an event method is a plain method");
    }
    if let Some(variadic) = &sig.variadic {
        errors.on(variadic, "an event has a fixed number of fields: remove `...`");
    }
}

fn refuse_generics(sig: &Signature, errors: &mut Errors) {
    let params = &sig.generics.params;
    if !params.is_empty() && params.iter().all(|param| matches!(param, GenericParam::Lifetime(_))) {
        errors.on(
            &sig.generics,
            "an event owns its fields, so that its method needs no named lifetimes: remove them",
        );
    } else if !params.is_empty() {
        errors.on(
            &sig.generics,
            "an event's fields have fixed types: remove the generic parameters",
        );
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
    let ReturnType::Type(_, ty) = &sig.output else {
        errors.on(&sig.ident, message);
        return Returns::Plain;
    };
    let (value, returns) = value_and_error(ty, |ty| self_ty.is_named_by(ty));
    if !self_ty.is_named_by(value) {
        errors.on(value, with_advice(message, value));
    }
    returns
}

fn subsequent(sig: &Signature, receiver: &Receiver, self_ty: &SelfType, errors: &mut Errors) -> Returns {
    let ReturnType::Type(_, ty) = &sig.output else {
        return Returns::Plain;
    };
    let (value, returns) = value_and_error(ty, is_unit);
    if is_unit(value) {
        return returns;
    }
    if !self_ty.is_named_by(value) {
        let message = "an event has happened and gives no answer: return nothing or `Result<(), E>`, and answer in \
                       the method that calls this one";
        errors.on(value, with_advice(message, value));
    } else if !matches!(receiver.kind, ReceiverKind::Value) {
        let message = "an event method with `self` changes an aggregate: return nothing or `Result<(), E>`, or remove \
                       `self`";
        errors.on(value, message);
    }
    returns
}

/// The message, with a hint where `ty` may be an alias.
fn with_advice(message: &str, ty: &Type) -> String {
    match types::alias(ty) {
        Some(name) => format!(
            "{message}; if `{name}` is an alias, write out what it stands for, because a macro sees only its name"
        ),
        None => message.to_owned(),
    }
}

/// Reads `Result<V, E>`, the `Result<V>` of a module that has its own error, or a `Result` of another name whose value
/// `is_fit`; another type is a value.
fn value_and_error(ty: &Type, is_fit: impl Fn(&Type) -> bool) -> (&Type, Returns) {
    let ty = types::bare(ty);
    let Some((name, arguments)) = types::arguments(ty) else {
        return (ty, Returns::Plain);
    };
    let is_result = name == "Result";
    let inferred = Returns::Outcome {
        error: None,
        span: ty.span(),
    };
    match arguments.as_slice() {
        [value] if is_result => (types::bare(value), inferred),
        [value, error] if is_result => {
            let span = error.span();
            let error = Some(Box::new((*error).clone()));
            (types::bare(value), Returns::Outcome { error, span })
        }
        [value, ..] if !types::is_of_std(name) && is_fit(types::bare(value)) => (types::bare(value), inferred),
        _ => (ty, Returns::Plain),
    }
}

fn is_unit(ty: &Type) -> bool {
    matches!(ty, Type::Tuple(tuple) if tuple.elems.is_empty())
}
