//! Stored names.

use syn::{Ident, LitStr, parse::ParseStream};

use crate::options;

/// Reads the value of `topic = "…"` or `alias = "…"`.
pub(crate) fn parse(input: ParseStream<'_>, key: &Ident) -> syn::Result<LitStr> {
    let topic: LitStr = options::value(input, key, "\"…\"")?;
    if topic.value().trim().is_empty() {
        let message = "things are stored under this name: do not leave it empty";
        return Err(syn::Error::new(topic.span(), message));
    }
    Ok(topic)
}
