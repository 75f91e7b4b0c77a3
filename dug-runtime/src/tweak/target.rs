//! Targets: which nodes a tweak is about, with the type of their results.

use super::{Action, Arithmetic, Guard, Selector, Tweak, Wide};
use crate::codec;
use crate::error::Error;
use crate::function::{self, Function};
use crate::value::{Value, expect_ref};
use serde::Serialize;
use std::marker::PhantomData;
use std::ops::{AddAssign, MulAssign, SubAssign};
use std::sync::Arc;

/// The nodes that a tweak is about: one, those that match a pattern or a guard, or all of a
/// function.
///
/// [`tweak!`](https://docs.rs/dug) makes it from its left side; [`Node::target`](crate::Node::target)
/// gives that of one node.
///
/// ```
/// use dug::{node, tracked, with_context};
///
/// #[tracked]
/// fn rate(years: u32) -> f64 { 0.01 * f64::from(years) }
///
/// with_context(|| {
///     node!(rate(2)).target().value(0.5).apply(); // as `tweak!(rate(2) => 0.5)`
///     assert_eq!(rate(2), 0.5);
/// });
/// ```
#[must_use = "a target does nothing by itself"]
pub struct Target<R> {
    pub(crate) selector: Result<Selector, Error>,
    result: PhantomData<fn() -> R>,
}

impl<R> std::fmt::Debug for Target<R> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_tuple("Target").field(&self.selector).finish()
    }
}

impl<R> Target<R> {
    pub(crate) fn new(selector: Result<Selector, Error>) -> Self {
        Target {
            selector,
            result: PhantomData,
        }
    }

    /// The nodes whose arguments pass the test.
    pub(super) fn guarded(
        function: &'static Function,
        test: impl Fn(&mut function::Arguments<'_>) -> Result<bool, Error> + Send + Sync + 'static,
    ) -> Self {
        let guard = Arc::new(Guard::new(test));
        Target::new(Ok(Selector::Wide(Wide::Guard { function, guard })))
    }
}

impl<R: Clone + Send + Sync + 'static> Target<R> {
    fn tweak(self, action: Action) -> Tweak {
        Tweak::new(self.selector, action)
    }

    /// The tweak by which the nodes answer `value`.
    ///
    /// ```
    /// # use dug::{node, tracked};
    /// # #[tracked] fn rate(years: u32) -> f64 { f64::from(years) }
    /// let tweak = node!(rate(2)).target().value(0.5); // as `tweak!(in rate(2) => 0.5)`
    /// assert_eq!(tweak.value::<f64>(), Some(0.5));
    /// ```
    pub fn value(self, value: R) -> Tweak {
        let selector = self.selector.as_ref().ok();
        let value = Value::of(value, selector.and_then(Selector::encode_result));
        self.tweak(Action::Value(value))
    }

    /// The tweak by which the nodes answer what `change` makes of what they would answer otherwise.
    ///
    /// The closure must be as pure as a tracked function; what it asks of those is traced.
    ///
    /// ```
    /// # use dug::{node, tracked, with_context};
    /// # #[tracked] fn rate(years: u32) -> f64 { f64::from(years) }
    /// with_context(|| {
    ///     node!(rate(2)).target().relative(|old| old + 0.5).apply();
    ///     assert_eq!(rate(2), 2.5);
    /// });
    /// ```
    pub fn relative(self, change: impl Fn(R) -> R + Send + Sync + 'static) -> Tweak {
        self.tweak(Action::Closure(Arc::new(move |old| {
            old.another(change(expect_ref::<R>(&*old).clone()))
        })))
    }

    fn arithmetic(self, arithmetic: Arithmetic) -> Tweak {
        self.tweak(Action::Arithmetic(Arc::new(arithmetic)))
    }

    /// The tweak by which the nodes answer `operand` times what they would answer otherwise.
    ///
    /// ```
    /// # use dug::{node, tracked, with_context};
    /// # #[tracked] fn rate(years: u32) -> f64 { f64::from(years) }
    /// with_context(|| {
    ///     node!(rate(2)).target().multiplied(1.5).apply(); // as `tweak!(rate(2) *= 1.5)`
    ///     assert_eq!(rate(2), 3.0);
    /// });
    /// ```
    pub fn multiplied<O>(self, operand: O) -> Tweak
    where
        R: MulAssign<O>,
        O: Clone + Serialize + Send + Sync + 'static,
    {
        self.arithmetic(Arithmetic::multiply::<R, O>(operand))
    }

    /// The tweak by which the nodes answer `operand` more than they would answer otherwise.
    ///
    /// ```
    /// # use dug::{node, tracked, with_context};
    /// # #[tracked] fn rate(years: u32) -> f64 { f64::from(years) }
    /// with_context(|| {
    ///     node!(rate(2)).target().increased(1.5).apply(); // as `tweak!(rate(2) += 1.5)`
    ///     assert_eq!(rate(2), 3.5);
    /// });
    /// ```
    pub fn increased<O>(self, operand: O) -> Tweak
    where
        R: AddAssign<O>,
        O: Clone + Serialize + Send + Sync + 'static,
    {
        self.arithmetic(Arithmetic::add::<R, O>(operand))
    }

    /// The tweak by which the nodes answer `operand` less than they would answer otherwise.
    ///
    /// ```
    /// # use dug::{node, tracked, with_context};
    /// # #[tracked] fn rate(years: u32) -> f64 { f64::from(years) }
    /// with_context(|| {
    ///     node!(rate(2)).target().decreased(1.5).apply(); // as `tweak!(rate(2) -= 1.5)`
    ///     assert_eq!(rate(2), 0.5);
    /// });
    /// ```
    pub fn decreased<O>(self, operand: O) -> Tweak
    where
        R: SubAssign<O>,
        O: Clone + Serialize + Send + Sync + 'static,
    {
        self.arithmetic(Arithmetic::subtract::<R, O>(operand))
    }

    /// The tweak by which the nodes answer `low` where they would answer less, and `high` where more.
    ///
    /// If `low` is not at most `high`, the tweak is an error where it is used: applying it panics, and
    /// [`Scenario::with`](crate::Scenario::with) returns [`Error::EmptyClamp`](crate::Error::EmptyClamp).
    ///
    /// ```
    /// # use dug::{node, tracked, with_context};
    /// # #[tracked] fn rate(years: u32) -> f64 { f64::from(years) }
    /// with_context(|| {
    ///     node!(rate(2)).target().clamped(0.0, 1.0).apply(); // as `tweak!(rate(2).clamp(0.0, 1.0))`
    ///     assert_eq!(rate(2), 1.0);
    /// });
    /// ```
    pub fn clamped(self, low: R, high: R) -> Tweak
    where
        R: PartialOrd + Serialize,
    {
        if low <= high {
            return self.arithmetic(Arithmetic::clamp(low, high));
        }
        let selector = self.selector.and_then(|selector| {
            Err(Error::EmptyClamp {
                node: selector.to_string(),
                low: codec::render(&low),
                high: codec::render(&high),
            })
        });
        Tweak::new(
            selector,
            Action::Arithmetic(Arc::new(Arithmetic::clamp(low, high))),
        )
    }
}
