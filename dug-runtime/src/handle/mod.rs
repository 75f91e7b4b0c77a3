//! Handles on results: shared instead of cloned, and identified by where they came from
//! instead of by what they hold.

mod identity;
mod kept;
mod load;

pub(crate) use load::{Stored, on_stored};

use crate::bounds::StoredResult;
use crate::codec;
use crate::digest::Fingerprint;
use crate::id::NodeId;
use crate::stamp::Stamp;
use crate::value::Value;
use serde::Serialize;
use std::cell::RefCell;
use std::fmt;
use std::ops::Deref;
use std::sync::{Arc, OnceLock};

/// A result that is shared: a cheap handle, which derefs to the value.
///
/// A tracked function that returns one hands the same value to all callers. As an argument a handle is
/// identified by the node that it came from, and what it holds is told by its fingerprint: a call
/// answers for what the very handle holds, and a tweak of the call is meant whatever that is. Nothing is
/// hashed but once for each value, and for a function with `#[tracked(fingerprint = graph)]` not even that.
///
/// What was stored is loaded when it is dereferenced first. A result is a `Tracked` itself, or
/// contains none that is named: inside other results a handle is its value. Nor is one named that a function with
/// `#[tracked(in_memory)]` returns: it is told by its content, and so are calls with it, and their tweaks.
///
/// The id of a call says which handles it was given, and so do the ids of those that gave them: in a chain
/// of handles, each made of the one before, ids grow by what each step adds, and where both arguments of each
/// step are handles on the one before, they double. Return handles for large data, not for each step of a loop.
///
/// # Panics
/// To dereference a handle whose value is still in the store runs its node again if that has gone, or is
/// damaged: outside of every context too. It panics if that does not give the same value, as after a change of the world.
///
/// ```
/// use dug::{Tracked, node, tracked, with_context};
///
/// #[tracked]
/// fn path(seed: u64) -> Tracked<Vec<u64>> {
///     Tracked::new((0..1000).map(|n| n * seed).collect())
/// }
///
/// #[tracked]
/// fn mean(path: Tracked<Vec<u64>>) -> u64 { path.iter().sum::<u64>() / path.len() as u64 }
///
/// with_context(|| {
///     let path = path(2);
///     assert_eq!(path.len(), 1000);
///     assert_eq!(node!(mean(path.clone())).id().to_string(), "mean(path(2))");
///     assert_eq!(mean(path), 999);
/// });
/// ```
pub struct Tracked<T>(Arc<Inner<T>>);

struct Inner<T> {
    /// The node that returned it; `None` for one that was only made.
    origin: Option<NodeId>,
    value: OnceLock<Arc<T>>,
    /// Of the value in the graph that this is a handle on.
    stamp: Option<Arc<Stamp>>,
    fingerprint: OnceLock<Fingerprint>,
    load: Option<Box<dyn Fn() -> Option<Arc<T>> + Send + Sync>>,
}

impl<T> Clone for Tracked<T> {
    fn clone(&self) -> Self {
        Tracked(Arc::clone(&self.0))
    }
}

impl<T: Send + Sync + 'static> Tracked<T> {
    /// A handle on a value that no node has returned yet: identified by its content, until the
    /// tracked function that returns it names it.
    ///
    /// ```
    /// let handle = dug::Tracked::new(vec![1, 2, 3]);
    /// assert_eq!((handle.len(), handle.node_id()), (3, None));
    /// ```
    pub fn new(value: T) -> Self {
        Self::holding(None, Arc::new(value), None)
    }

    /// A handle on a value in memory.
    pub(crate) fn holding(
        origin: Option<NodeId>,
        value: Arc<T>,
        stamp: Option<Arc<Stamp>>,
    ) -> Self {
        Tracked(Arc::new(Inner {
            origin,
            value: value.into(),
            stamp,
            fingerprint: OnceLock::new(),
            load: None,
        }))
    }

    /// The node that returned the value; `None` if none has.
    ///
    /// ```
    /// use dug::{node, tracked, with_context};
    ///
    /// #[tracked]
    /// fn square(x: u64) -> u64 { x * x }
    ///
    /// with_context(|| {
    ///     let handle = node!(square(4)).tracked();
    ///     assert_eq!((*handle, handle.node_id().unwrap().to_string()), (16, "square(4)".to_owned()));
    /// });
    /// ```
    pub fn node_id(&self) -> Option<&NodeId> {
        self.0.origin.as_ref()
    }

    /// The value that is not in memory, if it can be had.
    fn load(&self) -> Option<Arc<T>> {
        self.0.load.as_ref()?()
    }

    /// The value, shared.
    pub(crate) fn shared(&self) -> &Arc<T> {
        self.0.value.get_or_init(|| {
            self.load().unwrap_or_else(|| {
                let node = self.0.origin.as_ref().map_or_else(String::new, NodeId::to_string);
                panic!(
                    "the value of `{node}` cannot be had: what was stored of it is gone or damaged, \
                     and running the node again does not give it"
                )
            })
        })
    }
}

