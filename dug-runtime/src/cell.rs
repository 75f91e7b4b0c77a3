//! What the expansion of `cell!` calls: a block, whose result type has no name
//! there, as one tracked function.

use crate::bounds::{ClonedResult, SharedResult, StoredResult};
use crate::function::{Function, Operations};
use crate::key::Key;
use crate::registry::{self, Instances};
use crate::tweak::Numbers;
use std::marker::PhantomData;
use std::sync::Arc;

/// A block whose result is an `R`.
pub struct Cell<R> {
    function: &'static Function,
    result: PhantomData<fn() -> R>,
}

const A_CELL: &str = "it is a cell, a block inside a function, and only there can it be run";

impl<R: ClonedResult + SharedResult + StoredResult> Cell<R> {
    /// The block; `marker` is a closure beside it. In a generic function each instantiation has a
    /// block of its own, and so has the marker a type.
    #[inline]
    pub fn of<M>(instances: &'static Instances, _: M) -> Self {
        let marker = typeid::of::<M>();
        let function = registry::found(instances, &[marker], || {
            let types = types_around(std::any::type_name::<M>());
            let types = types.map(|types| registry::in_path(types.leak(), marker));
            registry::instantiate(
                instances.definition(),
                types.into_iter().collect(),
                Operations::stored::<R>(Err(A_CELL), Numbers::NONE),
            )
        });
        Cell {
            function,
            result: PhantomData,
        }
    }

    /// A key without inputs so far.
    #[inline]
    #[track_caller]
    pub fn key(&self) -> Key {
        Key::new(self.function)
    }

    /// As [`Key::hit`].
    #[inline]
    pub fn hit(&self, key: &Key) -> Option<R> {
        key.hit()
    }

    /// As [`Key::run`].
    ///
    /// # Panics
    /// As that.
    pub fn run(&self, mut key: Key, body: impl FnOnce() -> R, keep: fn(&R) -> bool) -> R {
        // Inputs cannot be read back, so that their printed form is taken beforehand; of none, too.
        if key.arguments.is_empty() {
            key.set_described(Some(Arc::default()));
        }
        key.run_once(body, keep)
    }
}

/// The types in the name of the function around a closure of this name, if there are some: they are a part of
/// the identity then.
fn types_around(closure: &str) -> Option<String> {
    let function = closure.trim_end_matches("::{{closure}}");
    let (mut depth, mut types) = (0, String::new());
    for (place, sign) in function.char_indices() {
        let is_arrow = function[..place].ends_with('-');
        match sign {
            '<' => depth += 1,
            '>' if !is_arrow => depth -= 1,
            _ => {}
        }
        // Those of one pair of brackets after those of another.
        match (depth, sign) {
            (0, '>') => types.push_str(", "),
            (1, '<') | (0, _) => {}
            _ => types.push(sign),
        }
    }
    let types = types.strip_suffix(", ")?;
    Some(types.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_found_in_names() {
        for (closure, types) in [
            ("a::f::{{closure}}", None),
            ("a::f<u8>::{{closure}}", Some("u8")),
            (
                "a::f<u8, a::W<u16>>::{{closure}}::{{closure}}",
                Some("u8, a::W<u16>"),
            ),
            (
                "a::W<u8>::f<fn(u8) -> u16>::{{closure}}",
                Some("u8, fn(u8) -> u16"),
            ),
            (
                "<a::B as a::C<u8>>::f::{{closure}}",
                Some("a::B as a::C<u8>"),
            ),
            ("a::f<a::W<_>::go::K>::{{closure}}", Some("a::W<_>::go::K")),
        ] {
            assert_eq!(types_around(closure).as_deref(), types, "{closure}");
        }
        fn generic<T>(_: T) -> Option<String> {
            fn around<M>(_: M) -> Option<String> {
                types_around(std::any::type_name::<M>())
            }
            let inner = || around(|| ());
            inner()
        }
        assert_eq!(generic(0_u8).as_deref(), Some("u8"));
        assert_eq!(generic(0_u16).as_deref(), Some("u16"));
    }
}
