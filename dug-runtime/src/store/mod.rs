//! What outlives a process: results with the traces of the runs that gave them.
//!
//! From low to high: [`backend`], bytes by key; [`key`] and [`record`], what they mean; [`writer`],
//! how they get there behind the caller; [`exit`], how they get there when the process ends;
//! [`inner`], how they are found again. Nothing here
//! runs a body or knows a context: whether a record is right is for the engine to say.

mod ahead;
mod backend;
mod bindings;
mod collect;
mod exit;
mod inner;
mod key;
mod layout;
mod metadata;
mod pins;
mod record;
mod rows;
mod stats;
mod tags;
mod usage;
mod verify;
mod writer;

pub use collect::{Collect, Collected};
pub use metadata::Metadata;
pub use stats::StoreStats;
pub use verify::Verified;

pub(crate) use key::{RecordKey, Short, short};
pub(crate) use pins::Pin;
pub(crate) use record::{Record, Step};
pub use rows::{Row, rows, store_of};
pub(crate) use usage::Ledger;
pub(crate) use writer::{Job, What};

use crate::digest::Fingerprint;
use crate::error::Error;
use crate::function::Function;
use crate::id::{NodeId, Snapshot};
use crate::key::hash_arguments;
use crate::proof::{Proof, ProofKey};
use crate::value::Value;
use backend::{Failure, Space};
use inner::Inner;
use record::FunctionKey;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// A place where results outlive the process. A cheap handle: clones are the same store.
///
/// A [`Context`](crate::Context) that is built with a store looks there for what it does not
/// hold, and writes there what it runs, behind the caller. A stored result is used if the code is
/// what it was and if all that the run asked for gives here what it gave then; so results of
/// scenarios, and of versions of the code, live side by side.
///
/// All is written when the last handle goes, or when the process ends, by return from `main` or
/// by `std::process::exit` there or where the store was opened (on Windows, where a handle is
/// still alive then, only by [`flush`](Self::flush)).
///
/// A store never fails a computation: what cannot be read is run, what cannot be written is
/// reported once, through `tracing`, and by [`flush`](Self::flush). Several processes may use one
/// store at once.
///
/// ```
/// use dug::{Context, Store, tracked};
///
/// #[tracked]
/// fn square(x: u64) -> u64 { x * x }
///
/// let store = Store::in_memory();
/// let session = || Context::builder().store(store.clone()).build();
/// let (first, second) = (session(), session());
/// assert_eq!(first.enter(|| square(4)), 16);
/// assert_eq!(second.enter(|| square(4)), 16);
/// assert_eq!((first.stats().executions, second.stats().executions), (1, 0));
/// ```
#[derive(Clone)]
pub struct Store(Arc<Handle>);

/// The last of these to go writes what waits to be written.
struct Handle {
    inner: Arc<Inner>,
    writer: Mutex<Option<JoinHandle<()>>>,
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.inner.queue.close();
        let writer = self
            .writer
            .get_mut()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(writer) = writer.take()
            // The writer itself may drop the last handle, with a value.
            && writer.thread().id() != std::thread::current().id()
        {
            // It has reported what it could not write.
            let _ = writer.join();
        }
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.inner.fmt(out)
    }
}

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
#[derive(Debug, Clone, Default)]
pub struct StoreBuilder {
    settings: Settings,
    values_at: Option<PathBuf>,
}

/// What a store keeps, and how much.
#[derive(Debug, Clone, Default)]
pub(crate) struct Settings {
    min_cost: Duration,
    max_size: Option<u64>,
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

    /// At most this many bytes, enforced while writing: what was not used for the longest time goes
    /// first, tagged results never.
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

    /// Opens the store in the folder `path`, which is made if need be.
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
        let opened = backend::open(path, self.values_at.as_deref());
        let opened = opened.map_err(|failure| failed(Some(path), &failure))?;
        for notice in &opened.notices {
            tracing::warn!(store = %path.display(), "{notice}");
        }
        let inner = Inner::new(opened.backend.into(), Some(path.to_owned()), self.settings);
        Ok(Store::start(inner))
    }
}

