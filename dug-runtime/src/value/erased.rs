//! A result that leaves dug without its type.

use crate::error::Error;
use std::any::{Any, type_name};

/// A result whose type is known to the one who asked for it.
///
/// ```
/// use dug::{node, tracked, with_context};
///
/// #[tracked]
/// fn double(x: i64) -> i64 { 2 * x }
///
/// with_context(|| {
///     let id = node!(double(4)).id().clone();
///     assert_eq!(id.call_erased().unwrap().downcast::<i64>().unwrap(), 8);
/// });
/// ```
pub struct Erased {
    value: Box<dyn Any + Send>,
    type_name: &'static str,
    node: String,
}

impl Erased {
    /// Erases the type of `value`. Called by what `#[tracked]` expands to.
    #[doc(hidden)]
    pub fn new<R: Send + 'static>(value: R) -> Self {
        Erased {
            value: Box::new(value),
            type_name: type_name::<R>(),
            node: String::new(),
        }
    }

    /// Says whose result it is, for messages.
    pub(crate) fn of_node(mut self, node: String) -> Self {
        self.node = node;
        self
    }

    /// The result as an `R`.
    ///
    /// # Errors
    /// [`Error::WrongType`] if the function returns another type.
    ///
    /// ```
    /// # use dug::{node, tracked, with_context};
    /// #[tracked]
    /// fn name() -> String { "dug".into() }
    ///
    /// with_context(|| {
    ///     let result = node!(name()).id().call_erased().unwrap();
    ///     assert!(result.downcast::<u8>().is_err());
    /// });
    /// ```
    pub fn downcast<R: 'static>(self) -> Result<R, Error> {
        match self.value.downcast() {
            Ok(value) => Ok(*value),
            Err(_) => Err(Error::WrongType {
                node: self.node,
                wanted: type_name::<R>(),
            }),
        }
    }

    /// The result itself.
    pub(crate) fn into_any(self) -> Box<dyn Any + Send> {
        self.value
    }

    /// The name of the type that the function returns, for messages.
    ///
    /// ```
    /// # use dug::{node, tracked, with_context};
    /// # #[tracked] fn one() -> u8 { 1 }
    /// with_context(|| {
    ///     assert_eq!(node!(one()).id().call_erased().unwrap().type_name(), "u8");
    /// });
    /// ```
    pub fn type_name(&self) -> &'static str {
        self.type_name
    }
}

impl std::fmt::Debug for Erased {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Erased({})", self.type_name)
    }
}
