//! A cold chain: every node asks for the two before it, from the lowest up.

use crate::bodies::{self, stack_of_links};
use crate::floor::Floor;
use crate::harness::{Heap, Row, heap, measure, table, time_ns};
use crate::peers::{Chain, cached, comemo, memoize, salsa::Salsa};
use dug::{tracked, with_context};
use std::hint::black_box;

const NODES: u64 = 100_000;
/// Levels of the one deep call that shows what a level takes of the stack.
const DEEP: u64 = 2_000;
/// Of the thread that makes the deep call: nothing must be moved to a further stack.
const STACK: usize = 256 << 20;

#[tracked]
fn link(i: u64) -> u64 {
    bodies::link(i, link)
}

struct Dug;

impl Chain for Dug {
    const NAME: &'static str = "dug";

    fn fresh<R>(work: impl FnOnce(&Self) -> R) -> R {
        with_context(|| work(&Dug))
    }

    fn ask(&self, i: u64) -> u64 {
        link(i)
    }
}

fn all<C: Chain>(chain: &C) {
    for i in 0..NODES {
        black_box(chain.ask(black_box(i)));
    }
}

fn row<C: Chain>() -> Row<'static> {
    Row::new(C::NAME, || {
        C::fresh(|chain| time_ns(NODES as usize, || all(chain)))
    })
}

/// Calls `f` on a new thread, which remembers nothing.
fn on_new_thread<R: Send>(f: impl FnOnce() -> R + Send) -> R {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK);
        let thread = thread.spawn_scoped(scope, f).expect("a new thread");
        thread.join().expect("the thread has not panicked")
    })
}

fn stack_per_level<C: Chain>() -> usize {
    let stack = on_new_thread(|| {
        C::fresh(|chain| {
            stack_of_links(|| {
                black_box(chain.ask(DEEP));
            })
        })
    });
    stack / DEEP as usize
}

/// The line of a peer. Tables that are never given back must not have grown before.
fn memory<C: Chain>() -> String {
    let heap = on_new_thread(|| C::fresh(|chain| heap(|| all(chain))));
    line(C::NAME, heap, stack_per_level::<C>())
}

/// The lines of dug, whose first context on a thread takes more.
fn memory_of_dug() -> String {
    let build = || Dug::fresh(|chain| heap(|| all(chain)));
    let (first, later) = on_new_thread(|| (build(), build()));
    let stack = stack_per_level::<Dug>();
    let first = line("dug, the thread's first context", first, stack);
    first + "\n" + &line("dug, a later context", later, stack)
}

fn line(name: &str, heap: Heap, stack: usize) -> String {
    format!(
        "| {name} | {:.0} | {:.2} | {stack} |",
        heap.live as f64 / NODES as f64,
        heap.allocations as f64 / NODES as f64
    )
}

pub fn run(rounds: usize) {
    let memory = [
        memory::<Floor>(),
        memory_of_dug(),
        memory::<cached::Locked>(),
        memory::<cached::Sharded>(),
        memory::<memoize::OfThread>(),
        memory::<comemo::Plain>(),
        memory::<comemo::Reading>(),
        memory::<Salsa>(),
    ];
    let rows = vec![
        row::<Floor>(),
        row::<Dug>(),
        Row::new("dug, with leaving the context", || {
            time_ns(NODES as usize, || Dug::fresh(all))
        }),
        row::<cached::Locked>(),
        row::<cached::Sharded>(),
        row::<memoize::OfThread>(),
        row::<comemo::Plain>(),
        row::<comemo::Reading>(),
        row::<Salsa>(),
    ];
    let title = format!("Cold, a chain of {NODES} nodes, each asking for two others");
    table(&title, "ns per node", &measure(rounds, rows));
    println!("\n### What the chain takes of memory\n");
    println!("| | heap bytes per node | allocations per node | stack bytes per level |");
    println!("|---|---:|---:|---:|");
    println!("{}", memory.join("\n"));
}
