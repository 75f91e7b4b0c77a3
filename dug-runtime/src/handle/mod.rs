//! Handles on results: shared instead of cloned, and identified by where they came from
//! instead of by what they hold.

mod kept;

use crate::bounds::StoredResult;
use crate::codec::passed::{self, Passed};
use crate::codec::{self, Wanted};
use crate::digest::Fingerprint;
use crate::engine;
use crate::function::Function;
use crate::id::NodeId;
use crate::key::Key;
use crate::stamp::Stamp;
use crate::store::{Pin, Record, RecordKey, Store};
use crate::value::Value;
use serde::de::{DeserializeOwned, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::cell::RefCell;
use std::fmt;
use std::marker::PhantomData;
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
/// contains none that is named: inside other results a handle is its value.
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

    /// The value, shared.
    pub(crate) fn shared(&self) -> &Arc<T> {
        self.0.value.get_or_init(|| {
            let loaded = self.0.load.as_ref().and_then(|load| load());
            loaded.unwrap_or_else(|| {
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

/// What the codec writes of a handle that is an argument. The fingerprint of one that is named goes
/// [another way](codec::passed).
#[derive(Serialize, Deserialize)]
enum Identity {
    Named {
        function: String,
        arguments: Vec<u8>,
        text: String,
    },
    Anonymous(Fingerprint),
}

impl<T: StoredResult + Send + Sync + 'static> Serialize for Tracked<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_newtype_struct(codec::HANDLE, &Content(self))
    }
}

/// What is inside the newtype struct.
struct Content<'a, T>(&'a Tracked<T>);

impl<T: StoredResult + Send + Sync + 'static> Serialize for Content<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match codec::take_wanted() {
            Wanted::Value if self.0.is_name() => Err(serde::ser::Error::custom(
                "of the handle, only the node is known",
            )),
            Wanted::Value => self.0.shared().serialize(serializer),
            Wanted::Identity => self.0.identity().serialize(serializer),
            Wanted::Handle => {
                let handle: Arc<dyn Handle> = Arc::new(self.0.clone());
                FOUND.with(|found| found.replace(Some(handle)));
                Err(serde::ser::Error::custom("a handle is looked for"))
            }
        }
    }
}

impl<T: StoredResult + Send + Sync + 'static> Tracked<T> {
    /// Whether nothing is known but the node, which would have to be called.
    fn is_name(&self) -> bool {
        let Inner {
            value,
            stamp,
            fingerprint,
            ..
        } = &*self.0;
        stamp.is_none() && value.get().is_none() && fingerprint.get().is_none()
    }

    fn identity(&self) -> Identity {
        let Some(id) = &self.0.origin else {
            return Identity::Anonymous(self.fingerprint());
        };
        if !self.is_name() {
            passed::meet(Passed {
                fingerprint: self.fingerprint(),
                below: passed::levels(id.arguments()),
            });
        }
        Identity::Named {
            function: id.function().to_owned(),
            arguments: id.identity().into_owned(),
            text: id.to_string(),
        }
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
        Arc::new(Tracked::holding(
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

/// A stored value that is loaded when a handle on it is dereferenced.
pub(crate) struct Stored {
    pub(crate) origin: NodeId,
    pub(crate) function: &'static Function,
    pub(crate) store: Store,
    pub(crate) key: RecordKey,
    pub(crate) record: Arc<Record>,
    pub(crate) pin: Pin,
    pub(crate) stamp: Arc<Stamp>,
}

/// A handle on the stored value, as a result of type `R`; `None` if that is no handle.
pub(crate) fn on_stored<R: DeserializeOwned + Send + Sync + 'static>(
    stored: Stored,
) -> Option<Value> {
    if !is_handle::<R>() {
        return None;
    }
    STORED.with(|place| place.replace(Some(stored)));
    let made = codec::decode_result::<R>(&[]);
    STORED.take();
    Some(Arc::new(made.ok()?))
}

impl<'de, T: StoredResult + Send + Sync + 'static> Deserialize<'de> for Tracked<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if let Some(stored) = STORED.take() {
            return Ok(Tracked::on(stored));
        }
        deserializer.deserialize_newtype_struct(codec::HANDLE, Inside(PhantomData))
    }
}

