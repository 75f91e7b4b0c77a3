//! Named values that come from outside: bound in a context, like tweaks of the node
//! `external(name)`, and remembered by the store of a root.

use crate::bounds::StoredResult;
use crate::codec;
use crate::context::changing;
use crate::digest::{Digester, Fingerprint};
use crate::error::Error;
use crate::function::{Arguments, CallFunction, Definition, Function, Operations};
use crate::handle::Tracked;
use crate::id::NodeId;
use crate::key::Key;
use crate::layer::Layer;
use crate::registry::Registration;
use crate::stamp::Stamp;
use crate::trace;
use crate::tweak::{Exact, Selector, Target};
use crate::value::{Erased, Value};
use serde::{Deserialize, Serialize, Serializer};
use std::any::type_name;
use std::panic::Location;
use std::sync::Arc;

/// Binds a named value in the current context, from now on: what has read it under this name is
/// checked again. A context that has none around it and has a store remembers the value there,
/// for later sessions: these find what its encoding decodes to. Unlike a result it cannot be had
/// again by running something: a database that is lost, or set aside as damaged, takes it along.
///
/// The value is identified by its name, and by the fingerprint of its content.
///
/// # Panics
/// Outside every context; inside a running tracked function, unless in a context that the
/// function has opened; and if the value refuses to be serialized.
///
/// ```
/// use dug::{Context, Store, external, external_value, tracked};
///
/// #[tracked]
/// fn mean() -> f64 {
///     external_value::<Vec<f64>>("prices").map_or(0.0, |prices| prices.iter().sum::<f64>() / prices.len() as f64)
/// }
///
/// let store = Store::in_memory();
/// Context::builder().store(store.clone()).build().enter(|| {
///     assert_eq!(mean(), 0.0);
///     external("prices", vec![1.0, 2.0]);
///     assert_eq!(mean(), 1.5);
/// });
/// let later = Context::builder().store(store).build();
/// assert_eq!(later.enter(|| mean()), 1.5);
/// ```
#[track_caller]
pub fn external<T: StoredResult + Send + Sync + 'static>(
    name: impl AsRef<str>,
    value: T,
) -> Tracked<T> {
    let name = name.as_ref();
    let key = key_of(name);
    let layer = changing("binding", Location::caller(), || print(name));
    let bytes = match codec::encode_result(&value) {
        Ok(bytes) => bytes,
        Err(error) => trace::raise(Error::Encode {
            function: print(name),
            message: error.to_string(),
            caller: Location::caller(),
        }),
    };
    if layer.parent().is_none()
        && let Some(store) = layer.store()
    {
        store.bind(name, read_back::<T>(&bytes));
    }
    let stored = Stored::of(&value, bytes);
    let value = Arc::new(value);
    let bound = Bound(Some(Binding {
        identity: stored.identity(),
        fingerprint: stored.fingerprint,
        source: Source::Live(Value::sharing(Arc::clone(&value))),
    }));
    target(&key).value(bound).apply();
    handle(&key, value, stored.fingerprint)
}

/// The value bound to the name, as a dependency of the running function; `None` if there is
/// none, or one of another type. That there is none is a dependency too.
///
/// # Panics
/// Outside every context.
///
/// ```
/// use dug::{external, external_value, with_context};
///
/// with_context(|| {
///     assert!(external_value::<u8>("level").is_none());
///     external("level", 3u8);
///     assert_eq!(*external_value::<u8>("level").unwrap(), 3);
///     assert!(external_value::<String>("level").is_none());
/// });
/// ```
#[track_caller]
pub fn external_value<T: StoredResult + Send + Sync + 'static>(
    name: impl AsRef<str>,
) -> Option<Tracked<T>> {
    let key = key_of(name.as_ref());
    let binding = bound(key.clone()).0?;
    let value = match binding.source {
        Source::Live(value) => value.into_shared().ok()?,
        Source::Stored(stored) => {
            let same = stored.type_name == type_name::<T>();
            let value: T = codec::decode_result(same.then_some(&stored.bytes[..])?).ok()?;
            Arc::new(Some(value).filter(|value| codec::shape(value) == stored.shape)?)
        }
    };
    Some(handle(&key, value, binding.fingerprint))
}

/// Takes the binding of the name back in the current context; one without a context around it
/// forgets what its store has remembered.
///
/// # Panics
/// As [`external`].
///
/// ```
/// use dug::{external, external_value, forget_external, with_context};
///
/// with_context(|| {
///     external("level", 3u8);
///     forget_external("level");
///     assert!(external_value::<u8>("level").is_none());
/// });
/// ```
#[track_caller]
pub fn forget_external(name: impl AsRef<str>) {
    let name = name.as_ref();
    let key = key_of(name);
    let layer = changing("forgetting", Location::caller(), || print(name));
    if layer.parent().is_none()
        && let Some(store) = layer.store()
    {
        store.unbind(name);
        read_again(&layer, &key);
    }
    target(&key).untweak();
}

