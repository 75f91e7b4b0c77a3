//! The world around the steps: where their results are kept, what is known of
//! these, and the files that are read.
//!
//! Results are kept in memory, while the program runs; so are names and
//! measurements of them, which a step gets when it is called through [`call`].

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use dug::{Context, Node, NodeId, node, tracked};
use serde::Serialize;

use crate::inputs;

/// Where results are kept.
pub struct World {
    context: Context,
}

impl World {
    /// Opens a store, if one is named.
    pub fn open(store: Option<&Path>) -> io::Result<World> {
        if let Some(path) = store {
            let problem = format!("{}: there are no stores on disk yet", path.display());
            return Err(io::Error::new(io::ErrorKind::Unsupported, problem));
        }
        Ok(World {
            context: Context::builder().label("pipeline").build(),
        })
    }

    /// Does some work in it.
    pub fn enter<R>(&self, work: impl FnOnce() -> R) -> R {
        self.context.enter(work)
    }

    /// Has the files read again that have changed; to be called while inside.
    pub fn refresh(&self) {
        for path in [inputs::INDICES, inputs::YIELDS] {
            let text = std::fs::read_to_string(path).ok();
            if text.as_deref() != read(path).ok().as_deref() {
                node!(read(path)).invalidate();
            }
        }
    }

    /// The result that has this name.
    pub fn tagged<T: 'static>(&self, name: &str) -> Option<T> {
        let notes = notes();
        let mut found = notes.iter();
        let (id, _) = found.find(|(_, it)| it.tags.iter().any(|tag| tag == name))?;
        let id = id.clone();
        drop(notes);
        id.call_erased().ok()?.downcast().ok()
    }
}

/// The text of a file, which becomes a dependency of the step that asks.
pub fn text(path: &str) -> io::Result<Arc<str>> {
    read(path).map_err(|(kind, problem)| io::Error::new(kind, problem))
}

/// That a file cannot be read is an answer, too.
#[tracked(in_memory, cache_err, name = "read")]
fn read(path: &str) -> Result<Arc<str>, (io::ErrorKind, String)> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(text.into()),
        Err(error) => Err((error.kind(), error.to_string())),
    }
}

/// Calls a step, and takes down what it costs.
pub fn call<R: Clone + Send + Sync + Serialize + 'static>(node: Node<'_, R>) -> R {
    let (id, is_known) = (node.id().clone(), node.is_cached());
    let start = Instant::now();
    let value = node.call();
    let time = start.elapsed();
    let size = bincode::serde::encode_to_vec(&value, bincode::config::standard());
    let mut notes = notes();
    let note = notes.entry(id).or_default();
    if is_known {
        note.metadata.hits += 1;
    } else {
        note.metadata.total_time = time;
    }
    note.metadata.value_size = size.map_or(0, |bytes| bytes.len() as u64);
    value
}

/// What a result has cost, and what it has saved.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct Metadata {
    /// Bytes.
    pub value_size: u64,
    /// Of the call that has computed it, with what it asked for and was not there.
    pub total_time: Duration,
    pub hits: u64,
}

impl Metadata {
    /// What the hits would have taken.
    pub fn estimated_time_saved(&self) -> Duration {
        self.total_time.saturating_mul(self.hits as u32)
    }
}

/// What is known of a kept result, without running anything.
pub trait Kept {
    /// Whether it would have to run, as far as is known: it never has, or something
    /// below it has changed.
    fn is_stale(&self) -> bool;
    /// The same, of so many levels: none is the step's own code.
    fn is_stale_to(&self, depth: usize) -> bool;
    fn metadata(&self) -> Option<Metadata>;
    fn tag(&self, name: &str);
    fn tags(&self) -> Vec<String>;
}

impl<R: Clone + Send + Sync + 'static> Kept for Node<'_, R> {
    fn is_stale(&self) -> bool {
        !self.is_cached()
    }

    /// No code changes while a program runs.
    fn is_stale_to(&self, depth: usize) -> bool {
        if depth == 0 {
            !notes().contains_key(self.id())
        } else {
            self.is_stale()
        }
    }

    fn metadata(&self) -> Option<Metadata> {
        notes().get(self.id()).map(|it| it.metadata)
    }

    fn tag(&self, name: &str) {
        let mut notes = notes();
        notes
            .values_mut()
            .for_each(|it| it.tags.retain(|tag| tag != name));
        notes
            .entry(self.id().clone())
            .or_default()
            .tags
            .push(name.to_owned());
    }

    fn tags(&self) -> Vec<String> {
        notes()
            .get(self.id())
            .map_or_else(Vec::new, |it| it.tags.clone())
    }
}

#[derive(Default)]
struct Note {
    metadata: Metadata,
    tags: Vec<String>,
}

fn notes() -> MutexGuard<'static, BTreeMap<NodeId, Note>> {
    static NOTES: Mutex<BTreeMap<NodeId, Note>> = Mutex::new(BTreeMap::new());
    NOTES.lock().unwrap_or_else(PoisonError::into_inner)
}
