//! What outlives a process: results with the traces of the runs that gave them.
//!
//! From low to high: [`backend`], bytes by key; [`key`], [`record`] and [`layout`], what they mean;
//! [`inner`], how they are found again; [`queue`], [`writer`] and [`batch`], how they get there behind
//! the caller; [`exit`], how they get there when the process ends; [`engine`], what the engine asks.
//! Nothing here runs a body or knows a context: whether a record is right is for the engine to say.

mod accept;
mod ahead;
mod backend;
mod batch;
mod bindings;
mod builder;
mod code;
mod collect;
mod engine;
mod entries;
mod exit;
mod head;
mod inner;
mod inputs;
mod key;
mod latest;
mod layout;
mod metadata;
mod open;
mod pins;
mod presence;
mod proofs;
mod queue;
mod record;
mod rows;
mod stats;
mod tags;
mod usage;
mod verify;
mod writer;

pub use builder::{StoreBuilder, impatient, open_apart};
pub use collect::{Collect, Collected};
pub use metadata::Metadata;
pub use stats::StoreStats;
pub use verify::Verified;

pub(crate) use code::{Made as Code, Piece};
pub(crate) use key::{RecordKey, Short, short};
pub(crate) use pins::Pin;
pub(crate) use queue::{Job, What};
pub(crate) use record::{Record, Step};
pub use rows::{Row, rows, store_of};
pub(crate) use usage::Ledger;

use crate::codec::passed;
use crate::error::Error;
use crate::function::Function;
use crate::id::{NodeId, digest_of};
use backend::{Failure, FailureKind};
use builder::Settings;
use inner::Inner;
use record::FunctionKey;
use std::collections::HashMap;
use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

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
/// reported once, through `tracing`, and by each [`flush`](Self::flush) behind it. Who computes faster
/// than is written waits, but not for what gets nothing done in ten seconds (as where a `Serialize`
/// waits for a lock of the caller): then results are not stored, which counts as a failure to write.
/// Several processes may use one store at once; results that are to be written while one of them keeps it locked for
/// longer than about five seconds are lost, and reported.
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
            if self.inner.queue.wait_unless_stuck() {
                // It has reported what it could not write.
                let _ = writer.join();
            } else {
                let waiting = self.inner.queue.waiting();
                self.inner.drop_results(waiting, &inner::stuck());
            }
        }
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.inner.fmt(out)
    }
}

/// For tests: the same store as another process would open it now.
#[must_use]
pub fn restarted(store: &Store) -> Store {
    let inner = &store.0.inner;
    inner.ask(inner.wait_for_writer());
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
    /// Opens the store in the folder `path`, which is made if need be. While the process has it open,
    /// this is one more handle on it.
    ///
    /// A database that is damaged, or of an earlier version of dug, is set aside there, and a new one is
    /// made. One that belongs to a later version or to another program, or that may not be read, or that is
    /// locked for longer than half a minute, or whose disk fails, is left as it is: the program goes on without
    /// what it holds, [`notices`](Self::notices), the [statistics](Self::stats) and the log say so, and
    /// [`flush`](Self::flush) is an error each time. One that can only be read, since that is all that is
    /// allowed, or since its disk is full, is read.
    ///
    /// It should lie on a local disk: on a network file system locks and crashes may damage it, which on
    /// Linux is a notice.
    ///
    /// # Errors
    /// [`Error::Store`]: there can be no store at this place, as where there is a file.
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
        if let Err(error) = &writer {
            inner.queue.close();
            let message = format!("the store has no thread to write: {error}");
            let kind = FailureKind::Other;
            let _ = inner.unwritable.set(Failure { kind, message });
        }
        if inner.place.is_some() {
            exit::opened(&inner);
        }
        Store(Arc::new(Handle {
            inner,
            writer: Mutex::new(writer.ok()),
        }))
    }

    /// What was to be said when the store was opened: that a damaged or older one was set aside, that it can
    /// only be read, that it lies on another machine. The log has it, too.
    ///
    /// ```
    /// assert!(dug::Store::in_memory().notices().is_empty());
    /// ```
    #[must_use]
    pub fn notices(&self) -> &[String] {
        &self.0.inner.notices
    }

    /// Returns when all results that were computed by now are durable, also if the power fails.
    ///
    /// # Errors
    /// [`Error::Store`]: something could not be read or written since this was last called; or encoding a
    /// value takes longer than ten seconds, as where it waits for what the caller holds.
    ///
    /// That a value cannot be stored is no error: one whose encoding fails, or does not decode to what has the
    /// same encoding (as of a `HashSet`), or is larger than [`max_size`](StoreBuilder::max_size), or that rests
    /// on what no store can name. [`Node::explain`](crate::Node::explain) says so in the process that ran it; of
    /// those that do not decode or are too large, the log says it too, once for each function.
    ///
    /// ```
    /// let store = dug::Store::in_memory();
    /// store.flush()?;
    /// # Ok::<(), dug::Error>(())
    /// ```
    pub fn flush(&self) -> Result<(), Error> {
        let inner = &self.0.inner;
        let stuck = self.settle().err();
        stuck.iter().for_each(|failure| inner.say(failure));
        inner.write_usages();
        inner.ask(inner.backend.sync());
        match stuck.or(inner.take_failure()) {
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
        let mut nodes = self.variants()?;
        nodes.dedup();
        Ok(nodes)
    }
}