/// What later sessions find: what the encoding decodes to, encoded. `None` if it does not, or panics.
fn read_back<T: StoredResult>(bytes: &[u8]) -> Option<Stored> {
    /// As much as the writer of a store has for results.
    const STACK: usize = 64 << 20;
    let read = || {
        let value: T = codec::decode_result(bytes).ok()?;
        let bytes = codec::encode_result(&value).ok()?;
        Some(Stored::of(&value, bytes))
    };
    trace::contained(|| stacker::grow(STACK, read)).flatten()
}

fn print(name: &str) -> String {
    format!("external({name:?})")
}

/// What was read of the store's binding before is asked for again.
fn read_again(layer: &Layer, key: &Key) {
    layer.lock().refresh_those(layer.ix, |read| {
        let same = std::ptr::eq(read.function, &EXTERNAL);
        same && read.arguments.as_slice() == &key.arguments[..]
    });
    trace::freed();
}

#[track_caller]
fn key_of(name: &str) -> Key {
    let mut key = Key::new(&EXTERNAL);
    key.argument::<str>(name);
    key
}

fn target(key: &Key) -> Target<Bound> {
    Target::new(Ok(Selector::Exact(Exact::of(key))))
}

fn handle<T: StoredResult + Send + Sync + 'static>(
    key: &Key,
    value: Arc<T>,
    fingerprint: Fingerprint,
) -> Tracked<T> {
    let id = NodeId::of(&EXTERNAL, &key.arguments, None);
    let stamp = Stamp::known(Some(fingerprint), None);
    Tracked::holding(Some(id), value, Some(Arc::new(stamp)))
}

#[track_caller]
fn bound(key: Key) -> Bound {
    let hit = key.hit::<Bound>();
    hit.unwrap_or_else(|| {
        let name: Option<String> = codec::decode(&key.arguments).ok();
        key.read(|| Bound(name.as_deref().and_then(stored)))
    })
}

/// What the store around has remembered under the name.
fn stored(name: &str) -> Option<Binding> {
    let layer = trace::with(|thread| thread.current_layer())?;
    let stored = layer.store()?.bound(name)?;
    Some(Binding {
        identity: stored.identity(),
        fingerprint: stored.fingerprint,
        source: Source::Stored(Arc::new(stored)),
    })
}

/// What the node of a name answers.
#[derive(Clone)]
struct Bound(Option<Binding>);

#[derive(Clone)]
struct Binding {
    /// Of the type, too: equal bytes of two types are two values.
    identity: Fingerprint,
    fingerprint: Fingerprint,
    source: Source,
}

#[derive(Clone)]
enum Source {
    Live(Value),
    Stored(Arc<Stored>),
}

/// A value as a store remembers it.
#[derive(Serialize, Deserialize)]
pub(crate) struct Stored {
    fingerprint: Fingerprint,
    shape: u64,
    type_name: String,
    bytes: Vec<u8>,
}

impl Stored {
    /// The value, which has this encoding.
    fn of<T: Serialize>(value: &T, bytes: Vec<u8>) -> Stored {
        Stored {
            fingerprint: Fingerprint::of_encoding(&bytes),
            shape: codec::shape(value),
            type_name: type_name::<T>().to_owned(),
            bytes,
        }
    }

    fn identity(&self) -> Fingerprint {
        let digester = Digester::new("dug external 1")
            .part(self.type_name.as_bytes())
            .part(&self.shape.to_le_bytes())
            .part(self.fingerprint.as_bytes());
        Fingerprint::new(digester.finish())
    }
}

/// Of a binding nothing but its identity counts.
impl Serialize for Bound {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let identity = self.0.as_ref().map(|binding| binding.identity);
        identity.serialize(serializer)
    }
}

static EXTERNAL_ITEM: Definition = Definition::internal("external");
static EXTERNAL: Function = Function::new(
    &EXTERNAL_ITEM,
    Operations::named_input::<Bound>(&(by_id as CallFunction)),
);

inventory::submit! { Registration::Function(&EXTERNAL) }

fn by_id(arguments: &mut Arguments<'_>) -> Result<Option<Erased>, Error> {
    let name: Option<String> = arguments.look()?;
    Ok(name.map(|name| Erased::new(bound(key_of(&name)))))
}
