//! The world around the steps: where their results are kept.

use std::path::Path;

use dug::{Context, Error, StaleReport, Store, Tracked};

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

    /// What there was to say when the store was opened.
    pub fn notices(&self) -> &[String] {
        self.store.notices()
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

    /// What of all results is stale, and why.
    pub fn stale(&self) -> Result<StaleReport, Error> {
        self.store.stale()
    }

    /// Takes all results for fresh, whatever was edited since. Gives how many were not.
    pub fn accept(&self) -> Result<usize, Error> {
        self.store.accept_all()
    }

    /// Waits until all results are on disk.
    pub fn flush(&self) -> Result<(), Error> {
        self.store.flush()
    }
}