/// For tests: the same store as another process would open it now.
#[must_use]
pub fn restarted(store: &Store) -> Store {
    let inner = &store.0.inner;
    inner.queue.wait();
    let backend = Arc::clone(&inner.backend);
    Store::start(Inner::new(
        backend,
        inner.place.clone(),
        inner.settings.clone(),
    ))
}

fn failed(place: Option<&Path>, failure: &Failure) -> Error {
    Error::Store {
        place: place.map_or_else(|| "memory".to_owned(), |path| path.display().to_string()),
        reason: failure.message.clone(),
    }
}

impl Store {
    /// Opens the store in the folder `path`, which is made if need be.
    ///
    /// A database that is damaged is set aside there, and a new one is made.
    ///
    /// # Errors
    /// [`Error::Store`]: the folder cannot be made or read, or it belongs to another program or
    /// to a later version of dug.
    ///
    /// ```
    /// # let folder = std::env::temp_dir().join(format!("dug-doc-{}", std::process::id()));
    /// let store = dug::Store::open(&folder)?;
    /// assert!(store.nodes()?.is_empty());
    /// # drop(store);
    /// # std::fs::remove_dir_all(&folder).ok();
    /// # Ok::<(), dug::Error>(())
    /// ```
    pub fn open(path: impl AsRef<Path>) -> Result<Store, Error> {
        StoreBuilder::default().open(path)
    }

    /// A store that ends with the process: contexts of one process share results through it.
    ///
    /// ```
    /// assert!(dug::Store::in_memory().nodes().unwrap().is_empty());
    /// ```
    #[must_use]
    pub fn in_memory() -> Store {
        Store::start(Inner::new(
            backend::in_memory().into(),
            None,
            Settings::default(),
        ))
    }

    /// Settings for a store.
    ///
    /// ```
    /// let builder = dug::Store::builder();
    /// ```
    #[must_use]
    pub fn builder() -> StoreBuilder {
        StoreBuilder::default()
    }

    fn start(inner: Inner) -> Store {
        let inner = Arc::new(inner);
        let writers = Arc::clone(&inner);
        let writer = std::thread::Builder::new()
            .name("dug-store".to_owned())
            // Values may be nested as deep as the program's own stacks allow.
            .stack_size(64 << 20)
            .spawn(move || writer::run(&writers));
        if writer.is_err() {
            inner.queue.close();
        }
        if inner.place.is_some() {
            exit::opened(&inner);
        }
        Store(Arc::new(Handle {
            inner,
            writer: Mutex::new(writer.ok()),
        }))
    }

    /// Returns when all results that were computed by now are durable, also if the power fails.
    ///
    /// # Errors
    /// [`Error::Store`]: something could not be read or written since this was last called.
    ///
    /// ```
    /// let store = dug::Store::in_memory();
    /// store.flush()?;
    /// # Ok::<(), dug::Error>(())
    /// ```
    pub fn flush(&self) -> Result<(), Error> {
        let inner = &self.0.inner;
        self.settle();
        inner.write_usages();
        inner.ask(inner.backend.sync());
        match inner.take_failure() {
            Some(failure) => Err(failed(inner.place.as_deref(), &failure)),
            None => Ok(()),
        }
    }

    /// The nodes of which something is stored, sorted.
    ///
    /// # Errors
    /// [`Error::Store`]: the store cannot be read.
    ///
    /// ```
    /// use dug::{Context, Store, tracked};
    ///
    /// #[tracked]
    /// fn fib(n: u64) -> u64 { if n < 2 { n } else { fib(n - 1) + fib(n - 2) } }
    ///
    /// let store = Store::in_memory();
    /// Context::builder().store(store.clone()).build().enter(|| fib(8));
    /// assert_eq!(store.nodes()?.len(), 9);
    /// # Ok::<(), dug::Error>(())
    /// ```
    pub fn nodes(&self) -> Result<Vec<NodeId>, Error> {
        let inner = &self.0.inner;
        inner.queue.wait();
        let mut nodes = Vec::new();
        inner
            .each_record(|_, record| nodes.extend(inner.id_of(&record)))
            .map_err(|failure| failed(inner.place.as_deref(), &failure))?;
        nodes.sort();
        nodes.dedup();
        Ok(nodes)
    }
}

