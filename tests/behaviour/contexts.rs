//! Entering, leaving, re-entering and clearing contexts.

use crate::ran::{ran, take};
use dug::{Context, node, tracked, tweak, with_context};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

#[tracked]
fn leaf() -> u64 {
    ran("leaf");
    1
}

#[tracked]
fn root() -> u64 {
    ran("root");
    leaf() + 1
}

#[test]
fn a_kept_context_keeps_its_tweaks_and_not_its_cache() {
    let context = Context::new();
    context.enter(|| {
        tweak!(leaf() => 10);
        assert_eq!(root(), 11);
    });
    take();
    context.enter(|| assert_eq!(root(), 11));
    assert_eq!(take(), "root");
    with_context(|| {
        root();
        with_context(|| {
            tweak!(leaf() => 20);
            root();
            take();
            context.enter(|| assert_eq!(root(), 11));
            assert_eq!(take(), "root");
            assert_eq!(root(), 21);
        });
    });
}

#[test]
fn entering_a_context_again_inside_itself_nests() {
    let context = Context::new();
    context.enter(|| {
        tweak!(leaf() => 5);
        assert_eq!(root(), 6);
        context.enter(|| {
            assert_eq!(root(), 6);
            // The tweak is of the context: it reaches both layers.
            tweak!(leaf() => 7);
            assert_eq!(root(), 8);
        });
        assert_eq!(root(), 8);
    });
}

#[test]
fn a_child_leaves_its_parent_as_it_was() {
    with_context(|| {
        root();
        let before = Context::current().unwrap().stats();
        let held = Context::current().unwrap().nodes();
        with_context(|| {
            tweak!(leaf() => 9);
            assert_eq!(root(), 10);
            node!(root()).invalidate();
            assert_eq!(root(), 10);
        });
        assert_eq!(Context::current().unwrap().stats(), before);
        assert_eq!(Context::current().unwrap().nodes(), held);
        take();
        assert_eq!(root(), 2);
        assert_eq!(take(), "");
    });
}

#[test]
fn leaving_by_panic_leaves() {
    with_context(|| {
        let caught = std::panic::catch_unwind(|| {
            with_context(|| {
                tweak!(leaf() => 9);
                assert_eq!(root(), 10);
                std::panic::resume_unwind(Box::new(()));
            })
        });
        assert!(caught.is_err());
        assert_eq!(root(), 2);
    });
    assert!(Context::current().is_none());
}

#[test]
fn clearing_frees_entries_and_keeps_tweaks() {
    with_context(|| {
        let context = Context::current().unwrap();
        tweak!(leaf() => 4);
        root();
        context.clear();
        assert!(context.nodes().is_empty());
        take();
        assert_eq!(root(), 5);
        assert_eq!(take(), "root");
    });
}

/// Counts how many of its kind are alive.
#[derive(serde::Serialize, serde::Deserialize)]
struct Counted(u64);

static ALIVE: AtomicUsize = AtomicUsize::new(0);

impl Counted {
    fn new(value: u64) -> Self {
        ALIVE.fetch_add(1, Relaxed);
        Counted(value)
    }
}

impl Clone for Counted {
    fn clone(&self) -> Self {
        Counted::new(self.0)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        ALIVE.fetch_sub(1, Relaxed);
    }
}

#[tracked(in_memory)]
fn counted(n: u64) -> Counted {
    Counted::new(n + leaf())
}

#[test]
fn what_a_context_holds_is_freed_on_the_way_out() {
    with_context(|| {
        for n in 0..100 {
            assert_eq!(counted(n).0, n + 1);
            counted(n);
        }
        assert_eq!(ALIVE.load(Relaxed), 100);
        with_context(|| {
            tweak!(leaf() => 2);
            counted(3);
            tweak!(counted(4) => Counted::new(0));
            assert_eq!(ALIVE.load(Relaxed), 102);
        });
        assert_eq!(ALIVE.load(Relaxed), 100);
        node!(counted(3)).unload();
        assert_eq!(ALIVE.load(Relaxed), 99);
        Context::current().unwrap().clear();
        assert_eq!(ALIVE.load(Relaxed), 0);
        counted(1);
    });
    assert_eq!(ALIVE.load(Relaxed), 0);
}
