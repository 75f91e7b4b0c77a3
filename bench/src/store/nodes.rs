//! What storing and loading take per node, and the bytes of a record.

use super::graph::{all, link, over_functions, over_inputs, small, small_by_hand};
use super::peers::salsa_graph::Salsa;
use super::peers::{Plain, Redb};
use crate::dag::{Layered, Shape};
use crate::folder::Folder;
use crate::harness::{Row, measure, table, time_ns};
use crate::hit::{CALLS, NUMBERS, ask, dug_number, fill};
use dug::{Context, Store};
use std::hint::black_box;
use std::path::Path;
use std::time::Instant;

/// Nodes that are stored and loaded.
const NODES: u64 = 50_000;

fn open(folder: &Path) -> Store {
    Store::open(folder).expect("a store")
}

/// Asks for all nodes in a new context, and tells what the calling thread has spent on each.
fn ask_all(store: Option<&Store>, of: impl Fn(u64) -> u64) -> f64 {
    let context = match store {
        Some(store) => Context::builder().store(store.clone()).build(),
        None => Context::new(),
    };
    let time = context.enter(|| {
        time_ns(NODES as usize, || {
            for number in 0..NODES {
                black_box(of(black_box(number)));
            }
        })
    });
    drop(context);
    time
}

/// By the clock, until all is durable, per node.
fn until_durable(work: impl FnOnce()) -> f64 {
    let start = Instant::now();
    work();
    start.elapsed().as_nanos() as f64 / NODES as f64
}

fn storing(of: fn(u64) -> u64) -> f64 {
    let folder = Folder::new();
    let store = open(folder.path());
    let time = ask_all(Some(&store), of);
    store.flush().expect("a flush");
    time
}

fn store_all(of: fn(u64) -> u64) -> f64 {
    let folder = Folder::new();
    let store = open(folder.path());
    until_durable(|| {
        ask_all(Some(&store), of);
        store.flush().expect("a flush");
    })
}

/// By the clock, until the caller goes on, per node: a wait for a writer that is behind counts.
fn waiting(nodes: u64, stored: bool) -> f64 {
    let folder = Folder::new();
    let store = stored.then(|| open(folder.path()));
    let context = match &store {
        Some(store) => Context::builder().store(store.clone()).build(),
        None => Context::new(),
    };
    context.enter(|| {
        let start = Instant::now();
        for number in 0..nodes {
            black_box(small(black_box(number)));
        }
        start.elapsed().as_nanos() as f64 / nodes as f64
    })
}

fn store_plain(clock: fn(&mut dyn FnMut()) -> f64) -> f64 {
    let folder = Folder::new();
    let mut plain = Plain::open(folder.path());
    clock(&mut || plain.fill(NODES, small_by_hand))
}

fn store_redb(clock: fn(&mut dyn FnMut()) -> f64) -> f64 {
    let folder = Folder::new();
    let redb = Redb::open(folder.path());
    clock(&mut || {
        redb.fill(NODES, small_by_hand);
        redb.flush();
    })
}

fn by_cpu(work: &mut dyn FnMut()) -> f64 {
    time_ns(NODES as usize, work)
}

fn by_clock(work: &mut dyn FnMut()) -> f64 {
    until_durable(work)
}

fn salsa_written() -> f64 {
    let leaves = NODES as u32 / 3;
    let mut salsa = Salsa::new(leaves);
    salsa.top();
    time_ns(NODES as usize, || {
        black_box(salsa.write());
    })
}

fn storing_tables(rounds: usize) {
    let rows = vec![
        Row::new("SQLite, a plain table", || store_plain(by_cpu)),
        Row::new("dug without a store, small", || ask_all(None, small)),
        Row::new("dug, small", || storing(small)),
        Row::new("dug without a store, link", || ask_all(None, link)),
        Row::new("dug, link", || storing(link)),
        Row::new("cached, redb", || store_redb(by_cpu)),
        Row::new(
            "salsa, writing the database to JSON in memory",
            salsa_written,
        ),
    ];
    let figures = measure(rounds, rows);
    table("Storing: the calling thread, per node", "ns", &figures);
    let more = |with: usize| figures[with].median - figures[with - 1].median;
    println!(
        "\nA store costs the caller {:.0} ns per small, {:.0} ns per link",
        more(2),
        more(4)
    );
    let rows = vec![
        Row::new("dug without a store, 200 000", || waiting(200_000, false)),
        Row::new("dug, 50 000 nodes", || waiting(50_000, true)),
        Row::new("dug, 200 000 nodes", || waiting(200_000, true)),
    ];
    table(
        "Storing: by the clock until the caller goes on, per node",
        "ns",
        &measure(rounds, rows),
    );
    let rows = vec![
        Row::new("SQLite, a plain table", || store_plain(by_clock)),
        Row::new("dug, small", || store_all(small)),
        Row::new("dug, link", || store_all(link)),
        Row::new("cached, redb", || store_redb(by_clock)),
    ];
    table(
        "Storing: by the clock until all is written, per node",
        "ns",
        &measure(rounds, rows),
    );
}

