//! Tweaks as data: which nodes they are about, and what those answer. Nothing
//! here knows a layer; the graph applies them.

mod action;
mod arithmetic;
mod calls;
mod data;
mod in_force;
mod lend;
mod parameter;
mod pattern;
mod selector;
mod target;
mod wide;

pub(crate) use action::Action;
pub(crate) use arithmetic::{Arithmetic, Operator};
pub use arithmetic::{Number, Numbers, Scaled};
pub use calls::{Calls, CallsOfAll, Many, OneResult};
pub use data::Tweak;
pub(crate) use in_force::InForce;
pub use parameter::{ByElement, ByReference, ByValue, Parameter, Skipped, Unlent};
pub(crate) use selector::{Exact, Guard, Selector};
pub use target::Target;
pub(crate) use wide::Wide;
