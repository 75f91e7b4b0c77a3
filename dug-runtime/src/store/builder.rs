//! How a store is opened.

use super::backend::{Backend, Failure};
use super::{Inner, Store, backend, failed, open};
use crate::error::Error;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How a store is opened.
///
/// ```
/// use dug::Store;
/// use std::time::Duration;
///
/// # let folder = std::env::temp_dir().join(format!("dug-doc-{}-builder", std::process::id()));
/// let store = Store::builder()
///     .min_cost(Duration::from_micros(20))
///     .max_size(1 << 30)
///     .open(&folder)?;
/// # drop(store);
/// # std::fs::remove_dir_all(&folder).ok();
/// # Ok::<(), dug::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
pub struct StoreBuilder {
    settings: Settings,
    values_at: Option<PathBuf>,
}

/// What a store keeps, and how much.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Settings {
    pub(super) min_cost: Duration,
    pub(super) max_size: Option<u64>,
    /// A writer that is so long in one piece of user code is no longer waited for: that may wait for
    /// something that who waits holds.
    pub(super) patience: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            min_cost: Duration::ZERO,
            max_size: None,
            patience: Duration::from_secs(10),
        }
    }
}

impl StoreBuilder {
    /// Values of results that took less than this are not stored, since to run them is cheaper
    /// than to load them; that they are right can still be told. Zero unless given.
    ///
    /// ```
    /// # use std::time::Duration;
    /// let builder = dug::Store::builder().min_cost(Duration::from_micros(50));
    /// ```
    #[must_use]
    pub fn min_cost(mut self, min_cost: Duration) -> Self {
        self.settings.min_cost = min_cost;
        self
    }

    /// About so many bytes at most: after a batch of results by which the store has outgrown them, at the latest
    /// when it is closed, what was not used for the longest time goes, tagged results never. A batch is an eighth of
    /// this or 4 MiB, whichever is less, and the last one is looked at after [`Store::flush`] has returned. A process
    /// that stores nothing takes nothing away. Counted are the pages
    /// of the database that are in use, and large values. So of small results each takes some hundred bytes
    /// more than its entry has, and below some 50 kB hardly any has room. Pages that are free again come on
    /// top, and while the store is open SQLite's log: some 32 MB, and as much as is written while others read.
    /// A value that is larger by itself is not stored, which is said once for each function.
    ///
    /// ```
    /// let builder = dug::Store::builder().max_size(10 << 30);
    /// ```
    #[must_use]
    pub fn max_size(mut self, bytes: u64) -> Self {
        self.settings.max_size = Some(bytes);
        self
    }

    /// The folder for large values, if they are not to lie beside the rest.
    ///
    /// ```
    /// let builder = dug::Store::builder().values_at("/mnt/large/values");
    /// ```
    #[must_use]
    pub fn values_at(mut self, path: impl Into<PathBuf>) -> Self {
        self.values_at = Some(path.into());
        self
    }

    /// Opens the store in the folder `path`, which is made if need be. While the process has it open
    /// with the same settings, this is one more handle on it.
    ///
    /// # Errors
    /// As [`Store::open`].
    ///
    /// ```
    /// # let folder = std::env::temp_dir().join(format!("dug-doc-{}-open", std::process::id()));
    /// let store = dug::Store::builder().open(&folder)?;
    /// # drop(store);
    /// # std::fs::remove_dir_all(&folder).ok();
    /// # Ok::<(), dug::Error>(())
    /// ```
    pub fn open(self, path: impl AsRef<Path>) -> Result<Store, Error> {
        let path = path.as_ref();
        if let Some(store) = open::find(path, &self) {
            return Ok(store);
        }
        match self.make(path) {
            Ok(store) => {
                open::add(path, self, &store);
                Ok(store)
            }
            Err(failure) => self.without(path, failure),
        }
    }

    fn make(&self, path: &Path) -> Result<Store, Failure> {
        let opened = backend::open(path, self.values_at.as_deref())?;
        let unwritable = opened.backend.unwritable();
        let mut inner = self.inner(path, opened.backend);
        inner.notify(opened.notices, unwritable);
        Ok(Store::start(inner))
    }

    /// A store that keeps nothing, since the one in the folder cannot be used.
    fn without(&self, path: &Path, failure: Failure) -> Result<Store, Error> {
        if !failure.is_refusal() {
            return Err(failed(Some(path), &failure));
        }
        let mut inner = self.inner(path, backend::refused(failure.clone()));
        inner.notices = vec![format!("{failure}; nothing is looked for or kept there")];
        inner.report(&failure);
        inner.give_up(failure);
        Ok(Store::start(inner))
    }

    fn inner(&self, path: &Path, backend: Box<dyn Backend>) -> Inner {
        Inner::new(backend.into(), Some(path.to_owned()), self.settings.clone())
    }
}

/// For tests: user code that the writer runs is waited for only so long.
#[must_use]
pub fn impatient(patience: Duration) -> StoreBuilder {
    StoreBuilder {
        settings: Settings {
            patience,
            ..Settings::default()
        },
        ..StoreBuilder::default()
    }
}

/// For tests: opens the store in the folder as another process would, although this one has it open.
///
/// # Errors
/// As [`Store::open`].
pub fn open_apart(path: impl AsRef<Path>) -> Result<Store, Error> {
    let (builder, path) = (StoreBuilder::default(), path.as_ref());
    let made = builder.make(path);
    made.or_else(|failure| builder.without(path, failure))
}
