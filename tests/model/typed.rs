//! Owns the tweaks that are wide or relative, in dug's names.

use crate::body::Body;
use crate::functions::{
    Live, Opaque, by_graph, fallible, handle, leaf, named, op, opaque, other, through,
};
use crate::interpret;
use crate::nodes::Fits;
use crate::program::Kind;
use crate::tweaks::{Test, What, Where};
use dug::{Target, Tracked, Tweak, node};
use serde::Serialize;
use std::ops::{AddAssign, MulAssign};
use std::panic::resume_unwind;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// The operand of arithmetic that never overflows.
#[derive(Clone, Copy, Serialize)]
pub struct Step(i64);

impl AddAssign<Step> for Opaque {
    fn add_assign(&mut self, Step(by): Step) {
        self.0 = self.0.wrapping_add(by);
    }
}

impl MulAssign<Step> for Opaque {
    fn mul_assign(&mut self, Step(by): Step) {
        self.0 = self.0.wrapping_mul(by);
    }
}

impl AddAssign<Step> for Tracked<i64> {
    fn add_assign(&mut self, Step(by): Step) {
        *self = Tracked::new(self.wrapping_add(by));
    }
}

impl MulAssign<Step> for Tracked<i64> {
    fn mul_assign(&mut self, Step(by): Step) {
        *self = Tracked::new(self.wrapping_mul(by));
    }
}

impl AddAssign<Step> for Result<i64, i64> {
    fn add_assign(&mut self, Step(by): Step) {
        if let Ok(value) = self {
            *value = value.wrapping_add(by);
        }
    }
}

impl MulAssign<Step> for Result<i64, i64> {
    fn mul_assign(&mut self, Step(by): Step) {
        if let Ok(value) = self {
            *value = value.wrapping_mul(by);
        }
    }
}

/// Arithmetic as data: of numbers with their own type, so that it can be written.
trait Counts: Sized {
    fn increased(target: Target<Self>, by: i64) -> Tweak;
    fn multiplied(target: Target<Self>, by: i64) -> Tweak;
}

impl Counts for i64 {
    fn increased(target: Target<Self>, by: i64) -> Tweak {
        target.increased(by)
    }
    fn multiplied(target: Target<Self>, by: i64) -> Tweak {
        target.multiplied(by)
    }
}

/// For what has no arithmetic of its own.
macro_rules! counts {
    ($($type:ty),*) => {$(
        impl Counts for $type {
            fn increased(target: Target<Self>, by: i64) -> Tweak {
                target.increased(Step(by))
            }
            fn multiplied(target: Target<Self>, by: i64) -> Tweak {
                target.multiplied(Step(by))
            }
        }
    )*};
}

counts!(Opaque, Tracked<i64>, Result<i64, i64>);

/// The target of tweaks of many nodes of `$function`, whose indices `$written` writes and `$read` reads.
macro_rules! wide {
    ($live:expr, $place:expr, $function:ident, $written:expr, $read:expr) => {{
        let key = $live.key;
        match $place {
            Where::Node(_) | Where::Whole(_) => $function::__dug_calls().whole(),
            Where::Pattern { program, index, .. } => {
                let index = index.map($written);
                $function::__dug_calls().pattern((program.then_some(key), lent(&index)))
            }
            Where::Guard { test, .. } => $function::__dug_calls()
                .guard(move |program, index| program == key && Test::accepts(test, $read(index))),
        }
    }};
}

/// As an argument is passed.
trait Lent<'a, T> {
    fn lent(&'a self) -> T;
}

impl Lent<'_, u32> for u32 {
    fn lent(&self) -> u32 {
        *self
    }
}

impl<'a> Lent<'a, &'a str> for String {
    fn lent(&'a self) -> &'a str {
        self
    }
}

fn lent<'a, T, O: Lent<'a, T>>(owned: &'a Option<O>) -> Option<T> {
    owned.as_ref().map(Lent::lent)
}

/// The tweak; `clamped` makes that of a clamp.
fn tweak<R>(
    live: &Arc<Live>,
    target: Target<R>,
    place: Where,
    what: What,
    clamped: fn(Target<R>, R, R) -> Tweak,
) -> Tweak
where
    R: Fits + Counts + Clone + Send + Sync + 'static,
{
    let kind = place.kind(&live.program);
    match what.fitted(place, &live.program) {
        What::Value(answer) => target.value(R::fit(answer)),
        What::Increased(by) => R::increased(target, by),
        What::Multiplied(by) => R::multiplied(target, by),
        What::Clamped(low, high) => {
            use crate::program::Answer::Value;
            clamped(target, R::fit(Value(low)), R::fit(Value(high)))
        }
        what => {
            let live = live.clone();
            target.relative(move |old| {
                live.closures.fetch_add(1, Ordering::SeqCst);
                let mut body = Body::new(live.clone(), 0, None);
                match interpret::changed(&mut body, what, kind, old.answer()) {
                    Ok(answer) => R::fit(answer),
                    Err(other) => resume_unwind(Box::new(format!("a closure ended by {other:?}"))),
                }
            })
        }
    }
}

fn plainly<R: Clone + Send + Sync + PartialOrd + Serialize + 'static>(
    target: Target<R>,
    low: R,
    high: R,
) -> Tweak {
    target.clamped(low, high)
}

