//! The top of a stored graph, in a context that holds nothing.

use super::graph::{FILE, VERSION, pretend, top, top_by_hand};
use super::peers::salsa_graph::Salsa;
use crate::folder::{Folder, settle, write};
use crate::harness::{Figures, Row, cpu_ns, measure, table};
use dug::{Context, Store};
use std::path::Path;
use std::process::Command;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Instant;

/// There are three times as many nodes.
const LEAVES: [u32; 3] = [333, 3_333, 33_333];
/// With which argument this program is started by itself, to be a process that has just begun.
pub const CHILD: &str = "store-child";

/// A stored graph.
struct Stored {
    leaves: u32,
    folder: Folder,
    /// What its file says.
    read: u64,
}

/// What a session has done: microseconds, and functions that ran.
struct Session {
    opening: f64,
    asking: f64,
    ran: u64,
}

fn session(folder: &Path, leaves: u32, expected: u64) -> Session {
    let start = cpu_ns();
    let store = Store::open(folder).expect("a store");
    let opened = cpu_ns();
    let context = Context::builder().store(store.clone()).build();
    let answer = context.enter(|| top(leaves));
    let asked = cpu_ns();
    assert_eq!(answer, expected, "a stored answer is wrong");
    Session {
        opening: (opened - start) / 1e3,
        asking: (asked - opened) / 1e3,
        ran: context.stats().executions,
    }
}

impl Stored {
    fn new(leaves: u32) -> Self {
        let stored = Stored {
            leaves,
            folder: Folder::new(),
            read: 0,
        };
        let all = stored.session();
        assert!(all.ran > u64::from(leaves), "a new store holds something");
        assert_eq!(stored.session().ran, 0, "something was not stored");
        stored
    }

    fn session(&self) -> Session {
        let expected = top_by_hand(self.leaves, self.read);
        session(self.folder.path(), self.leaves, expected)
    }

    /// After the file of a leaf has changed.
    fn changed(&mut self, file: &Path) -> Session {
        write(file, self.read);
        self.read += 1;
        write(file, self.read);
        self.session()
    }

    /// After the code of a leaf has changed.
    fn rewritten(&self, file: &Path) -> Session {
        write(file, self.read);
        VERSION.fetch_add(1, Relaxed);
        self.session()
    }

    /// What a new process says that asking takes it, in microseconds of the clock.
    fn in_new_process(&self, file: &Path) -> (f64, f64) {
        let mut command = Command::new(std::env::current_exe().expect("this program"));
        command.arg(CHILD).arg(self.folder.path()).arg(file);
        let expected = top_by_hand(self.leaves, self.read);
        let version = VERSION.load(Relaxed);
        command.args([
            self.leaves.to_string(),
            version.to_string(),
            expected.to_string(),
        ]);
        let output = command.output().expect("a process");
        assert!(output.status.success(), "{output:?}");
        let text = String::from_utf8(output.stdout).expect("text");
        let (opening, asking) = text.trim().split_once(' ').expect("two figures");
        let figure = |text: &str| text.parse().expect("a figure");
        (figure(opening), figure(asking))
    }
}

/// What such a process does, by the arguments behind the first.
pub fn child(mut arguments: impl Iterator<Item = String>) {
    let mut next = || arguments.next().expect("five arguments");
    let folder = next();
    FILE.set(next()).expect("set once");
    let leaves = next().parse().expect("leaves");
    VERSION.store(next().parse().expect("a version"), Relaxed);
    let expected: u64 = next().parse().expect("an answer");
    dug::__private::pretend_code(pretend);
    let start = Instant::now();
    let store = Store::open(folder).expect("a store");
    let opened = Instant::now();
    let context = Context::builder().store(store.clone()).build();
    let answer = context.enter(|| top(leaves));
    let asked = Instant::now();
    assert_eq!(answer, expected, "a stored answer is wrong");
    assert_eq!(context.stats().executions, 0, "something was run");
    let micros = |from: Instant, to: Instant| (to - from).as_nanos() as f64 / 1e3;
    println!("{} {}", micros(start, opened), micros(opened, asked));
}

pub fn run(rounds: usize) {
    let home = Folder::new();
    let file = home.path().join("leaf");
    FILE.set(file.to_str().expect("a path of Unicode").into())
        .expect("set once");
    write(&file, 0);
    settle();
    VERSION.store(1, Relaxed);
    assert!(dug::__private::pretend_code(pretend));
    let mut graphs = LEAVES.map(Stored::new);
    let names = LEAVES.map(|leaves| format!("{} nodes", 3 * leaves));

    let mut figures = Vec::new();
    figures.extend(per_graph(
        rounds,
        &graphs,
        &names,
        "opening the store",
        |graph| graph.session().opening,
    ));
    figures.extend(per_graph(rounds, &graphs, &names, "asking", |graph| {
        graph.session().asking
    }));
    figures.extend(per_graph(
        rounds,
        &graphs,
        &names,
        "asking, a new process, by the clock",
        |graph| graph.in_new_process(&file).1,
    ));
    table(
        "The top of a stored graph that has not changed, asked for in a new context",
        "us",
        &figures,
    );

    let mut ran = Vec::new();
    let mut figures = Vec::new();
    for (graph, name) in graphs.iter_mut().zip(&names) {
        ran.push((graph.changed(&file).ran, graph.rewritten(&file).ran));
        let graph = std::cell::RefCell::new(graph);
        figures.extend(measure(
            rounds,
            vec![
                Row::new(&format!("{name}: the file of a leaf"), || {
                    graph.borrow_mut().changed(&file).asking
                }),
                Row::new(&format!("{name}: the code of a leaf"), || {
                    graph.borrow().rewritten(&file).asking
                }),
            ],
        ));
    }
    figures.extend(salsa(rounds));
    table("The same after one leaf changed", "us", &figures);
    for ((file, code), name) in ran.iter().zip(&names) {
        println!("\n{name}: {file} functions run after the file changed, {code} after the code");
    }
}

fn per_graph(
    rounds: usize,
    graphs: &[Stored],
    names: &[String],
    what: &str,
    sample: impl Fn(&Stored) -> f64,
) -> Vec<Figures> {
    let sample = &sample;
    let rows = graphs
        .iter()
        .zip(names)
        .map(|(graph, name)| Row::new(&format!("{name}: {what}"), move || sample(graph)));
    measure(rounds, rows.collect())
}

/// salsa reads its database as a whole.
fn salsa(rounds: usize) -> Vec<Figures> {
    let leaves = LEAVES[LEAVES.len() - 1];
    let mut whole = Salsa::new(leaves);
    whole.top();
    let written = whole.write();
    let read = |change: bool| {
        let start = cpu_ns();
        let mut salsa = Salsa::read(&written);
        if change {
            salsa.change(1);
        }
        std::hint::black_box(salsa.top());
        (cpu_ns() - start) / 1e3
    };
    let name = format!("{} nodes", 3 * leaves);
    measure(
        rounds.min(5),
        vec![
            Row::new(
                &format!("{name}: salsa, database read, nothing changed"),
                || read(false),
            ),
            Row::new(
                &format!("{name}: salsa, database read, one leaf changed"),
                || read(true),
            ),
        ],
    )
}
