//! What a tweak of many nodes is about.

use super::{Exact, Guard};
use crate::function::{Definition, Function};
use std::fmt;
use std::sync::Arc;

/// Which nodes of a function a tweak is about, where that is not one node.
#[derive(Debug, Clone)]
pub(crate) enum Wide {
    /// One by its identity, with handles among its arguments: whatever these hold. The tweak
    /// itself is an exact one.
    Identity(Exact),
    /// Those whose arguments have these encodings, where there is one.
    Pattern {
        function: &'static Function,
        parts: Arc<[Option<Box<[u8]>>]>,
    },
    /// Those whose arguments pass the test.
    Guard {
        function: &'static Function,
        guard: Arc<Guard>,
    },
    /// All of a function, or of one instantiation.
    Whole(&'static Function),
    /// All of all instantiations.
    Every(&'static Definition),
}

impl Wide {
    /// The source item to which the nodes belong.
    pub(crate) fn item(&self) -> &'static Definition {
        match self {
            Wide::Identity(Exact { function, .. })
            | Wide::Pattern { function, .. }
            | Wide::Guard { function, .. }
            | Wide::Whole(function) => function.item(),
            Wide::Every(item) => item,
        }
    }

    /// The function, unless it is about all instantiations of an item.
    pub(crate) fn function(&self) -> Option<&'static Function> {
        match self {
            Wide::Identity(Exact { function, .. })
            | Wide::Pattern { function, .. }
            | Wide::Guard { function, .. }
            | Wide::Whole(function) => Some(function),
            Wide::Every(_) => None,
        }
    }

    /// Whether it is about all nodes of a function, and so comes last.
    pub(crate) fn is_whole(&self) -> bool {
        matches!(self, Wide::Whole(_) | Wide::Every(_))
    }

    /// Its place among the tweaks of a function in one layer: what is about fewer nodes comes first.
    pub(crate) fn rank(&self) -> u8 {
        match self {
            Wide::Identity(_) => 0,
            Wide::Pattern { .. } | Wide::Guard { .. } => 1,
            Wide::Whole(_) | Wide::Every(_) => 2,
        }
    }

    /// Whether something must be found out about a node to know whether it is meant.
    pub(crate) fn needs_decisions(&self) -> bool {
        matches!(self, Wide::Pattern { .. } | Wide::Guard { .. })
    }

    /// Whether both are about the same nodes, as far as can be told: guards are the same only as objects.
    pub(crate) fn is_same(&self, other: &Wide) -> bool {
        match (self, other) {
            (
                Wide::Pattern { function: a, parts },
                Wide::Pattern {
                    function: b,
                    parts: others,
                },
            ) => std::ptr::eq(*a, *b) && parts == others,
            (Wide::Identity(a), Wide::Identity(b)) => a.is_same(b),
            (Wide::Whole(a), Wide::Whole(b)) => std::ptr::eq(*a, *b),
            (Wide::Every(a), Wide::Every(b)) => std::ptr::eq(*a, *b),
            (Wide::Guard { guard: a, .. }, Wide::Guard { guard: b, .. }) => a.uid == b.uid,
            _ => false,
        }
    }

    /// Whether `untweak!` of `other` takes a tweak of this back: guards of one function are not told apart.
    pub(crate) fn is_taken_back_by(&self, other: &Wide) -> bool {
        match (self, other) {
            (Wide::Guard { function: a, .. }, Wide::Guard { function: b, .. }) => {
                std::ptr::eq(*a, *b)
            }
            _ => self.is_same(other),
        }
    }
}

impl fmt::Display for Wide {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Wide::Identity(exact) => out.write_str(&exact.print()),
            Wide::Whole(function) => write!(out, "{}(..)", function.name()),
            Wide::Every(item) => write!(out, "{}(..)", item.name),
            Wide::Guard { function, .. } => write!(out, "{}(..) if ..", function.name()),
            Wide::Pattern { function, parts } => {
                let printed = function.print_parts(parts);
                write!(out, "{}({})", function.name(), printed.join(", "))
            }
        }
    }
}
