//! The world around the steps: where their results are kept.

use std::path::Path;

use dug::{Context, Error, Store, Tracked};

use crate::ridge::Model;

/// Where results are kept.
pub struct World {
    context: Context,
    store: Store,
}

impl World {
    /// Opens the store in this folder, or makes it.
    pub fn open(store: &Path) -> Result<World, Error> {
        let store = Store::open(store)?;
        let context = Context::builder().label("pipeline");
        Ok(World {
            context: context.store(store.clone()).build(),
            store,
        })
    }

    /// Does some work in it.
    pub fn enter<R>(&self, work: impl FnOnce() -> R) -> R {
        self.context.enter(work)
    }

    /// Has the files read again that have changed.
    pub fn refresh(&self) {
        self.context.refresh();
    }

    /// The model that has this name.
    pub fn model(&self, name: &str) -> Option<Tracked<Model>> {
        self.store.tagged(name)
    }

    /// Waits until all results are on disk.
    pub fn flush(&self) -> Result<(), Error> {
        self.store.flush()
    }
}