impl<T: StoredResult + Send + Sync + 'static> Tracked<T> {
    /// The fingerprint of the value: of its content, or of the computation that gave it, as the
    /// node's function says.
    ///
    /// ```
    /// use dug::Tracked;
    ///
    /// assert_eq!(Tracked::new(1u8).fingerprint(), Tracked::new(1u8).fingerprint());
    /// assert_ne!(Tracked::new(1u8).fingerprint(), Tracked::new(2u8).fingerprint());
    /// ```
    ///
    /// # Panics
    /// If the value refuses to be serialized.
    pub fn fingerprint(&self) -> Fingerprint {
        *self.0.fingerprint.get_or_init(|| {
            let known = self.0.stamp.as_ref().and_then(|stamp| stamp.fingerprint());
            known.unwrap_or_else(|| match codec::encode_result(&**self.shared()) {
                Ok(bytes) => Fingerprint::of_encoding(&bytes),
                Err(error) => {
                    panic!("a value that refuses to be serialized has no fingerprint: {error}")
                }
            })
        })
    }
}

impl<T: Send + Sync + 'static> Deref for Tracked<T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.shared()
    }
}

impl<T: Send + Sync + fmt::Debug + 'static> fmt::Debug for Tracked<T> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, out)
    }
}

impl<T: Send + Sync + PartialEq + 'static> PartialEq for Tracked<T> {
    /// Whether the values are equal.
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || **self == **other
    }
}

impl<T: Send + Sync + 'static> From<T> for Tracked<T> {
    fn from(value: T) -> Self {
        Tracked::new(value)
    }
}

/// A handle, its type erased.
pub(crate) trait Handle {
    /// The same value as a handle of this node.
    fn named(&self, origin: NodeId, stamp: Arc<Stamp>) -> Value;
    /// As it is printed as an argument.
    fn text(&self) -> String;
}

impl<T: StoredResult + Send + Sync + 'static> Handle for Tracked<T> {
    fn named(&self, origin: NodeId, stamp: Arc<Stamp>) -> Value {
        Value::new(Tracked::holding(
            Some(origin),
            Arc::clone(self.shared()),
            Some(stamp),
        ))
    }

    fn text(&self) -> String {
        match &self.0.origin {
            Some(id) => id.to_string(),
            None => format!("Tracked({:.8})", self.fingerprint().to_string()),
        }
    }
}

thread_local! {
    static FOUND: RefCell<Option<Arc<dyn Handle>>> = const { RefCell::new(None) };
    static STORED: RefCell<Option<Stored>> = const { RefCell::new(None) };
}

/// The text of the handle that has just given itself.
pub(crate) fn found_text() -> Option<String> {
    FOUND.take().map(|handle| handle.text())
}

/// The handle that `value` is, if it is one: nothing but its name is looked at.
pub(crate) fn handle_of<T: Serialize>(value: &T) -> Option<Arc<dyn Handle>> {
    if !is_handle::<T>() {
        return None;
    }
    codec::want_of(value);
    FOUND.take()
}

/// Whether the type is that of handles. Asked first: to serialize a value is user code.
pub(crate) fn is_handle<T>() -> bool {
    std::any::type_name::<T>().starts_with(concat!(module_path!(), "::Tracked<"))
}
