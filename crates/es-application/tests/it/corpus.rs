//! What fuzzing the IDs of sections started from and has found: it runs as a test each time.

use std::{fs, path::Path};

#[path = "../../../../fuzz/sections.rs"]
mod sections;

#[test]
fn section_id() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/section_id");
    let files: Vec<_> = fs::read_dir(folder).unwrap().collect();
    assert!(!files.is_empty());
    for file in files {
        let text = fs::read_to_string(file.unwrap().path()).unwrap();
        sections::section_id(&text);
    }
}
