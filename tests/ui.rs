//! What `#[tracked]`, `node!`, `tweak!` and `untweak!` accept, and what they refuse, in which words.

#[test]
fn ui() {
    let cases = trybuild::TestCases::new();
    cases.pass("tests/ui/pass/*.rs");
    cases.compile_fail("tests/ui/fail/*.rs");
}
