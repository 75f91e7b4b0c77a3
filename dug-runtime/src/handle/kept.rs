//! What a store knows of the node that a handle came from.

use super::Tracked;
use crate::bounds::StoredResult;
use crate::context::{changing, impure};
use crate::error::Error;
use crate::key::Key;
use crate::layer::Layer;
use crate::staleness;
use crate::store::{Metadata, Store};
use crate::trace;
use std::panic::Location;
use std::sync::Arc;

impl<T: Send + Sync + 'static> Tracked<T> {
    /// As [`Node::is_stale`](crate::Node::is_stale) of the node that returned the value. Of one that no
    /// node has returned, nothing is stored: it is stale. So is one that is bound to a name
    /// ([`external`](crate::external())), since bindings are no results.
    ///
    /// # Panics
    /// Outside every context, and inside a running tracked function.
    ///
    /// ```
    /// use dug::{Context, Store, node, tracked};
    ///
    /// #[tracked]
    /// fn square(x: u64) -> u64 { x * x }
    ///
    /// Context::builder().store(Store::in_memory()).build().enter(|| {
    ///     assert!(!node!(square(4)).tracked().is_stale());
    /// });
    /// ```
    #[track_caller]
    pub fn is_stale(&self) -> bool {
        let layer = asking("asking what is stale");
        let key = self.key();
        key.is_none_or(|key| staleness::is_stale(&layer, &staleness::snapshot_of(&key)))
    }

    /// As [`Node::metadata`](crate::Node::metadata) of the node that returned the value. `None` if no node
    /// has, or if it is bound to a name ([`external`](crate::external())).
    ///
    /// # Panics
    /// As [`is_stale`](Self::is_stale).
    ///
    /// ```
    /// use dug::{Context, Store, node, tracked};
    ///
    /// #[tracked]
    /// fn square(x: u64) -> u64 { x * x }
    ///
    /// Context::builder().store(Store::in_memory()).build().enter(|| {
    ///     assert_eq!(node!(square(4)).tracked().metadata().unwrap().value_size, Some(1));
    /// });
    /// ```
    #[track_caller]
    pub fn metadata(&self) -> Option<Metadata> {
        let layer = asking("asking what is stored");
        let stamp = self.0.stamp.as_deref();
        layer.store()?.metadata(self.node_id()?, stamp)
    }

    /// As [`Node::tag`](crate::Node::tag) of the node that returned the value: the tag stands for this very value.
    /// One that is bound to a name ([`external`](crate::external())) is not found by its tag.
    ///
    /// # Panics
    /// As [`is_stale`](Self::is_stale); and if no node has returned the value.
    ///
    /// ```
    /// use dug::{Context, Store, node, tracked};
    ///
    /// #[tracked]
    /// fn square(x: u64) -> u64 { x * x }
    ///
    /// let store = Store::in_memory();
    /// Context::builder().store(store.clone()).build().enter(|| {
    ///     node!(square(4)).tracked().tag("best");
    /// });
    /// assert_eq!(*store.tagged::<u64>("best").unwrap(), 16);
    /// ```
    #[track_caller]
    pub fn tag(&self, name: &str) {
        let layer = asking("tagging");
        let Some(id) = self.node_id() else {
            trace::raise(Error::Unnamed { done: "tagged" });
        };
        if let Some(store) = layer.store_to_tag(id) {
            store.tag(name, id, self.0.stamp.as_deref());
        }
    }

    /// As [`Node::forget`](crate::Node::forget) of the node that returned the value.
    ///
    /// # Panics
    /// Outside every context; inside a running tracked function, unless in a context that the
    /// function has opened; and if no node has returned the value.
    ///
    /// ```
    /// use dug::{Context, Store, node, tracked};
    ///
    /// #[tracked]
    /// fn square(x: u64) -> u64 { x * x }
    ///
    /// Context::builder().store(Store::in_memory()).build().enter(|| {
    ///     node!(square(4)).tracked().forget();
    ///     assert!(node!(square(4)).is_stale());
    /// });
    /// ```
    #[track_caller]
    pub fn forget(&self) {
        let text = || {
            let id = self.node_id().map(ToString::to_string);
            id.unwrap_or_else(|| "Tracked(..)".to_owned())
        };
        let layer = changing("forgetting", Location::caller(), text);
        let Some(id) = self.node_id() else {
            trace::raise(Error::Unnamed { done: "forgotten" });
        };
        let key = Key::of_id(id).unwrap_or_else(|error| trace::raise(error));
        if let Some(store) = layer.store() {
            store.forget(&staleness::snapshot_of(&key));
        }
        key.invalidate_in(&layer.context);
    }

    /// The call that returned the value, if this program has its function.
    fn key(&self) -> Option<Key> {
        Key::of_id(self.node_id()?).ok()
    }
}

#[track_caller]
fn asking(operation: &'static str) -> Arc<Layer> {
    let caller = Location::caller();
    if trace::with(|thread| thread.current_run()).is_some() {
        trace::raise(impure(operation, caller));
    }
    trace::with(|thread| thread.current_layer()).unwrap_or_else(|| {
        trace::raise(Error::Contextless {
            operation,
            node: "Tracked(..)".to_owned(),
            caller,
        })
    })
}

impl Store {
    /// A handle on the very result that was tagged; if none was stored then, on the newest
    /// of the node whose run met no tweak. `None` if there is no such tag or no such result (any more), or if it is no `T`.
    ///
    /// ```
    /// use dug::{Context, Store, node, tracked};
    ///
    /// #[tracked]
    /// fn fit(degree: u32) -> Vec<f64> { vec![0.5; degree as usize] }
    ///
    /// let store = Store::in_memory();
    /// Context::builder().store(store.clone()).build().enter(|| {
    ///     fit(3);
    ///     node!(fit(3)).tag("model");
    /// });
    /// assert_eq!(store.tagged::<Vec<f64>>("model").unwrap().len(), 3);
    /// assert!(store.tagged::<String>("model").is_none());
    /// assert!(store.tagged::<Vec<f64>>("other").is_none());
    /// ```
    #[must_use]
    pub fn tagged<T: StoredResult + Send + Sync + 'static>(
        &self,
        name: &str,
    ) -> Option<Tracked<T>> {
        let (id, stamp, bytes, shape) = self.find_tagged(name)?;
        let read = || {
            let value: T = crate::codec::decode_result(&bytes).ok()?;
            (crate::codec::shape(&value) == shape).then_some(value)
        };
        // Bytes of another type may be what this one panics at.
        let value = trace::contained(read)??;
        let value = Arc::new(value);
        Some(Tracked::holding(Some(id), value, Some(Arc::new(stamp))))
    }
}