/// What the engine asks.
impl Store {
    fn inner(&self) -> &Inner {
        &self.0.inner
    }

    /// Returns when all that this thread has found out is written, or could not be.
    fn settle(&self) {
        crate::trace::with(|thread| thread.tell_hits());
        self.0.inner.queue.wait();
    }

    /// Whether records of the node may be there; those that wait to be written are written first.
    pub(crate) fn expects(&self, node: &Snapshot, hash: u64) -> bool {
        self.0.inner.queue.wait_for(node, hash);
        self.0.inner.expects(node.function, hash)
    }

    pub(crate) fn record(&self, key: &RecordKey) -> Option<Arc<Record>> {
        self.0.inner.record(key)
    }

    pub(crate) fn proof(&self, key: &ProofKey) -> Option<Arc<Proof>> {
        self.0.inner.proof(key)
    }

    /// The function of a step, if this program has it.
    pub(crate) fn function(
        &self,
        record: &Record,
        step: &record::Step,
    ) -> Option<&'static Function> {
        let key = record.functions.get(step.function as usize)?;
        let path = self.0.inner.path(key)?;
        crate::registry::find(&path)
    }

    /// The records of the node, for whichever code and answers, the newest first.
    pub(crate) fn records_of(&self, node: &Snapshot) -> Vec<(RecordKey, Record)> {
        let inner = &self.0.inner;
        inner
            .queue
            .wait_for(node, hash_arguments(node.arguments.as_slice()));
        let records = inner.records_of(node.function.path(), node.arguments.as_slice());
        inner.ask(records).unwrap_or_default()
    }

    /// Removes all records of the node.
    pub(crate) fn forget(&self, node: &Snapshot) {
        let inner = &self.0.inner;
        inner
            .queue
            .wait_for(node, hash_arguments(node.arguments.as_slice()));
        let records = inner.records_of(node.function.path(), node.arguments.as_slice());
        let records = inner.ask(records).unwrap_or_default();
        let keys = records.iter().map(|(key, _)| key.bytes().as_slice().into());
        let removals = keys.map(|key| (Space::Record, key)).collect();
        inner.ask(inner.remove(removals));
    }

    /// The record, and what keeps its value in the store, if that lies apart from it.
    pub(crate) fn pinned(&self, key: &RecordKey) -> Option<(Arc<Record>, Pin)> {
        let record = self.record(key)?;
        let digest = match &record.value {
            record::Kept::Blob { digest, .. } => *digest,
            record::Kept::Here(_) | record::Kept::Nowhere => return None,
        };
        Some((record, self.0.inner.pins.pin(digest)))
    }

    /// Whether the value with this fingerprint is stored under the key.
    pub(crate) fn has_value(&self, key: &RecordKey, fingerprint: Fingerprint) -> bool {
        let record = self.record(key);
        record.is_some_and(|record| {
            record.fingerprint == fingerprint && record.value != record::Kept::Nowhere
        })
    }

    /// Whether the two are handles of one store.
    pub(crate) fn is(&self, other: &Store) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// What the run with this result asked, as far as this program knows the functions.
    pub(crate) fn steps(
        &self,
        key: &RecordKey,
        fingerprint: Fingerprint,
    ) -> Option<Vec<(&'static Function, Step)>> {
        let record = self
            .record(key)
            .filter(|record| record.fingerprint == fingerprint)?;
        let steps = record.steps.iter();
        let known = steps.filter_map(|step| Some((self.function(&record, step)?, step.clone())));
        Some(known.collect())
    }

    /// The value with this fingerprint of the record under the key, if it is what its function
    /// returns. Runs user code.
    pub(crate) fn load(
        &self,
        function: &'static Function,
        key: &RecordKey,
        fingerprint: Fingerprint,
    ) -> Option<Value> {
        // Another run may have taken its place meanwhile.
        let record = self.record(key)?;
        self.load_of(function, key, &record, fingerprint)
    }

    /// As [`load`](Self::load), of a record that may have gone meanwhile.
    pub(crate) fn load_of(
        &self,
        function: &'static Function,
        key: &RecordKey,
        record: &Record,
        fingerprint: Fingerprint,
    ) -> Option<Value> {
        let started = Instant::now();
        let inner = &self.0.inner;
        let encoded = (record.fingerprint == fingerprint).then(|| inner.value(record))??;
        let results = function.results()?;
        let value = (results.decode)(&encoded.bytes).ok()?;
        let value = ((results.shape)(&*value) == encoded.shape).then_some(value)?;
        inner.ledger.add_load(key, started.elapsed());
        inner.write_usages_soon();
        Some(value)
    }

    /// Where it is counted how often results are used.
    pub(crate) fn ledger(&self) -> &Arc<Ledger> {
        &self.0.inner.ledger
    }

    /// The record was found to be right.
    pub(crate) fn touch(&self, key: &RecordKey, record: &Record) {
        let inner = &self.0.inner;
        inner.ledger.touch(key, record.run.saved_at);
        inner.write_usages_soon();
    }

    pub(crate) fn push(&self, job: Job) {
        self.0.inner.push(job);
    }

    /// What the file of an input's node gave, if it looks as it did then.
    pub(crate) fn unchanged_input(&self, node: &Snapshot) -> Option<Fingerprint> {
        self.0.inner.unchanged_input(node)
    }
}