impl Store {
    /// The stored nodes, sorted; each as often as handles among its arguments held something else, the
    /// newest first.
    fn variants(&self) -> Result<Vec<NodeId>, Error> {
        let inner = &self.0.inner;
        let mut latest: HashMap<[u8; 32], (NodeId, u64)> = HashMap::new();
        let read = inner.wait_for_writer().and_then(|()| {
            inner.each_record(|_, record| {
                let Some(id) = inner.id_of(&record) else {
                    return;
                };
                let saved_at = record.run.saved_at;
                let name = digest_of(id.function(), id.arguments());
                let (_, latest) = latest.entry(name).or_insert((id, saved_at));
                *latest = saved_at.max(*latest);
            })
        });
        read.map_err(|failure| failed(inner.place.as_deref(), &failure))?;
        let mut variants: Vec<(NodeId, u64)> = latest.into_values().collect();
        variants.sort_by(|(one, saved), (other, saved_other)| {
            let newest_first = saved_other.cmp(saved);
            one.cmp(other)
                .then(newest_first)
                .then_with(|| one.arguments().cmp(other.arguments()))
        });
        Ok(variants.into_iter().map(|(id, _)| id).collect())
    }

    /// The node, and the same with what else the handles among its arguments held when it was stored.
    fn variants_of(&self, id: &NodeId) -> Vec<NodeId> {
        let mut variants = vec![id.clone()];
        if passed::has_tail(id.arguments()) {
            let stored = self.variants().unwrap_or_default();
            variants.extend(stored.into_iter().filter(|other| other == id));
        }
        variants
    }

    fn inner(&self) -> &Inner {
        &self.0.inner
    }

    /// Returns when all that this thread has found out is written, or could not be; fails if the writer is stuck.
    fn settle(&self) -> Result<(), Failure> {
        crate::trace::with(|thread| thread.tell_hits());
        self.0.inner.wait_for_writer()
    }
}

fn function_key(path: &str) -> FunctionKey {
    let mut key = FunctionKey::default();
    let length = key.len();
    key.copy_from_slice(&Function::digest_of_path(path)[..length]);
    key
}

/// As [`function_key`] of its path, which is digested once.
fn key_of(function: &Function) -> FunctionKey {
    let mut key = FunctionKey::default();
    let length = key.len();
    key.copy_from_slice(&function.path_digest()[..length]);
    key
}

fn now_in_milliseconds() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.map_or(0, |now| u64::try_from(now.as_millis()).unwrap_or(u64::MAX))
}

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
