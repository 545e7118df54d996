//! What a person wants to see.

use es_application::Recorded;

use dog_school::dog::Dog;

/// The dogs and their tricks.
pub(crate) fn dogs(dogs: &[Dog]) -> String {
    let rows = dogs
        .iter()
        .map(|dog| vec![dog.name().to_owned(), dog.tricks().join(", ")]);
    table(&["dog", "tricks"], &rows.collect::<Vec<_>>())
}

/// The log.
pub(crate) fn log(log: &[Recorded]) -> String {
    let row = |recorded: &Recorded| {
        vec![
            recorded.position().to_string(),
            recorded.topic().to_owned(),
            recorded.originator().to_string(),
            recorded.originator_version().to_string(),
        ]
    };
    table(
        &["position", "event", "aggregate", "version"],
        &log.iter().map(row).collect::<Vec<_>>(),
    )
}

fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    let head: Vec<_> = head.iter().map(ToString::to_string).collect();
    let width = |column: usize| {
        rows.iter()
            .chain([&head])
            .map(|row| row[column].chars().count())
            .max()
            .unwrap_or(0)
    };
    let widths: Vec<_> = (0..head.len()).map(width).collect();
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned() + "\n"
    };
    let rule: Vec<_> = widths.iter().map(|width| "-".repeat(*width)).collect();
    [&head, &rule].into_iter().chain(rows).map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let rows = [
            vec!["Fido".to_owned(), "sit".to_owned()],
            vec!["Archibald".to_owned(), String::new()],
        ];
        assert_eq!(
            table(&["dog", "tricks"], &rows),
            "dog        tricks\n---------  ------\nFido       sit\nArchibald\n"
        );
    }
}
