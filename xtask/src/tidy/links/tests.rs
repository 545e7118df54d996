//! Links that lead somewhere, and links that do not.

use super::*;

/// Checks a page in `docs/`, where only the root and `docs/book/start.md` exist.
fn broken(text: &str) -> Vec<String> {
    let exists = |path: &Path| path == Path::new("") || path == Path::new("docs/book/start.md");
    let findings = check(&File::new("docs/page.md", text), exists);
    findings.iter().map(ToString::to_string).collect()
}

#[test]
fn links_to_files_and_elsewhere_are_fine() {
    for text in [
        "[a](book/start.md)",
        "[a](./book/start.md#part)",
        "[a](/docs/book/start.md)",
        "[a](../docs/book/start.md \"title\")",
        "[a](..)",
        "[a](#part)",
        "[a](https://example.org/none.md)",
        "[a]: book/start.md",
        "`[a](none.md)`",
        "```\n[a](none.md)\n```",
    ] {
        assert_eq!(broken(text), [""; 0], "{text}");
    }
}

#[test]
fn a_link_to_nothing_is_found_with_its_line() {
    assert_eq!(
        broken("one\n[a](book/start.md) and [b](none.md#part)\n"),
        ["docs/page.md:2: the link `none.md#part` points at nothing"]
    );
}

#[test]
fn every_form_of_a_link_is_followed() {
    for text in [
        "[a]: none.md",
        "[a](/none.md)",
        "![a](none.png)",
        "[`a`](none.md)",
        "[a](<none.md>)",
    ] {
        assert_eq!(broken(text).len(), 1, "{text}");
    }
}
