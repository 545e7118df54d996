//! What the compiler says about mistakes in sets of events.

#[test]
fn mistakes_are_explained() {
    trybuild::TestCases::new().compile_fail("tests/ui/fail/*/*.rs");
}