/// Binds `$target` to the target of a place, whatever function it belongs to.
macro_rules! with_target {
    ($live:expr, $place:expr, ($target:ident, $clamped:ident) => $then:expr) => {{
        let key = $live.key;
        let clamp = |target: Target<Opaque>, low: Opaque, high: Opaque| {
            target.relative(move |old| Opaque(old.0.max(low.0).min(high.0)))
        };
        let clamp_handle = |target: Target<Tracked<i64>>, low: Tracked<i64>, high: Tracked<i64>| {
            target.relative(move |old| Tracked::new((*old).max(*low).min(*high)))
        };
        match ($place, $place.kind(&$live.program)) {
            (Where::Node(index), Kind::Leaf) => {
                let ($target, $clamped) = (node!(leaf(key, index)).target(), plainly::<i64>);
                $then
            }
            (Where::Node(index), Kind::Op) => {
                let ($target, $clamped) = (node!(op(key, index)).target(), plainly::<i64>);
                $then
            }
            (Where::Node(index), Kind::Other) => {
                let ($target, $clamped) = (node!(other(key, index)).target(), plainly::<i64>);
                $then
            }
            (Where::Node(index), Kind::ByGraph) => {
                let ($target, $clamped) = (node!(by_graph(key, index)).target(), plainly::<i64>);
                $then
            }
            (Where::Node(index), Kind::Fallible) => {
                let ($target, $clamped) = (
                    node!(fallible(key, index)).target(),
                    plainly::<Result<i64, i64>>,
                );
                $then
            }
            (Where::Node(index), Kind::Named) => {
                let text = index.to_string();
                let ($target, $clamped) = (
                    node!(named(key, &text)).target(),
                    plainly::<Result<i64, i64>>,
                );
                $then
            }
            (Where::Node(index), Kind::Opaque) => {
                let ($target, $clamped) = (node!(opaque(key, index)).target(), clamp);
                $then
            }
            (Where::Node(index), Kind::Handle) => {
                let ($target, $clamped) = (node!(handle(key, index)).target(), clamp_handle);
                $then
            }
            (Where::Node(index), Kind::Through) => {
                let name = $live.name(index);
                let ($target, $clamped) =
                    (node!(through(key, index, name)).target(), plainly::<i64>);
                $then
            }
            (place, Kind::Handle) => {
                let target = wide!($live, place, handle, |index: u32| index, |index| index);
                let ($target, $clamped) = (target, clamp_handle);
                $then
            }
            (place, Kind::Through) => {
                let target = match place {
                    Where::Node(_) | Where::Whole(_) => through::__dug_calls().whole(),
                    Where::Pattern { program, index, .. } => {
                        through::__dug_calls().pattern((program.then_some(key), index, None))
                    }
                    Where::Guard { test, .. } => {
                        through::__dug_calls().guard(move |program, index, _| {
                            program == key && Test::accepts(test, index)
                        })
                    }
                };
                let ($target, $clamped) = (target, plainly::<i64>);
                $then
            }
            (place, Kind::External | Kind::File) => {
                panic!("{place:?} is no place of a tweak that is data")
            }
            (place, Kind::Leaf) => {
                let target = wide!($live, place, leaf, |index: u32| index, |index| index);
                let ($target, $clamped) = (target, plainly::<i64>);
                $then
            }
            (place, Kind::Op) => {
                let target = wide!($live, place, op, |index: u32| index, |index| index);
                let ($target, $clamped) = (target, plainly::<i64>);
                $then
            }
            (place, Kind::Other) => {
                let target = wide!($live, place, other, |index: u32| index, |index| index);
                let ($target, $clamped) = (target, plainly::<i64>);
                $then
            }
            (place, Kind::ByGraph) => {
                let target = wide!($live, place, by_graph, |index: u32| index, |index| index);
                let ($target, $clamped) = (target, plainly::<i64>);
                $then
            }
            (place, Kind::Fallible) => {
                let target = wide!($live, place, fallible, |index: u32| index, |index| index);
                let ($target, $clamped) = (target, plainly::<Result<i64, i64>>);
                $then
            }
            (place, Kind::Named) => {
                let read = |index: &str| index.parse().unwrap_or(u32::MAX);
                let target = wide!($live, place, named, |index: u32| index.to_string(), read);
                let ($target, $clamped) = (target, plainly::<Result<i64, i64>>);
                $then
            }
            (place, Kind::Opaque) => {
                let target = wide!($live, place, opaque, |index: u32| index, |index| index);
                let ($target, $clamped) = (target, clamp);
                $then
            }
        }
    }};
}

/// The tweak, as data.
pub fn tweak_of(live: &Arc<Live>, place: Where, what: What) -> Tweak {
    with_target!(live, place, (target, clamped) => tweak(live, target, place, what, clamped))
}

/// Tweaks in the current context.
pub fn tweak_so(live: &Arc<Live>, place: Where, what: What) {
    if let Where::Node(node) = place
        && !place.can_be_data(&live.program)
    {
        if let What::Value(answer) = what.fitted(place, &live.program) {
            live.tweak(node, answer);
        }
        return;
    }
    tweak_of(live, place, what).apply();
}

/// Takes such a tweak back.
pub fn untweak_so(live: &Arc<Live>, place: Where) {
    if let Where::Node(node) = place
        && live.program.kind(node).is_outside()
    {
        return live.untweak(node);
    }
    with_target!(live, place, (target, _clamped) => target.untweak());
}