impl Inner {
    /// The records of one node, the newest first.
    fn records_of(
        &self,
        path: &str,
        arguments: &[u8],
    ) -> Result<Vec<(RecordKey, Record)>, Failure> {
        let function = function_key(path);
        let mut records = Vec::new();
        self.each_record_under(&RecordKey::prefix(path, arguments), |key, record| {
            if record.functions.first() == Some(&function) && record.arguments == arguments {
                records.push((key, record));
            }
        })?;
        records.sort_by_key(|(_, record)| std::cmp::Reverse(record.run.saved_at));
        Ok(records)
    }

    /// Calls `f` for each entry of the space whose key begins with `prefix`, in the order of keys.
    fn each_entry(
        &self,
        space: Space,
        prefix: &[u8],
        mut f: impl FnMut(&[u8], &[u8]),
    ) -> Result<(), Failure> {
        const AT_ONCE: usize = 256;
        let mut after: Option<Vec<u8>> = None;
        loop {
            let entries = self
                .backend
                .scan(space, prefix, after.as_deref(), AT_ONCE)?;
            let Some((last, _)) = entries.last() else {
                return Ok(());
            };
            after = Some(last.clone());
            for (key, bytes) in entries {
                f(&key, &bytes);
            }
        }
    }

    /// Calls `f` for each record that can be read.
    fn each_record(&self, f: impl FnMut(RecordKey, Record)) -> Result<(), Failure> {
        self.each_record_under(&[], f)
    }

    /// As [`each_record`](Self::each_record), for keys that begin with `prefix`.
    fn each_record_under(
        &self,
        prefix: &[u8],
        mut f: impl FnMut(RecordKey, Record),
    ) -> Result<(), Failure> {
        self.each_entry(Space::Record, prefix, |key, bytes| {
            let key = RecordKey::from_bytes(key);
            match key.and_then(|key| Some((key, Record::decode(&key, bytes)?))) {
                Some((key, record)) => f(key, record),
                None => self.report(&inner::damaged(Space::Record)),
            }
        })
    }

    /// The node of the record.
    fn id_of(&self, record: &Record) -> Option<NodeId> {
        let path = self.path(record.functions.first()?)?;
        let name = crate::registry::find(&path).map(|function| function.name().to_owned());
        let name = name.unwrap_or_else(|| {
            let plain = path.split('<').next().unwrap_or_default();
            plain.rsplit("::").next().unwrap_or_default().to_owned()
        });
        let text = format!("{name}({})", record.text);
        Some(NodeId::from_parts(
            path.to_string(),
            &record.arguments,
            text,
        ))
    }
}

fn function_key(path: &str) -> FunctionKey {
    let mut key = FunctionKey::default();
    let length = key.len();
    key.copy_from_slice(&Function::digest_of_path(path)[..length]);
    key
}

fn now_in_milliseconds() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.map_or(0, |now| u64::try_from(now.as_millis()).unwrap_or(u64::MAX))
}

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
