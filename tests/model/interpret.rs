//! Owns what a body means, once for both worlds: the tracked functions and the
//! evaluator each bring a [`Machine`]. It knows neither dug nor caches.

use crate::program::{Answer, Expr, Inner, Kind};
use crate::scenario::Level;
use crate::tweaks::{What, Where};

/// Why a body ended without a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Halt {
    /// It returned `Err`.
    Fail(i64),
    /// It panicked. (Tracked functions unwind instead.)
    Panic(i64),
    /// It asked for itself. (Tracked functions unwind instead.)
    Cycle,
    /// The evaluator ran out of steps.
    Fuel,
}

/// A number, or why there is none.
pub type Number = Result<i64, Halt>;

/// The world in which a body runs.
pub trait Machine: Sized {
    /// Whether the running function returns a `Result`.
    fn can_fail(&self) -> bool;
    /// Asks a tracked function.
    fn ask(&mut self, node: u32) -> Result<Answer, Halt>;
    /// What the handle holds that the function was called with.
    fn given(&mut self) -> Option<i64>;
    /// Asks a tracked function, and holds a handle on the answer meanwhile.
    fn hold(&mut self, node: u32, then: impl FnOnce(&mut Self) -> Number) -> Number;
    /// Asks a tracked function, with the handle that is held on its source.
    fn ask_held(&mut self, node: u32) -> Result<Answer, Halt>;
    /// Leaves the body by a panic.
    fn panic(&mut self, value: i64) -> Halt;
    /// Goes on with `instead` if `then` panics.
    fn catch(&mut self, instead: i64, then: impl FnOnce(&mut Self) -> Number) -> Number;
    /// Does it on another thread, and waits.
    fn thread(&mut self, inherit: bool, then: impl FnOnce(&mut Self) -> Number + Send) -> Number;
    /// Enters contexts, one for each part, or one kept context for all, and adds up.
    fn within(
        &mut self,
        kept: bool,
        parts: &[Vec<Inner>],
        each: impl Fn(&mut Self, &[Inner]) -> Number + Sync,
    ) -> Number;
    /// Enters a scenario.
    fn scenario(&mut self, levels: &[Level], then: impl FnOnce(&mut Self) -> Number) -> Number;
    /// Does it in the layer around the innermost one that the body opened.
    fn outside(&mut self, then: impl FnOnce(&mut Self) -> Number + Send) -> Number;
    /// Tweaks in the context that the body opened.
    fn tweak(&mut self, node: u32, value: i64) {
        self.tweak_so(Where::Node(node), What::Value(Answer::Value(value)));
    }
    /// Takes such a tweak back.
    fn untweak(&mut self, node: u32) {
        self.untweak_so(Where::Node(node));
    }
    /// Tweaks many nodes, or by what they would answer, in the context that the body opened.
    fn tweak_so(&mut self, place: Where, what: What);
    /// Takes such a tweak back.
    fn untweak_so(&mut self, place: Where);
    /// Invalidates in the layer that the body opened.
    fn invalidate(&mut self, node: u32);
    /// Tries what is forbidden, unless the body is in a context of its own.
    fn impure(&mut self, which: u8, node: u32);
}

/// What an `Err` counts for in a body that cannot return it.
const ERROR_BASE: i64 = -100;

/// What a function has that was called without a handle.
const NOT_GIVEN: i64 = -40;

