//! What the expansion of `#[tracked]` calls. No part of the public interface.

pub use crate::bounds::{in_memory_result, tracked_result};
pub use crate::function::{Arguments, CallById, Definition, Function, Operations};
pub use crate::key::Key;
pub use crate::registry::{Instances, Registration, called, constant_name, instance, path_of};
pub use inventory;

use crate::bounds::InMemoryResult;
use crate::error::Error;
use crate::node::Node;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::any::TypeId;
use std::marker::PhantomData;

/// The node of a call; `call` calls the tracked function.
pub fn node<'a, R: InMemoryResult>(key: Key, call: impl FnOnce() -> R + 'a) -> Node<'a, R> {
    Node::new(key, call)
}

/// The identity of a type, its lifetimes left out.
pub fn type_id<T: ?Sized>() -> TypeId {
    typeid::of::<T>()
}

/// The identity and the name of the type of a value that has no name in the source.
pub fn type_id_of_val<T: ?Sized>(_: &T) -> TypeId {
    typeid::of::<T>()
}

/// Reads an argument of type `T` back, where `T` allows that: called as
/// `(&&Probe::<T>::new()).read(&mut arguments)` with both traits in scope.
pub struct Probe<T>(PhantomData<T>);

impl<T> Probe<T> {
    /// Asks for `T`.
    #[allow(clippy::new_without_default)]
    pub const fn new() -> Self {
        Probe(PhantomData)
    }
}

/// The answer for types that decode.
pub trait ReadArgument<T> {
    /// The next argument.
    fn read(&self, arguments: &mut Arguments<'_>) -> Result<T, Error>;
}

impl<T: Serialize + DeserializeOwned> ReadArgument<T> for &Probe<T> {
    fn read(&self, arguments: &mut Arguments<'_>) -> Result<T, Error> {
        arguments.read()
    }
}

/// The answer for all other types.
pub trait RefuseArgument<T> {
    /// Why there is none.
    fn read(&self, arguments: &mut Arguments<'_>) -> Result<T, Error>;
}

impl<T> RefuseArgument<T> for Probe<T> {
    fn read(&self, _: &mut Arguments<'_>) -> Result<T, Error> {
        Err(Error::NotCallable {
            node: String::new(),
            reason: format!(
                "its argument of type `{}` cannot be read back from its encoding: nothing here \
                 says that the type implements `Deserialize` (of `Self` in a trait's own method, \
                 and of a type parameter, only a bound says it: \
                 `serde::de::DeserializeOwned`)",
                borrowed(std::any::type_name::<T>())
            ),
        })
    }
}

/// What is borrowed, by the name of the owned form that it is read back as: `T` for
/// `Box<T>`, `Option<Box<T>>` and `Vec<Box<T>>`.
fn borrowed(name: &str) -> &str {
    let boxed = ["core::option::Option<", "alloc::vec::Vec<"]
        .iter()
        .find_map(|outer| name.strip_prefix(outer)?.strip_suffix('>'))
        .unwrap_or(name);
    boxed
        .strip_prefix("alloc::boxed::Box<")
        .and_then(|inner| inner.strip_suffix('>'))
        .unwrap_or(name)
}

/// Whether a result may be kept: called as `(&&Keep(&result)).is_kept()` with both traits in scope.
pub struct Keep<'a, R>(pub &'a R);

/// The answer for `Result`: an `Err` is not kept.
pub trait KeepResult {
    /// Whether the result may be kept.
    fn is_kept(&self) -> bool;
}

impl<T, E> KeepResult for &Keep<'_, Result<T, E>> {
    #[inline]
    fn is_kept(&self) -> bool {
        self.0.is_ok()
    }
}

/// The answer for all other types.
pub trait KeepAny {
    /// Whether the result may be kept.
    fn is_kept(&self) -> bool;
}

impl<R> KeepAny for Keep<'_, R> {
    #[inline]
    fn is_kept(&self) -> bool {
        true
    }
}
