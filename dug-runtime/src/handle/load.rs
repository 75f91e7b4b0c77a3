//! What a handle stands for, brought to memory when it is dereferenced: from a store, or by running its node.

use super::{Inner, STORED, Tracked, is_handle};
use crate::bounds::StoredResult;
use crate::codec;
use crate::context::Context;
use crate::digest::Fingerprint;
use crate::engine;
use crate::function::Function;
use crate::id::NodeId;
use crate::key::Key;
use crate::stamp::Stamp;
use crate::store::{Pin, Record, RecordKey, Store};
use crate::trace;
use crate::value::Value;
use serde::de::DeserializeOwned;
use std::cell::Cell;
use std::iter;
use std::sync::{Arc, OnceLock};

thread_local! {
    /// Whether a node runs again for a handle: then what it was given runs again as well, if that has gone, too.
    static AGAIN: Cell<bool> = const { Cell::new(false) };
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
    Some(Value::new(made.ok()?))
}

impl<T: StoredResult + Send + Sync + 'static> Tracked<T> {
    pub(super) fn on(stored: Stored) -> Self {
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
            if let Some(value) = pin.loaded() {
                return Some(value);
            }
            let loaded = store
                .load_of(function, &key, &record, known.fingerprint()?)
                .and_then(share);
            let value = loaded.or_else(|| run_again(&id, known.fingerprint()?, Some(&store)))?;
            pin.set_loaded(&value);
            Some(value)
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
    pub(super) fn is_at_hand(&self) -> bool {
        if self.0.value.get().is_none()
            && let Some(id) = &self.0.origin
            && let Some(value) = crate::staleness::find_value(id, &self.fingerprint())
            && let Some(value) = share(value)
        {
            let _ = self.0.value.set(value);
        }
        self.0.value.get().is_some()
    }

    /// Whether the call can be given the value, which is for it alone to run.
    pub(super) fn is_to_be_had(&self) -> bool {
        let is_loaded = || self.load().map(|value| self.0.value.set(value)).is_some();
        self.is_at_hand() || AGAIN.get() && is_loaded()
    }

    pub(super) fn of_parts(origin: Option<NodeId>, fingerprint: Option<Fingerprint>) -> Self {
        let id = origin.clone();
        let load = move || {
            let id = id.as_ref()?;
            let Some(fingerprint) = fingerprint else {
                return Some(Arc::clone(called::<T>(id)?.shared()));
            };
            let stored = crate::staleness::find_value(id, &fingerprint).and_then(share);
            stored.or_else(|| run_again(id, fingerprint, None))
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
pub(super) fn called<T: StoredResult + Send + Sync + 'static>(id: &NodeId) -> Option<Tracked<T>> {
    let result = id.call_erased().ok()?.into_any();
    Some(match result.downcast::<Tracked<T>>() {
        Ok(handle) => *handle,
        Err(result) => {
            let result: T = *result.downcast::<T>().ok()?;
            engine::handle_on(&Key::of_id(id).ok()?, id, result)
        }
    })
}

/// As [`called`], when what the node was given may have gone with what it gave.
fn called_again<T: StoredResult + Send + Sync + 'static>(id: &NodeId) -> Option<Tracked<T>> {
    struct Restore(bool);

    impl Drop for Restore {
        fn drop(&mut self) {
            AGAIN.set(self.0);
        }
    }

    let _restore = Restore(AGAIN.replace(true));
    called(id)
}

/// The value of a result that is a `T` or a handle on one.
fn share<T: StoredResult + Send + Sync + 'static>(value: Value) -> Option<Arc<T>> {
    match value.downcast_ref::<Tracked<T>>() {
        Some(handle) => Some(Arc::clone(handle.shared())),
        None => value.into_shared().ok(),
    }
}

/// What the node gives when it runs again, if that has this fingerprint: in the current context if
/// there is one, or without tweaks.
fn run_again<T: StoredResult + Send + Sync + 'static>(
    id: &NodeId,
    fingerprint: Fingerprint,
    store: Option<&Store>,
) -> Option<Arc<T>> {
    let here = trace::with(|thread| thread.current_layer());
    let store = store.or_else(|| here.as_ref()?.store());
    let within = here
        .as_ref()
        .map(|layer| Context::new().layer_inside(layer));
    let apart = || {
        let root = store.map_or_else(Context::builder, |store| {
            Context::builder().store(store.clone())
        });
        root.build().layer_under(None, false)
    };
    let mut runs = within
        .into_iter()
        .chain(iter::once_with(apart))
        .filter_map(|inside| engine::afresh(id, inside, || called_again::<T>(id))?);
    let same = runs.find(|handle| handle.fingerprint() == fingerprint)?;
    Some(Arc::clone(same.shared()))
}
