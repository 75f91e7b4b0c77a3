//! Hostile names: whatever the user's program declares, the expansion means its own.

#![allow(dead_code, non_camel_case_types, non_upper_case_globals, unused_imports)]

// Names of the prelude, of dug, and of what the expansion uses, all taken.
mod taken {
    pub struct Key;
    pub struct Node;
    pub struct Function;
    pub struct Option;
    pub struct Some;
    pub struct None;
    pub struct Ok;
    pub struct Err;
    pub struct Result;
    pub struct Vec;
    pub struct Box;
    pub struct String;
    pub struct Erased;
    pub struct Keep;
    pub struct Probe;
    pub struct A;
    pub struct T;
    pub struct R;
    pub const FUNCTION: u8 = 1;
    pub const DEFINITION: u8 = 1;
    pub mod dug {}
    pub mod core {}
    pub mod std {}
    pub mod __private {}
    pub trait Hit: Sized {
        fn hit(self) -> u8 {
            1
        }
        fn run(self) -> u8 {
            1
        }
        fn argument(self) -> u8 {
            1
        }
        fn describe(self) -> u8 {
            1
        }
        fn wants_text(self) -> u8 {
            1
        }
        fn only_printing(self) -> u8 {
            1
        }
        fn as_deref(self) -> u8 {
            1
        }
        fn collect(self) -> u8 {
            1
        }
        fn map(self) -> u8 {
            1
        }
    }
    impl<X> Hit for X {}
    #[allow(unused_macros)]
    macro_rules! vec {
        () => {
            compile_error!("not this one")
        };
    }
    #[allow(unused_macros)]
    macro_rules! line {
        () => {
            compile_error!("not this one")
        };
    }
    pub(crate) use {line, vec};
}

use crate::taken::*;
use ::dug::{node, tracked, tweak, untweak, with_context};

#[tracked]
fn key(key: i64, result: i64, ctx: i64, function: i64) -> i64 {
    key + result + ctx + function
}

#[tracked]
fn result(this: i64, __dug: i64, arguments: i64, node: i64, name: i64, item: i64) -> i64 {
    this + __dug + arguments + node + name + item
}

// An argument that is called as its function.
#[tracked]
fn same(same: i64) -> i64 {
    same
}

#[tracked]
fn node(x: &str, y: ::core::option::Option<&str>, z: &[&str]) -> ::std::string::String {
    ::std::format!("{x}{y:?}{z:?}")
}

#[tracked]
fn dug(dug: u8) -> u8 {
    dug
}

// Type parameters called as types of the expansion.
#[tracked]
fn types<Key: ::serde::Serialize, Node, Function: ::serde::Serialize + ?Sized>(key: Key, function: &Function) -> u8
where
    Node: Default,
{
    let _ = (key, function, Node::default());
    1
}

#[tracked]
fn lifetimes<'dug, 'a, 'key>(a: &'a str, b: &'dug str, c: &'key str, d: &str) -> ::std::string::String {
    ::std::format!("{a}{b}{c}{d}")
}

#[tracked]
fn constants<const N: usize, const KEY: bool>(x: [u8; 2]) -> ::core::result::Result<usize, ()> {
    let 1 = FUNCTION else { return ::core::result::Result::Err(()) };
    let n = ::core::result::Result::<usize, ()>::Ok(N)?;
    ::core::result::Result::Ok(n + x.len() + usize::from(KEY))
}

#[tracked]
fn labelled(x: u8) -> u8 {
    'outer: loop {
        #[allow(clippy::never_loop)]
        loop {
            if x > 1 {
                return x;
            }
            break 'outer 1;
        }
    }
}

#[derive(Clone, ::serde::Serialize, ::serde::Deserialize)]
struct S {
    key: i64,
}

#[tracked]
impl S {
    fn key(&self, key: i64) -> i64 {
        self.key + key
    }
    fn node(key: i64) -> S {
        S { key }
    }
    fn function(&self, function: &str, __dug_key: ::core::option::Option<&i64>) -> i64 {
        let _ = (function, __dug_key);
        self.key
    }
}

mod inner {
    #[::dug::tracked]
    pub fn alone(x: &str) -> usize {
        x.len()
    }
    // `super` and `self` paths mean what they meant.
    #[::dug::tracked]
    pub fn paths() -> usize {
        self::alone("1") + super::inner::alone("2")
    }
}

// Written by a macro of the user, with names from both sides.
macro_rules! functions {
    ($($name:ident: $ty:ty => $body:block),*) => {
        $(
            #[tracked]
            fn $name(x: &$ty, y: $ty) -> usize {
                let _ = y;
                let n = $body;
                x.len() + n
            }
        )*
    };
}
fn y(x: usize) -> usize {
    x
}
functions!(first: [u8; 2] => { y(1) }, second: ::std::string::String => { y(2) });

macro_rules! blocks {
    ($name:ident, $method:ident, $arg:ident) => {
        #[derive(::serde::Serialize, ::serde::Deserialize, Clone)]
        struct $name(u8);
        #[tracked]
        impl $name {
            fn $method(&self, $arg: u8, other: u8) -> u8 {
                self.0 + $arg + other
            }
        }
    };
}
blocks!(Made, made, other);

fn main() {
    with_context(|| {
        assert_eq!(key(1, 2, 3, 4), 10);
        assert_eq!(node!(key(1, 2, 3, 4)).call(), 10);
        let (key_, result_) = (1, 2);
        tweak!(key(key_, result_, 3, 4) => 10);
        untweak!(key(1, 2, 3, 4));
        with_context(|| {
            tweak!(key(..) => 10);
            tweak!(key(key_, _, 3, 4) => 10);
            let __dug_argument1 = 1;
            tweak!(key(x, _, 3, 4) if x == __dug_argument1 => 10);
            tweak!(node(_, ::core::option::Option::Some("y"), _) => "x".to_owned());
            tweak!(node(x, ::core::option::Option::Some(y), [z]) if x == y && y == *z => "x".to_owned());
            tweak!(dug(..) => 1);
            tweak!(S::node(_) => S::node(1));
            tweak!(S::key(_, x) if x == 1 => 1);
        });
        assert_eq!(node!(result(1, 2, 3, 4, 5, 6)).call(), result(1, 2, 3, 4, 5, 6));
        assert_eq!(node!(same(1)).call(), same(1));
        assert_eq!(node!(node("x", ::core::option::Option::Some("y"), &["z"])).call(), "xSome(\"y\")[\"z\"]");
        assert_eq!(node!(dug(1)).call(), dug(1));
        assert_eq!(node!(types::<u8, i8, str>(1, "x")).call(), types::<_, ::std::string::String, _>("x", &1));
        assert_eq!(node!(lifetimes("a", "b", "c", "d")).call(), lifetimes("a", "b", "c", "d"));
        assert_eq!(node!(constants::<3, true>([1, 2])).call(), constants::<3, true>([1, 2]));
        assert_eq!(labelled(1) + node!(labelled(2)).call(), 3);
        let s = S::node(1);
        assert_eq!(node!(s.key(1)).call(), s.key(1));
        assert_eq!(node!(S::node(2)).call().key, 2);
        assert_eq!(node!(s.function("x", ::core::option::Option::None)).call(), 1);
        assert_eq!(node!(inner::alone("12")).call() + inner::paths(), 4);
        assert_eq!(node!(first(&[1, 2], [3, 4])).call(), 3);
        assert_eq!(second(&"2".to_owned(), "".to_owned()), 3);
        assert_eq!(node!(Made(1).made(2, 3)).call(), 6);
    });
}
