//! What an aggregate's struct must not be.

use syn::DeriveInput;

use crate::errors::Errors;

/// Refuses generic parameters. Returns whether there are any.
pub(crate) fn is_generic(input: &DeriveInput, errors: &mut Errors) -> bool {
    let generics = &input.generics;
    let message = "an aggregate has no generic parameters, because its events are stored under fixed topics: \
                   remove them";
    if !generics.params.is_empty() {
        errors.on(generics, message);
    } else if let Some(clause) = &generics.where_clause {
        errors.on(clause, message);
    }
    !generics.params.is_empty()
}
