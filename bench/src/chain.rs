//! A cold chain: every node asks for the two before it, from the lowest up.

use crate::floor;
use crate::harness::{Heap, Row, heap, measure, stack_address, table, time_ns};
use dug::{tracked, with_context};
use std::cell::Cell;
use std::hint::black_box;

const NODES: u64 = 100_000;
/// Levels of the one deep call that shows what a level takes of the stack.
const DEEP: u64 = 2_000;
/// Of the thread that makes the deep call: nothing must be moved to a further stack.
const STACK: usize = 256 << 20;

thread_local!(static LOWEST: Cell<usize> = const { Cell::new(usize::MAX) });

#[inline(always)]
fn step(i: u64, ask: impl Fn(u64) -> u64) -> u64 {
    LOWEST.set(LOWEST.get().min(stack_address()));
    match i {
        0 | 1 => i,
        _ => ask(i - 1).wrapping_add(ask(i - 2)),
    }
}

fn plain(i: u64) -> u64 {
    floor::of_number(i, |i| step(i, plain))
}

#[tracked]
fn link(i: u64) -> u64 {
    step(i, link)
}

fn all(ask: impl Fn(u64) -> u64) {
    for i in 0..NODES {
        black_box(ask(black_box(i)));
    }
}

/// Calls `f` on a new thread, which remembers nothing.
fn on_new_thread<R: Send>(f: impl FnOnce() -> R + Send) -> R {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK);
        let thread = thread.spawn_scoped(scope, f).expect("a new thread");
        thread.join().expect("the thread has not panicked")
    })
}

fn stack_per_level(ask: impl FnOnce(u64) -> u64 + Send) -> usize {
    on_new_thread(|| {
        let top = stack_address();
        LOWEST.set(usize::MAX);
        black_box(ask(DEEP));
        (top - LOWEST.get()) / DEEP as usize
    })
}

fn memory(name: &str, heap: Heap, stack: usize) {
    println!(
        "| {name} | {:.0} | {:.2} | {stack} |",
        heap.live as f64 / NODES as f64,
        heap.allocations as f64 / NODES as f64
    );
}

fn print_memory() {
    println!("\n### What the chain takes of memory\n");
    println!("| | heap bytes per node | allocations per node | stack bytes per level |");
    println!("|---|---:|---:|---:|");
    let floor = on_new_thread(|| heap(|| all(plain)));
    memory("HashMap (floor)", floor, stack_per_level(plain));
    let stack = stack_per_level(|i| with_context(|| link(i)));
    let build = || with_context(|| heap(|| all(link)));
    let (first, second) = on_new_thread(|| (build(), build()));
    memory("dug, the thread's first context", first, stack);
    memory("dug, a later context", second, stack);
}

pub fn run(rounds: usize) {
    let rows = vec![
        Row::new("HashMap of the thread (floor)", || {
            floor::forget_numbers();
            let time = time_ns(NODES as usize, || all(plain));
            floor::forget_numbers();
            time
        }),
        Row::new("dug", || {
            with_context(|| time_ns(NODES as usize, || all(link)))
        }),
        Row::new("dug, with leaving the context", || {
            time_ns(NODES as usize, || with_context(|| all(link)))
        }),
    ];
    let title = format!("Cold, a chain of {NODES} nodes, each asking for two others");
    table(&title, "ns per node", &measure(rounds, rows));
    print_memory();
}
