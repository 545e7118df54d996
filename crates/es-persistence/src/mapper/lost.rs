//! What an event has lost that no byte tells.
//!
//! `Some(None)` is written as nothing, and so is the `None` that it is read as; a field with `#[serde(skip)]` inside of a value
//! is written neither time. Only the values differ. Events need no `PartialEq`, but all of them have `Debug`.

use std::fmt::Debug;

/// What was lost: the field, if `Debug` tells it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Lost(pub(super) Option<String>);

/// Compares the texts of two events, field by field. The order within a field is left out, because sets and maps change it.
pub(super) fn check<E: Debug>(before: &E, after: &E) -> Result<(), Lost> {
    let (before, after) = (format!("{before:#?}"), format!("{after:#?}"));
    if before == after {
        return Ok(());
    }
    let (before, after) = (fields(&before), fields(&after));
    if before.len() != after.len() {
        return Err(Lost(None));
    }
    let mut pairs = before.iter().zip(&after);
    match pairs.find(|(before, after)| before != after) {
        None => Ok(()),
        Some((before, _)) => Err(Lost(before.name.clone())),
    }
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Field {
    name: Option<String>,
    /// The lines of its text, sorted.
    lines: Vec<String>,
}

/// Divides the text of `{:#?}` into the fields of the outermost struct.
fn fields(text: &str) -> Vec<Field> {
    const INDENT: &str = "    ";
    let mut fields = vec![Field::default()];
    for line in text.lines() {
        let inner = line
            .strip_prefix(INDENT)
            .filter(|inner| !inner.starts_with([' ', '}', ']', ')']));
        if let Some((name, _)) = inner.and_then(|inner| inner.split_once(": ")) {
            fields.push(Field {
                name: Some(name.to_owned()),
                lines: Vec::new(),
            });
        }
        if let Some(field) = fields.last_mut() {
            field.lines.push(line.to_owned());
        }
    }
    for field in &mut fields {
        field.lines.sort_unstable();
    }
    fields
}

#[cfg(test)]
#[expect(clippy::option_option, reason = "no format tells `Some(None)` from `None`")]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[derive(Debug)]
    #[expect(dead_code, reason = "only `Debug` reads it")]
    struct Told {
        to: HashSet<String>,
        more: Option<Option<u8>>,
    }

    fn told(more: Option<Option<u8>>) -> Told {
        let to = (0..50).map(|number| number.to_string()).collect();
        Told { to, more }
    }

    #[test]
    fn the_order_of_a_set_is_no_loss() {
        assert_eq!(check(&told(None), &told(None)), Ok(()));
    }

    #[test]
    fn a_lost_value_is_found_with_its_field() {
        assert_eq!(
            check(&told(Some(None)), &told(None)),
            Err(Lost(Some("more".to_owned())))
        );
        assert_eq!(check(&Some(1), &None), Err(Lost(None)));
    }
}
