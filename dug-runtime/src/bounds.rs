//! What arguments and results must be able to do, said in the user's terms
//! where one of them cannot.
//!
//! Each requirement is a trait of its own with a text of its own, and the
//! texts speak of the type that stands in the signature: its blanket
//! implementation is not recommended to the user, so that the compiler does
//! not walk on into the parts of the type.

use crate::error::Error;
use crate::function::Arguments;
use crate::tweak::{Skipped, Target, Tweak, Unlent};
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

/// What [`Scenario::with`](crate::Scenario::with) takes: a tweak, not yet applied to anything.
///
/// ```
/// fn is_tweak<T: dug::TweakAsValue>() {}
///
/// is_tweak::<dug::Tweak>();
/// ```
#[diagnostic::on_unimplemented(
    message = "this is no tweak as a value",
    label = "`tweak!` without `in` applies the tweak to the current context, and gives nothing",
    note = "write `tweak!(in f(args) => value)`"
)]
pub trait TweakAsValue {
    /// The tweak.
    #[doc(hidden)]
    fn into_tweak(self) -> Tweak;
}

impl TweakAsValue for Tweak {
    fn into_tweak(self) -> Tweak {
        self
    }
}

/// Asks for all that a result needs, one by one: each has a text of its own.
#[doc(hidden)]
pub const fn tracked_result<R: ClonedResult + SharedResult + StoredResult>() {}

/// Asks for all that the result of an `in_memory` function needs.
#[doc(hidden)]
pub const fn in_memory_result<R: ClonedResult + SharedResult>() {}

/// An argument that a guard is given: `T` is what the signature names, and `O` the owned form
/// that it is read back as, or what stands for it. A bound of the guard itself, so that functions may have
/// arguments that do not decode as long as nobody guards them.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "a guard cannot read an argument of type `{T}`: the type does not implement `serde::Deserialize`, owning what it holds",
    label = "this guard would have to read a `{T}` back from its encoding",
    note = "a guard sees the arguments of a call as they are read back from the call's identity: derive `serde::Deserialize` for the type \
            (and for what it consists of), or leave the `if` out, and write `_` for what may be anything"
)]
pub trait GuardArgument<T: ?Sized, O> {
    /// The next argument.
    fn read(&self, arguments: &mut Arguments<'_>) -> Result<O, Error>;
}

#[diagnostic::do_not_recommend]
impl<G, T: ?Sized, O: Serialize + DeserializeOwned> GuardArgument<T, O> for G {
    fn read(&self, arguments: &mut Arguments<'_>) -> Result<O, Error> {
        arguments.read()
    }
}

#[diagnostic::do_not_recommend]
impl<G, T: ?Sized> GuardArgument<T, Skipped> for G {
    fn read(&self, _: &mut Arguments<'_>) -> Result<Skipped, Error> {
        Ok(Skipped)
    }
}

#[diagnostic::do_not_recommend]
impl<G, T: ?Sized> GuardArgument<T, Unlent> for G {
    fn read(&self, _: &mut Arguments<'_>) -> Result<Unlent, Error> {
        Ok(Unlent)
    }
}

/// An argument that a guard can be lent, if it can be read back: all but those that borrow in other ways.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "this function takes no guard: one of its arguments borrows in a way that cannot be lent from a decoded value",
    label = "this guard would have to be lent that argument",
    note = "a guard sees the arguments of a call as they are read back from the call's identity; owned ones can be given, \
            and `&str`, `&[T]`, `&T`, `Option<&T>` and `&[&str]` be lent: \
            leave the `if` out, and write `_` for what may be anything"
)]
pub trait Lendable {}

/// A part of a pattern, or a guard, for a function with `impl Trait` arguments: nothing implements this.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "a function with `impl Trait` arguments takes no pattern and no guard",
    label = "this is a part of a pattern or a guard",
    note = "each type of such an argument makes a function of its own: write `..` alone for the calls of all of them, \
            or one call with all its arguments"
)]
pub trait PatternOfAnonymous {
    /// Never called.
    fn target<R>(self) -> Target<R>;
}

/// A part of a pattern, or a guard, for a function of many arguments: nothing implements this.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "a function of more than 24 arguments takes no pattern and no guard",
    label = "this is a part of a pattern or a guard",
    note = "write `..` alone for all of its calls, or one call with all its arguments; or put some of the arguments together in a struct"
)]
pub trait PatternOfMany {
    /// Never called.
    fn target<R>(self) -> Target<R>;
}

/// The result of a function with `impl Trait` arguments that is tweaked as a whole, where
/// the result depends on a type parameter: nothing implements this but what stands for the opposite.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "this function cannot be tweaked as a whole: it has `impl Trait` arguments, so that all of its instantiations are meant, \
               and their results may differ in type",
    label = "the type of the result may depend on a type parameter",
    note = "give the function type parameters in the place of `impl Trait`, or write one call with all its arguments; \
            of a method that is tracked alone, the impl block is out of sight: write `#[tracked]` on the block"
)]
pub trait ResultOfAll {}
