//! Names that stand for other things than it seems, and what is reached without any.

use super::changes;

#[test]
fn what_is_hidden_by_something_else_is_reached() {
    for (source, from, to) in [
        (
            "mod m { pub fn macro_rules() -> u8 { 1 } } use m::macro_rules; fn root() { macro_rules() }",
            "1",
            "2",
        ),
        (
            "impl T for X { fn macro_rules(&self) -> u8 { 1 } } fn root(x: X) { x.macro_rules() }",
            "1",
            "2",
        ),
        // A parameter of types hides no value.
        (
            "const N: u8 = 1; fn h<N>(_: N) -> u8 { N } fn root() { h(0) }",
            "= 1",
            "= 2",
        ),
        (
            "fn T() -> u8 { 1 } struct W<T>(T); impl<T> W<T> { fn h(&self) -> u8 { T() } } fn root() { W(0).h() }",
            "1",
            "2",
        ),
        // The only impl that is possible.
        (
            "struct L; impl dep::Tr<L> for i32 { fn go(&self) -> u8 { 1 } } fn root() { dep::run(3) }",
            "1",
            "2",
        ),
    ] {
        assert!(changes(source, from, to), "{source}");
    }
    for (source, from, to) in [
        (
            "struct L; impl From<L> for i32 { fn from(l: L) -> i32 { 1 } } fn root() { dep::run(3) }",
            "1",
            "2",
        ),
        (
            "struct L; impl dep::Tr<u8> for L { fn go(&self) -> u8 { 1 } } fn root() { dep::run(3) }",
            "1",
            "2",
        ),
    ] {
        assert!(!changes(source, from, to), "{source}");
    }
}