/// The number that an expression gives.
pub fn number<M: Machine>(machine: &mut M, expr: &Expr) -> Number {
    Ok(match expr {
        Expr::Const(value) => *value,
        Expr::Ask(node) => {
            let answer = machine.ask(*node)?;
            counted(machine, answer)?
        }
        Expr::AskHeld(node) => {
            let answer = machine.ask_held(*node)?;
            counted(machine, answer)?
        }
        Expr::Hold(node, expr) => machine.hold(*node, |machine| number(machine, expr))?,
        Expr::Given => machine.given().unwrap_or(NOT_GIVEN),
        Expr::Sum(list) => fold(machine, list, i64::wrapping_add)?,
        Expr::Min(list) => fold(machine, list, i64::min)?,
        Expr::Max(list) => fold(machine, list, i64::max)?,
        Expr::Divided(expr, by) => number(machine, expr)?.wrapping_div((*by).max(1)),
        Expr::Rest(expr, by) => number(machine, expr)?.wrapping_rem((*by).max(1)),
        Expr::Sign(expr) => number(machine, expr)?.signum(),
        Expr::Above(expr, bound) => i64::from(number(machine, expr)? > *bound),
        Expr::If(expr, bound, above, below) => {
            let taken = if number(machine, expr)? > *bound {
                above
            } else {
                below
            };
            number(machine, taken)?
        }
        Expr::PanicIf(expr, rest) => {
            let value = number(machine, expr)?;
            if value.rem_euclid(5) == *rest {
                return Err(machine.panic(value));
            }
            value
        }
        Expr::FailIf(expr, rest) => {
            let value = number(machine, expr)?;
            if machine.can_fail() && value.rem_euclid(5) == *rest {
                return Err(Halt::Fail(value.rem_euclid(97)));
            }
            value
        }
        Expr::Catch(expr, instead) => machine.catch(*instead, |machine| number(machine, expr))?,
        Expr::Thread { inherit, expr } => {
            machine.thread(*inherit, |machine| number(machine, expr))?
        }
        Expr::Within { kept, parts } => machine.within(*kept, parts, acts)?,
        Expr::Scenario {
            levels,
            acts: inside,
        } => machine.scenario(levels, |machine| acts(machine, inside))?,
        Expr::Outside(expr) => machine.outside(|machine| number(machine, expr))?,
        Expr::Impure { which, node } => {
            machine.impure(*which, *node);
            0
        }
    })
}

fn counted<M: Machine>(machine: &M, answer: Answer) -> Number {
    match answer {
        Answer::Value(value) => Ok(value),
        Answer::Error(code) if machine.can_fail() => Err(Halt::Fail(code)),
        Answer::Error(code) => Ok(ERROR_BASE.wrapping_sub(code)),
    }
}

fn acts<M: Machine>(machine: &mut M, acts: &[Inner]) -> Number {
    let mut sum = 0_i64;
    for act in acts {
        match act {
            Inner::Tweak(node, expr) => {
                let value = number(machine, expr)?;
                machine.tweak(*node, value);
            }
            Inner::Untweak(node) => machine.untweak(*node),
            Inner::TweakSo(place, what) => machine.tweak_so(*place, *what),
            Inner::UntweakSo(place) => machine.untweak_so(*place),
            Inner::Invalidate(node) => machine.invalidate(*node),
            Inner::Add(expr) => sum = sum.wrapping_add(number(machine, expr)?),
        }
    }
    Ok(sum)
}

/// What a relative tweak makes of an answer of a function of that kind.
pub fn changed<M: Machine>(
    machine: &mut M,
    what: What,
    kind: Kind,
    old: Answer,
) -> Result<Answer, Halt> {
    let asked = match what {
        What::Asks(node) => machine.ask(node)?,
        _ => Answer::Value(0),
    };
    let value = match (old, what) {
        // Behind all numbers, as `Err` is behind all `Ok`.
        (Answer::Error(_), What::Clamped(_, high)) => return Ok(Answer::Value(high)),
        (Answer::Error(_), _) => return Ok(old),
        (Answer::Value(value), _) => value,
    };
    Ok(Answer::Value(match what {
        What::Value(answer) => return Ok(answer),
        What::Plus(by) | What::Increased(by) => value.wrapping_add(by),
        What::Times(by) | What::Multiplied(by) => value.wrapping_mul(by),
        What::Clamped(low, high) => value.max(low).min(high),
        What::Asks(_) => value.wrapping_add(match asked {
            Answer::Value(asked) => asked,
            Answer::Error(code) => ERROR_BASE.wrapping_sub(code),
        }),
        What::PanicIf(rest) if value.rem_euclid(5) == rest => return Err(machine.panic(value)),
        What::FailIf(rest) if kind.can_fail() && value.rem_euclid(5) == rest => {
            return Ok(Answer::Error(value.rem_euclid(97)));
        }
        What::PanicIf(_) | What::FailIf(_) => value,
    }))
}

fn fold<M: Machine>(machine: &mut M, list: &[Expr], with: fn(i64, i64) -> i64) -> Number {
    let mut result = None;
    for expr in list {
        let value = number(machine, expr)?;
        result = Some(result.map_or(value, |so_far| with(so_far, value)));
    }
    Ok(result.unwrap_or(0))
}
