//! Two lists side by side, for a reader.

use std::fmt::{Debug, Write as _};

/// No column is wider.
const WIDTH: usize = 56;

/// Writes what was expected and what there is into two columns, and marks where they differ.
pub(super) fn side_by_side<L: Debug, R: Debug>(
    expected: &[L],
    actual: &[R],
    is_same: impl Fn(&L, &R) -> bool,
) -> String {
    let mut rows = vec![(' ', "expected".to_owned(), "actual".to_owned())];
    for idx in 0..expected.len().max(actual.len()) {
        let (left, right) = (expected.get(idx), actual.get(idx));
        let mark = match (left, right) {
            (Some(left), Some(right)) if is_same(left, right) => ' ',
            _ => '≠',
        };
        let text = |value: Option<String>| value.unwrap_or_else(|| "(nothing)".to_owned());
        rows.push((mark, text(left.map(print)), text(right.map(print))));
    }
    write_rows(&rows)
}

fn print(value: &impl Debug) -> String {
    format!("{value:?}")
}

fn write_rows(rows: &[(char, String, String)]) -> String {
    let widest = rows.iter().map(|(_, left, _)| left.chars().count()).max();
    let width = widest.unwrap_or_default().min(WIDTH);
    let mut text = String::new();
    for (idx, (mark, left, right)) in rows.iter().enumerate() {
        write_row(&mut text, width, *mark, left, right);
        if idx == 0 {
            let line = |width| "-".repeat(width);
            write_row(&mut text, width, ' ', &line(width), &line(width));
        }
    }
    text
}

/// A row of as many lines as its longer cell needs.
fn write_row(text: &mut String, width: usize, mark: char, left: &str, right: &str) {
    let (left, right) = (lines(left, width), lines(right, WIDTH));
    for idx in 0..left.len().max(right.len()) {
        let cell = |lines: &[String]| lines.get(idx).cloned().unwrap_or_default();
        let mark = if idx == 0 { mark } else { ' ' };
        let line = format!("  {mark} {:width$} | {}", cell(&left), cell(&right));
        // Writing to a text cannot fail.
        let _ = writeln!(text, "{}", line.trim_end());
    }
}

fn lines(text: &str, width: usize) -> Vec<String> {
    let chars: Vec<char> = text.chars().collect();
    chars.chunks(width.max(1)).map(|line| line.iter().collect()).collect()
}
