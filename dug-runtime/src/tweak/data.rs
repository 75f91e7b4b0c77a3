//! A tweak as a value.

use super::{Action, Selector, Wide};
use crate::error::Error;
use crate::id::NodeId;
use std::fmt;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::OnceLock;

/// Which nodes answer what: a tweak apart from any context.
///
/// `tweak!(in f(args) => value)` makes one, and [`Context::tweaks`](crate::Context::tweaks) lists those in force.
///
/// ```
/// use dug::{Context, tracked, tweak, with_context};
///
/// #[tracked]
/// fn spot(name: &str) -> f64 { name.len() as f64 }
///
/// let crash = tweak!(in spot("AAPL") => 120.0);
/// assert_eq!(crash.to_string(), "spot(\"AAPL\") => 120.0");
/// with_context(|| {
///     crash.apply();
///     assert_eq!(spot("AAPL"), 120.0);
///     assert_eq!(Context::current().unwrap().tweaks().len(), 1);
/// });
/// ```
#[derive(Clone)]
#[must_use = "a tweak does nothing until it is applied, or its scenario is entered"]
pub struct Tweak {
    /// The nodes, or why an argument cannot be encoded.
    pub(crate) selector: Result<Selector, Error>,
    pub(crate) action: Action,
    id: OnceLock<Option<NodeId>>,
    /// What makes it equal to others, where that was found out.
    pub(crate) digest: OnceLock<[u8; 32]>,
}

impl Tweak {
    pub(crate) fn new(selector: Result<Selector, Error>, action: Action) -> Self {
        Tweak {
            selector,
            action,
            id: OnceLock::new(),
            digest: OnceLock::new(),
        }
    }

    /// What it is about, if that is many nodes.
    pub(crate) fn wide(&self) -> Option<&Wide> {
        match &self.selector {
            Ok(Selector::Wide(wide)) => Some(wide),
            _ => None,
        }
    }

    /// The node, if the tweak is about one.
    ///
    /// ```
    /// # use dug::{tracked, tweak};
    /// # #[tracked] fn one() -> u8 { 1 }
    /// let tweak = tweak!(in one() => 2);
    /// assert_eq!(tweak.node().unwrap().to_string(), "one()");
    /// ```
    pub fn node(&self) -> Option<&NodeId> {
        let id = self.id.get_or_init(|| match &self.selector {
            Ok(Selector::Exact(exact)) => Some(NodeId::of(
                exact.function,
                exact.arguments.as_slice(),
                exact.described.as_deref().map(|described| &*described.text),
            )),
            _ => None,
        });
        id.as_ref()
    }

    /// The path of the function whose nodes the tweak is about; `None` if it cannot be applied,
    /// since an argument refuses to be serialized.
    ///
    /// ```
    /// # use dug::{tracked, tweak};
    /// #[tracked(name = "equity::spot")]
    /// fn spot(name: &str) -> f64 { name.len() as f64 }
    ///
    /// let tweak = tweak!(in spot(..) *= 0.9);
    /// assert_eq!(tweak.function().as_deref(), Some("equity::spot"));
    /// ```
    pub fn function(&self) -> Option<String> {
        Some(match self.selector.as_ref().ok()? {
            Selector::Wide(Wide::Every(item)) => crate::registry::unique_path(item),
            selector => selector.function()?.path().to_owned(),
        })
    }

    /// Whether the nodes answer what is made of what they would answer otherwise.
    ///
    /// ```
    /// # use dug::{tracked, tweak};
    /// # #[tracked] fn one() -> u8 { 1 }
    /// assert!(tweak!(in one() += 1).is_relative());
    /// assert!(!tweak!(in one() => 2).is_relative());
    /// ```
    pub fn is_relative(&self) -> bool {
        self.action.value().is_none()
    }

    /// What the nodes answer, if that is an `R` whatever they would answer otherwise.
    ///
    /// ```
    /// # use dug::{tracked, tweak};
    /// # #[tracked] fn one() -> u8 { 1 }
    /// assert_eq!(tweak!(in one() => 2).value::<u8>(), Some(2));
    /// assert_eq!(tweak!(in one() => 2).value::<i64>(), None);
    /// assert_eq!(tweak!(in one() => |old| old + 1).value::<u8>(), None);
    /// ```
    pub fn value<R: Clone + 'static>(&self) -> Option<R> {
        self.action.value()?.downcast_ref().cloned()
    }
}

impl fmt::Debug for Tweak {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Tweak({self})")
    }
}

impl fmt::Display for Tweak {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.selector {
            Ok(selector) => write!(out, "{selector}")?,
            Err(_) => out.write_str("..")?,
        }
        let result = self.selector.as_ref().ok().and_then(Selector::function);
        match &self.action {
            Action::Value(value) => {
                let text =
                    result.map_or_else(|| "..".to_owned(), |function| function.print_result(value));
                write!(out, " => {text}")
            }
            Action::Closure(_) => out.write_str(" => |old| .."),
            Action::Arithmetic(arithmetic) => write!(out, "{arithmetic}"),
        }
    }
}

// Nothing in it changes: a panic cannot leave it half changed.
impl UnwindSafe for Tweak {}
impl RefUnwindSafe for Tweak {}
