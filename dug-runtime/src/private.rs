//! What the expansion of `#[tracked]` calls. No part of the public interface.

pub use crate::bounds::{
    GuardArgument, Lendable, PatternOfAnonymous, PatternOfMany, ResultOfAll, in_memory_result,
    tracked_result,
};
pub use crate::cell::Cell;
pub use crate::engine::given;
#[cfg(debug_assertions)]
pub use crate::function::common_types;
pub use crate::function::{
    Arguments, CallById, CallFunction, Callable, Code, Deep, Definition, Function, Operations,
    Path, ReadArgument, Table, pretend_code,
};
pub use crate::key::Key;
pub use crate::registry::{Instances, Registration, constant_name, instance};
pub use crate::store::{Row, impatient, open_apart, restarted, rows, store_of};
pub use crate::tweak::{
    ByElement, ByReference, ByValue, Calls, CallsOfAll, Many, Number, Numbers, OneResult,
    Parameter, Scaled, Skipped, Unlent,
};
pub use inventory;

use crate::bounds::InMemoryResult;
use crate::error::Error;
use crate::node::Node;
use crate::value::Erased;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::any::TypeId;
use std::collections::BTreeMap;
use std::marker::PhantomData;
use std::ops::{AddAssign, MulAssign, SubAssign};
use std::sync::{Mutex, OnceLock, PoisonError};

/// The node of a call; `call` calls the tracked function.
pub fn node<'a, R>(key: Key, call: Box<dyn FnOnce() -> R + 'a>) -> Node<'a, R> {
    Node::new(key, call)
}

/// The instantiations of a method that is tracked alone. Nothing stands beside such a method
/// but other methods, so that each of those which give its descriptor has a static of its own:
/// the first one that is used speaks for all.
#[derive(Debug)]
pub struct Shared {
    definition: &'static Definition,
    own: Instances,
    first: OnceLock<&'static Instances>,
}

impl Shared {
    /// Of an item that nothing has used yet, for a `static`.
    pub const fn new(definition: &'static Definition) -> Self {
        Shared {
            definition,
            own: Instances::new(definition),
            first: OnceLock::new(),
        }
    }

    /// The one place where the instantiations are.
    #[inline]
    pub fn instances(&'static self) -> &'static Instances {
        self.first.get_or_init(|| self.find_first())
    }

    /// One item is told from others by where it stands; items of one macro in sibling blocks
    /// that are not told apart in this way have different types as `Self`.
    #[cold]
    fn find_first(&'static self) -> &'static Instances {
        type Place = (String, &'static str, u32, u32);
        static FIRST: Mutex<BTreeMap<Place, &'static Instances>> = Mutex::new(BTreeMap::new());
        let Definition {
            path,
            file,
            line,
            column,
            ..
        } = *self.definition;
        let mut first = FIRST.lock().unwrap_or_else(PoisonError::into_inner);
        first
            .entry((path.whole(), file, line, column))
            .or_insert(&self.own)
    }
}

/// What a call by id gives back.
pub fn erased<R: InMemoryResult>(result: R) -> Erased {
    Erased::new(result)
}

/// The identity of a type, its lifetimes left out.
pub fn type_id<T: ?Sized>() -> TypeId {
    typeid::of::<T>()
}

/// The identity and the name of the type of a value that has no name in the source.
pub fn type_id_of_val<T: ?Sized>(_: &T) -> TypeId {
    typeid::of::<T>()
}

/// Reads an argument of type `T` back, where `T` allows that: `Probe::<T>::READ`, with [`RefuseArgument`] in scope.
pub struct Probe<T>(PhantomData<T>);

impl<T: Serialize + DeserializeOwned> Probe<T> {
    /// Reads it.
    pub const READ: ReadArgument<T> = |arguments| arguments.look();
}

/// The answer for all other types.
pub trait RefuseArgument<T> {
    /// Says why there is none.
    const READ: ReadArgument<T>;
}

impl<T> RefuseArgument<T> for Probe<T> {
    const READ: ReadArgument<T> = |_| Err(undecodable(std::any::type_name::<T>()));
}

fn undecodable(argument: &str) -> Error {
    Error::NotCallable {
        node: String::new(),
        reason: format!(
            "its argument of type `{}` cannot be read back from its encoding: nothing here \
             says that the type implements `Deserialize` (of `Self` in a trait's own method, \
             and of a type parameter, only a bound says it: \
             `serde::de::DeserializeOwned`)",
            borrowed(argument)
        ),
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

/// Says what can be computed with results of type `R`: `Computes::<R>::OWN` and `::SCALED`, with
/// [`ComputesNothing`] in scope.
pub struct Computes<R>(PhantomData<R>);

impl<R> Computes<R>
where
    R: AddAssign + SubAssign + MulAssign + PartialOrd + Clone,
    R: Serialize + DeserializeOwned + Send + Sync + 'static,
{
    /// With operands of its own type.
    pub const OWN: Option<Number> = Some(Number::of::<R>());
}

impl<R: MulAssign<f64> + Clone + Send + Sync + 'static> Computes<R> {
    /// With an `f64`.
    pub const SCALED: Option<Scaled> = Some(Scaled::of::<R>());
}

/// The answers for all other types.
pub trait ComputesNothing {
    /// With operands of its own type.
    const OWN: Option<Number> = None;
    /// With an `f64`.
    const SCALED: Option<Scaled> = None;
}

impl<R> ComputesNothing for Computes<R> {}

/// Tells which results of type `R` may be kept: `Keep::<R>::KEEP`, with [`KeepAny`] in scope.
pub struct Keep<R>(PhantomData<R>);

impl<T, E> Keep<Result<T, E>> {
    /// An `Err` is not kept.
    pub const KEEP: fn(&Result<T, E>) -> bool = Result::is_ok;

    /// The same, of a value.
    pub fn which(&self) -> fn(&Result<T, E>) -> bool {
        Self::KEEP
    }
}

impl<R> Keep<R> {
    /// Asks for the type of a result that has no name in the source, as `Keep::of(&result).which()`.
    pub const fn of(_: &R) -> Self {
        Keep(PhantomData)
    }
}

/// Any result may be kept.
pub fn keep_all<R>(_: &R) -> bool {
    true
}

/// The answer for all types but `Result`.
pub trait KeepAny<R> {
    /// Any is kept.
    const KEEP: fn(&R) -> bool = keep_all;

    /// The same, of a value.
    fn which(&self) -> fn(&R) -> bool {
        Self::KEEP
    }
}

impl<R> KeepAny<R> for Keep<R> {}