fn loading_tables(rounds: usize) {
    let folder = Folder::new();
    let mut plain = Plain::open(folder.path());
    plain.fill(NODES, small_by_hand);
    let redb = Redb::open(folder.path());
    redb.fill(NODES, small_by_hand);
    let store = open(&folder.path().join("dug"));
    ask_all(Some(&store), small);
    ask_all(Some(&store), link);
    store.flush().expect("a flush");
    let rows = vec![
        Row::new("SQLite, a plain table", || {
            time_ns(NODES as usize, || {
                plain.read(NODES, |value| {
                    black_box(value);
                })
            })
        }),
        Row::new("dug, small", || ask_all(Some(&store), small)),
        Row::new("dug, link", || ask_all(Some(&store), link)),
        Row::new("dug without a store, small: to run it", || {
            ask_all(None, small)
        }),
        Row::new("cached, redb", || {
            time_ns(NODES as usize, || {
                redb.read(NODES, |value| {
                    black_box(value);
                })
            })
        }),
    ];
    table(
        "Loading each node of a stored set in a new context",
        "ns",
        &measure(rounds, rows),
    );
}

fn hit_table(rounds: usize) {
    let hits = |context: &Context, hot: bool| {
        context.enter(|| {
            fill(&NUMBERS, dug_number);
            time_ns(CALLS, || ask(&NUMBERS, CALLS, hot, dug_number))
        })
    };
    let folder = Folder::new();
    let store = open(folder.path());
    let (without, with) = (Context::new(), Context::builder().store(store).build());
    let rows = vec![
        Row::new("without a store, 10 000 keys", || hits(&without, false)),
        Row::new("with a store, 10 000 keys", || hits(&with, false)),
        Row::new("without a store, hot", || hits(&without, true)),
        Row::new("with a store, hot", || hits(&with, true)),
    ];
    table("A hit in memory", "ns", &measure(rounds, rows));
}

fn disk_table() {
    println!("\n### Bytes on disk per node, {NODES} nodes\n");
    println!("| | bytes | ratio |\n|---|---:|---:|");
    let folder = Folder::new();
    Plain::open(folder.path()).fill(NODES, small_by_hand);
    let floor = Plain::settle(folder.path(), "plain.sqlite") as f64 / NODES as f64;
    let line = |name: &str, bytes: f64| {
        println!("| {name} | {bytes:.0} | {:.2} |", bytes / floor);
    };
    line("SQLite, a plain table", floor);
    for (name, of) in [("dug, small", small as fn(u64) -> u64), ("dug, link", link)] {
        let folder = Folder::new();
        let store = open(folder.path());
        ask_all(Some(&store), of);
        drop(store);
        line(
            name,
            Plain::settle(folder.path(), "store.sqlite") as f64 / NODES as f64,
        );
    }
    let redb = Folder::new();
    store_and_leave(redb.path());
    let files = std::fs::read_dir(redb.path()).expect("a folder");
    let bytes: u64 = files
        .map(|file| file.expect("a file").metadata().expect("a file").len())
        .sum();
    line("cached, redb", bytes as f64 / NODES as f64);
    let mut salsa = Salsa::new(NODES as u32 / 3);
    salsa.top();
    line("salsa, JSON", salsa.write().len() as f64 / NODES as f64);
}

fn store_and_leave(folder: &Path) {
    let redb = Redb::open(folder);
    redb.fill(NODES, small_by_hand);
    redb.flush();
}

/// A thousand different inputs below five thousand nodes: what proves a result is large.
fn inputs_table(rounds: usize) {
    let nodes = Layered::WIDTH * (Layered::LAYERS + 1);
    let graph = [
        ("functions", over_functions as fn(u32, u32) -> u64),
        ("inputs", over_inputs),
    ];
    let mut bytes = Vec::new();
    let mut storing = Vec::new();
    let mut asking = Vec::new();
    for (name, of) in graph {
        storing.push(Row::new(
            &format!("over {name}: stored, by the clock"),
            move || {
                let folder = Folder::new();
                let store = open(folder.path());
                let start = Instant::now();
                Context::builder()
                    .store(store.clone())
                    .build()
                    .enter(|| black_box(all(of)));
                store.flush().expect("a flush");
                start.elapsed().as_nanos() as f64 / 1e3 / nodes as f64
            },
        ));
        let folder = Folder::new();
        let store = open(folder.path());
        let session = move |store: &Store| {
            let context = Context::builder().store(store.clone()).build();
            context.enter(|| {
                time_ns(nodes, || {
                    black_box(all(of));
                })
            }) / 1e3
        };
        session(&store);
        drop(store);
        let size = Plain::settle(folder.path(), "store.sqlite");
        bytes.push(format!(
            "over {name}: {:.0} bytes per node",
            size as f64 / nodes as f64
        ));
        asking.push(Row::new(
            &format!("over {name}: the last layer asked for in a new session"),
            move || session(&open(folder.path())),
        ));
    }
    let figures = measure(rounds, storing.into_iter().chain(asking).collect());
    table(
        "A thousand leaves below five thousand nodes, per node",
        "us",
        &figures,
    );
    println!("\n{}", bytes.join("; "));
}

pub fn run(rounds: usize) {
    storing_tables(rounds);
    loading_tables(rounds);
    hit_table(rounds);
    disk_table();
    inputs_table(rounds);
}