impl<T: StoredResult + Send + Sync + 'static> Tracked<T> {
    fn on(stored: Stored) -> Self {
        let Stored {
            origin,
            function,
            store,
            key,
            record,
            pin,
            stamp,
        } = stored;
        let (id, known) = (origin.clone(), Arc::clone(&stamp));
        let load = move || {
            let _pin = &pin;
            let loaded = store
                .load_of(function, &key, &record, known.fingerprint()?)
                .and_then(share);
            loaded.or_else(|| run_again(&id, known.fingerprint()?))
        };
        Tracked(Arc::new(Inner {
            origin: Some(origin),
            value: OnceLock::new(),
            stamp: Some(stamp),
            fingerprint: OnceLock::new(),
            load: Some(Box::new(load)),
        }))
    }

    /// Whether the value is in memory, or can be brought there without running anything.
    fn is_at_hand(&self) -> bool {
        if self.0.value.get().is_none()
            && let Some(id) = &self.0.origin
            && let Some(value) = crate::staleness::find_value(id, &self.fingerprint())
            && let Some(value) = share(value)
        {
            let _ = self.0.value.set(value);
        }
        self.0.value.get().is_some()
    }

    /// A handle of which only the identity is known, and perhaps what it held.
    fn of_identity(identity: Identity, held: Option<Passed>) -> Self {
        let (function, arguments, text) = match identity {
            Identity::Anonymous(fingerprint) => return Self::of_parts(None, Some(fingerprint)),
            Identity::Named {
                function,
                arguments,
                text,
            } => (function, arguments, text),
        };
        let below = held.as_ref().map_or(&[][..], |held| &held.below);
        let arguments = match below {
            [] => arguments,
            below => passed::with_tail(passed::without_tail(&arguments), below),
        };
        let origin = NodeId::from_parts(function, &arguments, text);
        Self::of_parts(Some(origin), held.map(|held| held.fingerprint))
    }

    fn of_parts(origin: Option<NodeId>, fingerprint: Option<Fingerprint>) -> Self {
        let id = origin.clone();
        let load = move || {
            let id = id.as_ref()?;
            let Some(fingerprint) = fingerprint else {
                return Some(Arc::clone(called::<T>(id)?.shared()));
            };
            let stored = crate::staleness::find_value(id, &fingerprint).and_then(share);
            stored.or_else(|| run_again(id, fingerprint))
        };
        Tracked(Arc::new(Inner {
            origin,
            value: OnceLock::new(),
            stamp: None,
            fingerprint: fingerprint.map_or_else(OnceLock::new, OnceLock::from),
            load: Some(Box::new(load)),
        }))
    }
}

/// What the node answers here and now, to a call that is made by name alone.
fn called<T: StoredResult + Send + Sync + 'static>(id: &NodeId) -> Option<Tracked<T>> {
    let result = id.call_erased().ok()?.into_any();
    Some(match result.downcast::<Tracked<T>>() {
        Ok(handle) => *handle,
        Err(result) => {
            let result: T = *result.downcast::<T>().ok()?;
            engine::handle_on(&Key::of_id(id).ok()?, id, result)
        }
    })
}

/// The value of a result that is a `T` or a handle on one.
fn share<T: StoredResult + Send + Sync + 'static>(value: Value) -> Option<Arc<T>> {
    match Arc::downcast::<Tracked<T>>(value) {
        Ok(handle) => Some(Arc::clone(handle.shared())),
        Err(value) => Arc::downcast::<T>(value).ok(),
    }
}

/// What the node gives when it runs again, here or without tweaks, if that has this fingerprint.
fn run_again<T: StoredResult + Send + Sync + 'static>(
    id: &NodeId,
    fingerprint: Fingerprint,
) -> Option<Arc<T>> {
    let mut runs = [false, true]
        .into_iter()
        .filter_map(|apart| engine::afresh(id, apart, || called::<T>(id))?);
    let same = runs.find(|handle| handle.fingerprint() == fingerprint)?;
    Some(Arc::clone(same.shared()))
}

struct Inside<T>(PhantomData<T>);

impl<'de, T: StoredResult + Send + Sync + 'static> Visitor<'de> for Inside<T> {
    type Value = Tracked<T>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a value, or the identity of one")
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(
        self,
        deserializer: D,
    ) -> Result<Tracked<T>, D::Error> {
        match codec::is_identity_next() {
            true => {
                let identity = Identity::deserialize(deserializer)?;
                let held = match identity {
                    Identity::Named { .. } => passed::next(),
                    Identity::Anonymous(_) => None,
                };
                let gone = "what the handle stands for is gone";
                // A guard may do without what a handle holds.
                let guarding = crate::staleness::is_guarding();
                let handle = match (codec::is_for_call() && !guarding, identity) {
                    (
                        true,
                        Identity::Named {
                            function,
                            arguments,
                            text,
                        },
                    ) if held.is_none() => called(&NodeId::from_parts(function, &arguments, text)),
                    (for_call, identity) => {
                        let handle: Tracked<T> = Tracked::of_identity(identity, held);
                        if guarding && !handle.is_name() {
                            handle.is_at_hand();
                        }
                        (!for_call || handle.is_at_hand()).then_some(handle)
                    }
                };
                handle.ok_or_else(|| serde::de::Error::custom(gone))
            }
            false => T::deserialize(deserializer).map(Tracked::new),
        }
    }
}
