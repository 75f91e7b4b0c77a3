//! A context for all threads of a process; a process of its own, since it can be done once.

use dug::{Context, node, tracked, tweak, with_context};
use std::cell::Cell;
use std::sync::{Arc, mpsc};

#[tracked]
fn leaf() -> u32 {
    1
}

#[tracked]
fn root() -> u32 {
    leaf() + 1
}

/// Calls dug when the last of its clones goes.
#[derive(Clone)]
struct Asks(#[expect(dead_code, reason = "it is only dropped")] Arc<AsksAtEnd>);

struct AsksAtEnd;

impl Drop for AsksAtEnd {
    fn drop(&mut self) {
        with_context(leaf);
    }
}

#[tracked(in_memory)]
fn asks() -> Asks {
    Asks(Arc::new(AsksAtEnd))
}

/// Waits for another thread, which is told so.
struct Waits {
    tell: mpsc::Sender<()>,
    may_go: mpsc::Receiver<()>,
}

/// Asks when its thread ends, after that has given back what it remembers.
struct AsksLast(Waits);

impl Drop for AsksLast {
    fn drop(&mut self) {
        drop(asks());
        self.0.tell.send(()).unwrap();
        self.0.may_go.recv().unwrap();
    }
}

thread_local!(static LAST: Cell<Option<AsksLast>> = const { Cell::new(None) });

/// Runs `f` on a thread; clears the context when that waits.
fn cleared_meanwhile(context: &Context, f: impl FnOnce(Waits) + Send + 'static) {
    let (tell, told) = mpsc::channel();
    let (let_go, may_go) = mpsc::channel();
    let thread = std::thread::spawn(move || f(Waits { tell, may_go }));
    told.recv().unwrap();
    context.clear();
    let_go.send(()).unwrap();
    thread.join().unwrap();
}

#[test]
fn threads_that_have_entered_no_context_stand_in_the_installed_one() {
    assert!(node!(root()).try_call().is_err());
    let installed = Context::builder().label("installed").build();
    Context::install(installed.clone()).unwrap();
    assert!(Context::install(Context::new()).is_err());

    assert_eq!(root(), 2);
    assert_eq!(Context::current().unwrap().label(), Some("installed"));
    std::thread::spawn(|| assert!(node!(root()).is_cached()))
        .join()
        .unwrap();
    with_context(|| {
        assert!(node!(root()).is_cached());
        tweak!(leaf() => 5);
        assert_eq!(root(), 6);
    });
    tweak!(leaf() => 7);
    assert_eq!(std::thread::spawn(root).join().unwrap(), 8);
    assert_eq!(installed.stats().executions, 3);

    // A thread that ends gives back what it alone remembers, whatever that does then.
    cleared_meanwhile(&installed, |waits| {
        drop(asks());
        waits.tell.send(()).unwrap();
        waits.may_go.recv().unwrap();
    });
    // From then on it remembers nothing.
    cleared_meanwhile(&installed, |waits| {
        assert!(Context::current().is_some());
        LAST.set(Some(AsksLast(waits)));
        leaf();
    });
}
