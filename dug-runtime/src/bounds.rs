//! What arguments and results must be able to do, said in the user's terms
//! where one of them cannot.
//!
//! Each requirement is a trait of its own with a text of its own, and the
//! texts speak of the type that stands in the signature: its blanket
//! implementation is not recommended to the user, so that the compiler does
//! not walk on into the parts of the type.

use serde::Serialize;
use serde::de::DeserializeOwned;

/// What an argument of a tracked function must be: serializable, so that a call can be keyed.
///
/// Implemented for all types that it fits.
///
/// ```
/// fn is_argument<T: dug::TrackedArgument + ?Sized>() {}
///
/// is_argument::<(u8, String)>();
/// is_argument::<&[&str]>();
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be an argument of a tracked function: it does not implement `serde::Serialize`",
    label = "this does not implement `serde::Serialize`",
    note = "a call is identified by its serialized arguments: derive `serde::Serialize` for the type (and for what it consists of), \
            or leave the argument out of the identity with `#[tracked(skip(..))]`"
)]
pub trait TrackedArgument: Serialize {}

#[diagnostic::do_not_recommend]
impl<T: Serialize + ?Sized> TrackedArgument for T {}

/// A result that can be handed to every caller.
///
/// ```
/// fn can_be_kept<T: dug::ClonedResult>() {}
///
/// can_be_kept::<Vec<String>>();
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the result of a tracked function: it does not implement `Clone`",
    label = "this does not implement `Clone`",
    note = "a result is kept, and each caller gets a clone of it: derive `Clone`, or return it in an `Arc`"
)]
pub trait ClonedResult: Clone + 'static {}

#[diagnostic::do_not_recommend]
impl<T: Clone + 'static> ClonedResult for T {}

/// A result that threads can share.
///
/// ```
/// fn can_be_shared<T: dug::SharedResult>() {}
///
/// can_be_shared::<std::sync::Arc<str>>();
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the result of a tracked function: it is not `Send + Sync`",
    label = "this, or a part of it, cannot be shared between threads",
    note = "contexts are shared between threads, and so are the results that they keep: \
            use `Arc` in the place of `Rc`, and `Mutex` or `OnceLock` in the place of `RefCell` and `Cell`"
)]
pub trait SharedResult: Send + Sync {}

#[diagnostic::do_not_recommend]
impl<T: Send + Sync> SharedResult for T {}

/// A result that can be stored and compared by its encoding.
///
/// ```
/// fn can_be_stored<T: dug::StoredResult>() {}
///
/// can_be_stored::<Vec<f64>>();
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the result of a tracked function: it does not implement `serde::Serialize` and `serde::Deserialize`, owning what it holds",
    label = "this, or a part of it, has no `Serialize` or no owned `Deserialize`",
    note = "results are compared and stored by their serialized form: derive `serde::Serialize` and `serde::Deserialize`, \
            or write `#[tracked(in_memory)]` for a result that never goes to a store"
)]
pub trait StoredResult: Serialize + DeserializeOwned {}

#[diagnostic::do_not_recommend]
impl<T: Serialize + DeserializeOwned> StoredResult for T {}

/// What the result of a tracked function must be.
///
/// Implemented for all types that it fits.
///
/// ```
/// use dug::{tracked, with_context};
///
/// #[tracked]
/// fn newest<T: dug::TrackedResult + Ord>(items: &[T]) -> Option<T> {
///     items.iter().max().cloned()
/// }
///
/// with_context(|| assert_eq!(newest(&[2, 3, 1]), Some(3)));
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the result of a tracked function",
    label = "this is not `Clone + Send + Sync + 'static + Serialize + DeserializeOwned`"
)]
pub trait TrackedResult: InMemoryResult + StoredResult {}

impl<T: ClonedResult + SharedResult + StoredResult> TrackedResult for T {}

/// What the result of an `in_memory` tracked function must be.
///
/// Implemented for all types that it fits.
///
/// ```
/// use dug::{tracked, with_context};
///
/// #[tracked(in_memory)]
/// fn pair<T: dug::InMemoryResult + dug::TrackedArgument>(x: T) -> (T, T) {
///     (x.clone(), x)
/// }
///
/// with_context(|| assert_eq!(pair(1), (1, 1)));
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the result of a tracked function",
    label = "this is not `Clone + Send + Sync + 'static`"
)]
pub trait InMemoryResult: ClonedResult + SharedResult {}

impl<T: ClonedResult + SharedResult> InMemoryResult for T {}

/// Asks for all that a result needs, one by one: each has a text of its own.
#[doc(hidden)]
pub const fn tracked_result<R: ClonedResult + SharedResult + StoredResult>() {}

/// Asks for all that the result of an `in_memory` function needs.
#[doc(hidden)]
pub const fn in_memory_result<R: ClonedResult + SharedResult>() {}
