//! What a tweaked node answers.

use super::Arithmetic;
use crate::value::Value;
use std::fmt;
use std::sync::Arc;

/// What a tweak makes of its nodes' answers.
#[derive(Clone)]
pub(crate) enum Action {
    /// The nodes answer this.
    Value(Value),
    /// The nodes answer what the closure makes of what they would answer otherwise.
    Closure(Arc<dyn Fn(Value) -> Value + Send + Sync>),
    /// As a closure, but as data.
    Arithmetic(Arc<Arithmetic>),
}

impl Action {
    /// The value, if the nodes answer one whatever they would answer otherwise.
    pub(crate) fn value(&self) -> Option<&Value> {
        match self {
            Action::Value(value) => Some(value),
            Action::Closure(_) | Action::Arithmetic(_) => None,
        }
    }

    /// What the nodes answer that would answer `old` otherwise. Runs user code.
    pub(crate) fn answer(&self, old: Value) -> Value {
        match self {
            Action::Value(value) => Value::clone(value),
            Action::Closure(closure) => closure(old),
            Action::Arithmetic(arithmetic) => arithmetic.answer(&old),
        }
    }
}

impl fmt::Debug for Action {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Action::Value(_) => "Value",
            Action::Closure(_) => "Closure",
            Action::Arithmetic(_) => "Arithmetic",
        })
    }
}
