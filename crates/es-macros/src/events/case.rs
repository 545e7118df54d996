//! Names of events from names of methods.

use syn::{Ident, ext::IdentExt as _};

/// `trick_added` becomes `TrickAdded`; `None` when no identifier comes out.
pub(crate) fn event_name(method: &Ident) -> Option<Ident> {
    let words = method.unraw().to_string();
    let name: String = words.split('_').flat_map(capitalize).collect();
    let mut name: Ident = syn::parse_str(&name).ok()?;
    name.set_span(method.span());
    Some(name)
}

fn capitalize(word: &str) -> impl Iterator<Item = char> {
    let mut chars = word.chars();
    let first = chars.next();
    first.into_iter().flat_map(char::to_uppercase).chain(chars)
}

#[cfg(test)]
mod tests {
    use quote::format_ident;

    use super::*;

    #[test]
    fn names_of_methods_become_names_of_events() {
        let event_name = |method: &str| event_name(&format_ident!("{method}")).map(|name| name.to_string());
        assert_eq!(event_name("trick_added"), Some("TrickAdded".to_owned()));
        assert_eq!(event_name("_moved__twice_"), Some("MovedTwice".to_owned()));
        assert_eq!(event_name("r#move"), Some("Move".to_owned()));
        assert_eq!(event_name("état_changé"), Some("ÉtatChangé".to_owned()));
        assert_eq!(event_name("_1"), None);
    }
}
