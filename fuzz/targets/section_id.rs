//! Feeds texts to `sections::section_id`.

#![no_main]

#[path = "../sections.rs"]
mod sections;

libfuzzer_sys::fuzz_target!(|text: &str| sections::section_id(text));
