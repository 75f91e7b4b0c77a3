//! What a child process does, and how its parent speaks with it.
//!
//! The parent gives the role, the path of the store and a number in the environment. Whoever
//! has to wait for a word from the parent waits for a byte on its standard input.

use crate::program::{ask, ask_here, ask_tagged, ask_version, has_tagged, untag};
use crate::{disk, told};
use dug::{Collect, Context, Store};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Output, Stdio};
use std::sync::OnceLock;
use std::thread;

const ROLE: &str = "DUG_PROCESSES_ROLE";
const STORE: &str = "DUG_PROCESSES_STORE";
const NUMBER: &str = "DUG_PROCESSES_NUMBER";

/// A way in which a process ends, all of its results not flushed.
pub const ENDS: [&str; 9] = [
    "drop",
    "drop and exit",
    "exit",
    "exit in the context",
    "panic",
    "installed",
    "installed, exit",
    "installed, in a thread",
    "static",
];

/// Rounds that a child asks for before it ends.
pub const ROUNDS: u64 = 3;

/// Results that a child tags, collecting all others.
pub const TAGGED: u64 = 150;

/// What this process is to do, if it is a child.
pub fn role() -> Option<String> {
    std::env::var(ROLE).ok()
}

/// A child that is not started yet.
pub fn command(role: &str, store: &Path, number: u64) -> Command {
    let mut command = Command::new(std::env::current_exe().expect("this binary has a path"));
    command
        .env(ROLE, role)
        .env(STORE, store)
        .env(NUMBER, number.to_string())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// The child, as the program that `outer` runs.
pub fn through(mut outer: Command, child: &Command) -> Command {
    outer.arg(child.get_program());
    for (name, value) in child.get_envs() {
        outer.env(name, value.expect("only set"));
    }
    outer
}

/// Lets a child that waits go on.
pub fn go(child: &mut Child) {
    let mut stdin = child.stdin.take().expect("the child has an input");
    stdin.write_all(b"\n").expect("the child waits");
}

/// What a child wrote that ended well.
pub fn written(output: &Output) -> String {
    let stdout = String::from_utf8_lossy(&output.stdout);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "{}\n{stdout}{stderr}",
        output.status
    );
    stdout.into_owned()
}

/// Waits for a child that ends well, and reads what it wrote as a number.
pub fn number_of(child: Child) -> u64 {
    let output = child
        .wait_with_output()
        .expect("the child can be waited for");
    let written = written(&output);
    written.trim().parse().expect("the child writes a number")
}

fn given(name: &str) -> String {
    std::env::var(name).expect("the parent gives it")
}

fn wait_for_parent() {
    let _ = std::io::stdin().read(&mut [0]);
}

pub fn main(role: &str) -> ExitCode {
    let path = PathBuf::from(given(STORE));
    let number: u64 = given(NUMBER).parse().expect("a number");
    match role {
        "work until killed" => work_until_killed(&path, number),
        "ask" => {
            wait_for_parent();
            let store = Store::open(&path).expect("the store opens");
            let ran: u64 = (0..number).map(|round| ask(&store, round).executions).sum();
            store.flush().expect("nothing fails");
            println!("{ran}");
        }
        "tag and collect" => {
            wait_for_parent();
            let store = Store::open(&path).expect("the store opens");
            for round in number..number + TAGGED {
                ask_tagged(&store, round);
                store.flush().expect("nothing fails");
                let other = Store::open(&path).expect("the store opens");
                assert!(has_tagged(&other, round), "round {round}");
                other.flush().expect("nothing is damaged");
                untag(&other, round);
                let all = Collect::new().max_size(0).orphans();
                store.collect_garbage(all).expect("nothing fails");
            }
            println!("{TAGGED}");
        }
        "ask a version" => {
            wait_for_parent();
            let store = Store::open(&path).expect("the store opens");
            println!("{}", ask_version(&store).executions);
        }
        "work until the disk is full" => work_until_full(&path),
        "fill a disk" => disk::fill(&path),
        "only read a disk" => disk::only_read(&path),
        "removed" => {
            let store = Store::open(&path).expect("the store opens");
            ask(&store, number);
            store.flush().expect("nothing fails");
            std::fs::remove_dir_all(&path).expect("it can be removed");
            ask(&store, number + 1);
            store.flush().expect_err("there is no store");
            end_in("installed", store, number + 2);
        }
        end => end_in(end, Store::open(&path).expect("the store opens"), number),
    }
    ExitCode::SUCCESS
}

/// Writes a line for each round that is durable.
fn work_until_killed(path: &Path, first: u64) {
    let store = Store::open(path).expect("the store opens");
    for round in first.. {
        ask(&store, round);
        if round % 2 == 1 {
            store.flush().expect("nothing fails");
            println!("{round}");
        }
    }
}

/// Writes a line for each round that is durable, until some were not: a store whose files were
/// closed may have room again.
fn work_until_full(path: &Path) {
    told::listen();
    let store = Store::open(path).expect("the store opens");
    let mut failed = 0;
    for round in 0..100 {
        ask(&store, round);
        match store.flush() {
            Ok(()) => println!("{round}"),
            Err(_) => failed += 1,
        }
        if failed == 5 {
            assert_eq!(told::about(path), 1);
            return;
        }
    }
    // Small files have room where a large one has none.
    if cfg!(feature = "sqlite") {
        panic!("{failed} rounds were not stored");
    }
}

/// Asks for some rounds, and ends.
fn end_in(end: &str, store: Store, number: u64) {
    static STORE: OnceLock<Store> = OnceLock::new();
    let rounds = number..number + ROUNDS;
    let install = |store| {
        let context = Context::builder().store(store).build();
        Context::install(context).expect("nothing is installed yet");
    };
    let in_own_context = |round| _ = ask(&store, round);
    match end {
        "drop" => rounds.for_each(in_own_context),
        "drop and exit" => {
            rounds.for_each(in_own_context);
            drop(store);
            std::process::exit(0);
        }
        "exit" => {
            rounds.for_each(in_own_context);
            std::process::exit(0);
        }
        "exit in the context" => Context::builder().store(store).build().enter(|| {
            rounds.for_each(ask_here);
            std::process::exit(0);
        }),
        "panic" => {
            rounds.for_each(in_own_context);
            panic!("as it was told");
        }
        "installed" => {
            install(store);
            rounds.for_each(ask_here);
        }
        "installed, exit" => {
            install(store);
            rounds.for_each(ask_here);
            std::process::exit(0);
        }
        "installed, in a thread" => {
            install(store);
            let work = thread::spawn(|| rounds.for_each(ask_here));
            work.join().expect("it does not panic");
        }
        "static" => {
            // Opened by a thread that ends before the work begins.
            thread::spawn(|| STORE.set(store))
                .join()
                .expect("it does not panic")
                .expect("it is new");
            let store = STORE.get().expect("it is set");
            rounds.for_each(|round| _ = ask(store, round));
        }
        other => panic!("no such role: {other}"),
    }
}
