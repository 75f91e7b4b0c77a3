//! The expansion is clean under the strictest lints of the user.

#![deny(warnings, missing_docs, unused, clippy::all, clippy::pedantic)]
#![deny(
    unreachable_pub,
    elided_lifetimes_in_paths,
    single_use_lifetimes,
    unused_qualifications
)]
#![deny(
    missing_debug_implementations,
    trivial_casts,
    let_underscore_drop,
    unused_lifetimes
)]
#![forbid(unsafe_code)]

use dug::{cell, node, tracked, tweak, untweak, with_context};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// A free function.
#[tracked]
#[must_use]
pub fn one(x: i64) -> i64 {
    x
}

/// One without arguments or a result.
#[tracked]
#[inline]
pub fn nothing() {}

/// One whose result must be used.
#[tracked]
#[must_use]
pub fn must_use(_unused: u8, text: &str) -> String {
    text.to_owned()
}

/// One that is deprecated.
#[tracked]
#[must_use]
#[deprecated = "it is old"]
pub fn deprecated() -> u8 {
    1
}

/// Patterns, and a variable that changes.
#[tracked]
#[must_use]
pub fn patterns((a, b): (u8, u8), mut c: u8, _: u8) -> u8 {
    c += a + b;
    c
}

/// A fallible one.
///
/// # Errors
/// Always.
#[tracked]
pub fn fallible(x: Option<&str>) -> Result<u8, String> {
    Err(x.unwrap_or("none").to_owned())
}

/// Options.
#[tracked(skip(by), in_memory, version = "1", cache_err, no_node)]
pub fn options<F: Fn(u8) -> u8>(x: u8, by: F) -> u8 {
    by(x)
}

/// Generic.
#[tracked]
#[must_use]
pub fn generic<T, const N: usize>(
    x: &[T],
    y: impl Serialize + Clone,
    z: &impl Serialize,
) -> Option<T>
where
    T: Clone + Send + Sync + Serialize + DeserializeOwned + 'static,
{
    drop((y.clone(), z));
    x.get(N).cloned()
}

/// With lifetimes.
#[tracked]
#[must_use]
pub fn lifetimes<'a, 'b: 'a>(a: &'a str, b: &'b str) -> usize {
    let longest: &'a str = if a.len() > b.len() { a } else { b };
    longest.len()
}

/// A type.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Curve {
    rate: f64,
}

#[tracked]
impl Curve {
    /// Creates one.
    #[must_use]
    pub fn flat(rate: f64) -> Self {
        Curve { rate }
    }

    /// Reads it.
    #[must_use]
    pub fn rate(&self, at: &str) -> f64 {
        self.rate + Self::number(at)
    }

    fn number(at: &str) -> f64 {
        at.parse().unwrap_or(0.0)
    }

    fn generic<T: Serialize>(self, x: T, y: impl Serialize) -> bool {
        drop((x, y));
        self.rate > 0.0
    }

    /// Changes it.
    #[untracked]
    pub fn change(&mut self) {
        self.rate += 1.0;
    }
}

/// A trait.
pub trait Price {
    /// What it costs.
    fn price(&self, at: u8) -> f64;

    /// What it costs at the start.
    #[tracked]
    fn start(&self) -> f64
    where
        Self: Serialize,
    {
        self.price(0)
    }
}

#[tracked]
impl Price for Curve {
    fn price(&self, at: u8) -> f64 {
        self.rate * f64::from(at)
    }
}

/// A generic type.
#[derive(Debug, Clone, Serialize)]
pub struct View<'a, T> {
    /// What it shows.
    pub inner: &'a [T],
}

#[tracked]
impl<T: Serialize> View<'_, T> {
    /// How much it shows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.inner.len()
    }

    /// Whether it shows nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.inner.is_empty()
    }
}

#[tracked]
impl<T: Serialize> Price for View<'_, T> {
    fn price(&self, at: u8) -> f64 {
        f64::from(at)
    }
}

mod private {
    use super::tracked;

    #[tracked]
    pub(super) fn inner(x: u8) -> u8 {
        x
    }
}

fn wide_tweaks() {
    tweak!(one(..) => 2);
    tweak!(one(_) => |old| old + 1);
    tweak!(one(x) if x > 3 => 2);
    tweak!(one(..) *= 2);
    tweak!(one(1).clamp(2, 3));
    tweak!(must_use(_, "x") => String::new());
    tweak!(must_use(_, text) if text.len() > 3 => |old| old + "x");
    tweak!(fallible(Some(x)) if x == "x" => Ok(3));
    tweak!(patterns((1, 2), _, 3) => 4);
    tweak!(patterns((a, _), 3, _) if a == 1 => 4);
    tweak!(lifetimes(_, "x") => 4);
    tweak!(generic::<u8, 1>(&[1], 2, &3) => None);
    tweak!(Curve::rate(_, "x") => 4.0);
    tweak!(Curve::rate(curve, at) if curve.rate > 3.0 && at == "x" => 4.0);
    tweak!(Curve::start(..) => 4.0);
    tweak!(Curve::price(_, 3) => 4.0);
    tweak!(View::<u8>::len(..) => 4);
    tweak!(private::inner(_) => 4);
    untweak!(one(x) if x > 3);
    let _tweak = tweak!(in one(1) => 2);
    tweak!(one(..) => 1);
    untweak!(one(..));
}

pub(crate) fn main() {
    with_context(|| {
        #[tracked]
        fn local(x: u8) -> u8 {
            x
        }
        nothing();
        node!(nothing()).call();
        tweak!(one(1) => 2);
        untweak!(one(1));
        wide_tweaks();
        let (x, text) = (1, String::new());
        let _cell: u64 = cell!("cell", (x, &text) => { x + text.len() as u64 });
        let _all = (
            must_use(1, "x"),
            patterns((1, 2), 3, 4),
            fallible(None),
            lifetimes("a", "b"),
        );
        let _all = (
            options(1, |x| x),
            generic::<u8, 1>(&[1], 2, &3),
            local(1),
            private::inner(1),
        );
        let mut curve = Curve::flat(1.0);
        curve.change();
        let _all = (
            curve.rate("1"),
            node!(curve.rate("1")).call(),
            curve.price(1),
            curve.start(),
        );
        let _is = node!(curve.clone().generic(1, "x")).call() || curve.generic(1, "x");
        let view = View { inner: &[1, 2] };
        let _all = (
            view.len(),
            view.is_empty(),
            node!(view.len()).call(),
            view.price(1),
        );
    });
}
