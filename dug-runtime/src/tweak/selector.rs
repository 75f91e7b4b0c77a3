//! Which nodes a tweak is about, the types erased.

use super::Wide;
use crate::arguments::Arguments;
use crate::codec::passed;
use crate::error::Error;
use crate::function::{self, Function};
use crate::id::Described;
use crate::key::{Key, hash_arguments};
use crate::value::EncodeValue;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// One node, apart from any tree.
#[derive(Debug, Clone)]
pub(crate) struct Exact {
    pub(crate) function: &'static Function,
    /// Whatever handles among them hold.
    pub(crate) arguments: Arguments,
    pub(crate) hash: u64,
    pub(crate) described: Option<Arc<Described>>,
}

impl Exact {
    pub(crate) fn of(key: &Key) -> Self {
        let identity = passed::identity(&key.arguments);
        Exact {
            function: key.function,
            arguments: Arguments::new(&identity),
            hash: hash_arguments(&identity),
            described: key.described().cloned(),
        }
    }

    /// From arguments that are known to be those of the function.
    pub(crate) fn new(
        function: &'static Function,
        arguments: &[u8],
        described: Option<Described>,
    ) -> Self {
        let identity = passed::identity(arguments);
        Exact {
            function,
            arguments: Arguments::new(&identity),
            hash: hash_arguments(&identity),
            described: described.map(Arc::new),
        }
    }

    /// Whether there are handles among the arguments: then it is about a node for each of the
    /// values that these may hold.
    pub(crate) fn has_handles(&self) -> bool {
        passed::has_tail(self.arguments.as_slice())
    }

    /// Whether the node of its function with these arguments is meant.
    pub(crate) fn is_about(&self, arguments: &[u8]) -> bool {
        *passed::identity(arguments) == *self.arguments.as_slice()
    }

    /// `foo(4)`.
    pub(crate) fn print(&self) -> String {
        match &self.described {
            Some(described) => format!("{}({})", self.function.name(), described.text),
            None => self.function.print(self.arguments.as_slice()),
        }
    }

    pub(crate) fn is_same(&self, other: &Exact) -> bool {
        std::ptr::eq(self.function, other.function)
            && self.arguments.as_slice() == other.arguments.as_slice()
    }
}

/// A test of arguments; user code.
pub(crate) struct Guard {
    /// Unique in the process.
    pub(crate) uid: u64,
    test: Box<Test>,
}

type Test = dyn Fn(&mut function::Arguments<'_>) -> Result<bool, Error> + Send + Sync;

impl Guard {
    pub(crate) fn new(
        test: impl Fn(&mut function::Arguments<'_>) -> Result<bool, Error> + Send + Sync + 'static,
    ) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        Guard {
            uid: NEXT.fetch_add(1, Ordering::Relaxed),
            test: Box::new(test),
        }
    }

    /// Whether the node with these arguments is meant. Runs user code.
    pub(crate) fn accepts(&self, arguments: &[u8]) -> Result<bool, Error> {
        (self.test)(&mut function::Arguments::of(arguments))
    }
}

impl fmt::Debug for Guard {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Guard({})", self.uid)
    }
}

/// Which nodes a tweak is about.
#[derive(Debug, Clone)]
pub(crate) enum Selector {
    Exact(Exact),
    Wide(Wide),
}

impl Selector {
    /// What it is about, if that may be several nodes of a tree.
    pub(crate) fn rule(&self) -> Option<Wide> {
        match self {
            Selector::Exact(exact) if exact.has_handles() => Some(Wide::Identity(exact.clone())),
            Selector::Exact(_) => None,
            Selector::Wide(wide) => Some(wide.clone()),
        }
    }

    /// Whether a tweak of `other` takes the place of one of this.
    pub(crate) fn is_replaced_by(&self, other: &Selector) -> bool {
        match (self, other) {
            (Selector::Wide(this), Selector::Wide(other)) => this.is_same(other),
            (Selector::Exact(this), Selector::Exact(other)) => this.is_same(other),
            _ => false,
        }
    }

    /// Whether `untweak!` of `other` takes a tweak of this back.
    pub(crate) fn is_taken_back_by(&self, other: &Selector) -> bool {
        match (self, other) {
            (Selector::Wide(this), Selector::Wide(other)) => this.is_taken_back_by(other),
            _ => self.is_replaced_by(other),
        }
    }

    /// The function, unless it is about several.
    pub(crate) fn function(&self) -> Option<&'static Function> {
        match self {
            Selector::Exact(exact) => Some(exact.function),
            Selector::Wide(wide) => wide.function(),
        }
    }

    /// What encodes the results of the function; `None` where they have no encoding, or where
    /// it is not one function.
    pub(crate) fn encode_result(&self) -> Option<EncodeValue> {
        self.function()?.encode_result()
    }
}

impl fmt::Display for Selector {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Selector::Exact(exact) => out.write_str(&exact.print()),
            Selector::Wide(wide) => write!(out, "{wide}"),
        }
    }
}
