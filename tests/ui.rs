//! What `#[tracked]`, `node!`, `tweak!`, `untweak!` and `cell!` accept, and what they refuse, in which words.

#[test]
fn ui() {
    let cases = trybuild::TestCases::new();
    cases.pass("tests/ui/pass/*.rs");
    cases.compile_fail("tests/ui/fail/*.rs");
}

// Compiled here as well, for the lints that only clippy has.
#[path = "ui/pass/lints.rs"]
pub mod lints;

#[test]
fn the_expansion_is_clean_under_strict_lints() {
    lints::main();
}
