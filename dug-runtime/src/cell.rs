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
            let around = instantiation(std::any::type_name::<M>());
            let types = around.map(|(name, types)| registry::in_path(name, types, marker));
            registry::instantiate(
                instances.definition(),
                types.into_iter().collect(),
                Operations::stored::<R>(Err(A_CELL), || Numbers {
                    own: None,
                    scaled: None,
                }),
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
        key.run(body, keep)
    }
}

/// The function around a closure of this name, if types are a part of its name: they are a part
/// of the identity then. And that part alone.
fn instantiation(closure: &'static str) -> Option<(&'static str, &'static str)> {
    let function = closure.trim_end_matches("::{{closure}}");
    let types = &function[function.find('<')?..];
    Some((function, types))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_found_in_names() {
        fn around<M>(_: M) -> Option<&'static str> {
            let (function, types) = instantiation(std::any::type_name::<M>())?;
            assert!(function.ends_with(types), "{types}");
            Some(function)
        }
        fn generic<T>(_: T) -> Option<&'static str> {
            let inner = || around(|| ());
            inner()
        }
        assert_eq!(around(|| ()), None);
        let (u8, u16) = (generic(0_u8).unwrap(), generic(0_u16).unwrap());
        assert!(u8.ends_with("generic<u8>"), "{u8}");
        assert!(u16.ends_with("generic<u16>"), "{u16}");
    }
}
