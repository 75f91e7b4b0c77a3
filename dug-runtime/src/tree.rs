//! A tree of layers behind one lock.
//!
//! The lock is held for looking and for changing the graph, never while user
//! code runs: [`Locked::unlocked`] lets go of it for that, and values are
//! dropped when it is released.

use crate::graph::Graph;
use std::cell::Cell;
use std::ops::{Deref, DerefMut};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError, TryLockError};
use std::time::{Duration, Instant};

thread_local! {
    static WAITED: Cell<Duration> = const { Cell::new(Duration::ZERO) };
}

/// For how long this thread has waited for locks of trees, in all.
pub(crate) fn waited() -> Duration {
    WAITED.get()
}

/// An outermost layer and all layers beneath it.
#[derive(Debug, Default)]
pub(crate) struct Tree {
    graph: Mutex<Graph>,
    /// Signalled when a computation that somebody waits for is over, or may be waited for no longer.
    run_ended: Condvar,
}

impl Tree {
    pub(crate) fn lock(&self) -> Locked<'_> {
        Locked {
            tree: self,
            guard: Some(self.guard()),
        }
    }

    /// Wakes those who wait for a computation, though none is over.
    pub(crate) fn wake_all(&self) {
        // Whoever holds the lock may be about to wait.
        drop(self.guard());
        self.run_ended.notify_all();
    }

    fn guard(&self) -> MutexGuard<'_, Graph> {
        match self.graph.try_lock() {
            Ok(guard) => guard,
            // The graph is consistent between its methods, and none of them runs user code.
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => self.guard_later(),
        }
    }

    #[cold]
    fn guard_later(&self) -> MutexGuard<'_, Graph> {
        let start = Instant::now();
        let guard = self.graph.lock().unwrap_or_else(PoisonError::into_inner);
        WAITED.set(WAITED.get() + start.elapsed());
        guard
    }
}

/// The graph, while this thread may look at it and change it.
pub(crate) struct Locked<'t> {
    tree: &'t Tree,
    guard: Option<MutexGuard<'t, Graph>>,
}

impl Locked<'_> {
    fn release(&mut self) {
        if let Some(mut guard) = self.guard.take() {
            if guard.garbage.is_empty() {
                return;
            }
            let garbage = std::mem::take(&mut guard.garbage);
            drop(guard);
            drop(garbage);
        }
    }

    /// Runs `f` without the lock. Numbers of nodes and values that the caller does not hold mean nothing afterwards.
    pub(crate) fn unlocked<R>(&mut self, f: impl FnOnce() -> R) -> R {
        self.release();
        let result = f();
        self.guard = Some(self.tree.guard());
        result
    }

    /// Sleeps until some computation of the tree is over, or may be waited for no longer.
    pub(crate) fn wait(&mut self) {
        if let Some(mut guard) = self.guard.take() {
            guard.runs.waiting += 1;
            let waited = self.tree.run_ended.wait(guard);
            let mut guard = waited.unwrap_or_else(PoisonError::into_inner);
            guard.runs.waiting -= 1;
            self.guard = Some(guard);
        }
    }

    /// Wakes those who wait for a computation.
    pub(crate) fn wake(&self) {
        if self.runs.waiting > 0 {
            self.tree.run_ended.notify_all();
        }
    }
}

impl Deref for Locked<'_> {
    type Target = Graph;

    fn deref(&self) -> &Graph {
        match &self.guard {
            Some(guard) => guard,
            None => unreachable!("the lock is only given up inside `unlocked` and `wait`"),
        }
    }
}

impl DerefMut for Locked<'_> {
    fn deref_mut(&mut self) -> &mut Graph {
        match &mut self.guard {
            Some(guard) => guard,
            None => unreachable!("the lock is only given up inside `unlocked` and `wait`"),
        }
    }
}

impl Drop for Locked<'_> {
    fn drop(&mut self) {
        self.release();
    }
}
