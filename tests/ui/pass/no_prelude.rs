//! The expansion needs no name of the prelude.

#![no_implicit_prelude]

use ::dug::{cell, node, tracked, tweak, untweak, with_context};
use ::std::{assert, assert_eq};

#[tracked]
fn borrows(
    text: &str,
    words: &[&str],
    maybe: ::std::option::Option<&u8>,
    x: impl ::serde::Serialize,
) -> usize {
    let _ = (words, maybe, x);
    text.len()
}

#[tracked]
fn by_id(words: &[&str], maybe: ::std::option::Option<&str>, mut x: ::std::vec::Vec<u8>) -> u8 {
    let _ = (words, maybe);
    x.push(1);
    1
}

#[tracked]
fn fallible<T: ::serde::Serialize, const N: u8>(x: T) -> ::std::result::Result<u8, u8> {
    let _ = x;
    ::std::result::Result::Err(N)
}

#[derive(::serde::Serialize)]
struct A;

#[tracked]
impl A {
    fn method(&self, x: &str) -> usize {
        x.len()
    }
}

trait Trait {
    fn one(&self) -> u8;
}

#[tracked]
impl Trait for A {
    fn one(&self) -> u8 {
        1
    }
}

fn main() {
    with_context(|| {
        assert_eq!(borrows("text", &["a"], ::std::option::Option::None, 1), 4);
        assert_eq!(node!(by_id(&[], ::std::option::Option::None, ::std::vec::Vec::new())).call(), 1);
        assert!(fallible::<_, 3>("x") == node!(fallible::<&str, 3>("x")).call());
        tweak!(A.method("x") => 3);
        untweak!(A.method("x"));
        tweak!(borrows(..) => 3);
        tweak!(by_id(&["a"], _, ::std::vec::Vec::new()) => 3);
        tweak!(by_id(["a", x], ::std::option::Option::None, y) if x.len() == y.len() => |old| old);
        tweak!(A::method(_, "x") *= 3);
        untweak!(A::method(_, "x"));
        assert_eq!(node!(A.method("x")).call(), 1);
        assert_eq!(node!(A.one()).call(), A.one());
        let (x, a) = (1_u8, A);
        assert_eq!(cell!("cell", (x, &a) => { x + a.one() }), 2);
        cell!("empty", () => {});
    });
}
