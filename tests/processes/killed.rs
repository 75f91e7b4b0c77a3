//! Processes that are killed, or whose disk is full: the store stands, what was flushed is there, and nothing is wrong.

use crate::child::{command, go, through, written};
use crate::program::ask;
use crate::random::Random;
use dug::Store;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Child;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// How many children are killed one after the other, in each of the stores.
const KILLED: u64 = 13;
const STORES: u64 = 4;

pub fn at_random_moments() {
    let stores = (0..STORES).map(|seed| {
        thread::spawn(move || {
            let folder = tempfile::tempdir().unwrap();
            let mut random = Random::new(seed);
            let mut flushed = Vec::new();
            for n in 0..KILLED {
                let moment = Duration::from_micros(random.below(200_000));
                // Some while they make or open the store, and some surely while they work.
                let moment = if n % 2 == 0 {
                    Moment::AfterStart(moment)
                } else {
                    Moment::AfterWord(moment)
                };
                let first = flushed.last().map_or(0, |last| last + 1);
                let new = interrupted(folder.path(), first, moment, |child| {
                    child.kill().unwrap();
                });
                check(folder.path(), &new);
                flushed.extend(new);
            }
            check(folder.path(), &flushed);
            flushed.len()
        })
    });
    let stores: Vec<_> = stores.collect();
    for store in stores {
        let flushed = store.join().unwrap();
        assert!(flushed as u64 >= KILLED / 2, "{flushed} rounds");
    }
}

pub fn by_an_interrupt() {
    if !cfg!(unix) {
        return;
    }
    if is_interrupt_ignored() {
        println!("interrupts are ignored here (a background job?), so nothing is interrupted");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let mut flushed = Vec::new();
    let begin = [Moment::AfterStart(Duration::from_millis(3))];
    let work = [0, 11, 37, 90].map(|time| Moment::AfterWord(Duration::from_millis(time)));
    for moment in begin.into_iter().chain(work) {
        let first = flushed.last().map_or(0, |last| last + 1);
        let new = interrupted(folder.path(), first, moment, |child| {
            let mut kill = std::process::Command::new("kill");
            let sent = kill.arg("-INT").arg(child.id().to_string()).status();
            assert!(sent.unwrap().success());
        });
        flushed.extend(new);
        check(folder.path(), &flushed);
    }
}

/// It is as a full disk, which takes more rights to make.
pub fn on_a_full_disk() {
    if !cfg!(unix) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let child = command("work until the disk is full", folder.path(), 0);
    let mut limited = std::process::Command::new("sh");
    limited.args(["-c", "trap '' XFSZ; ulimit -f 1000; exec \"$0\""]);
    let written = written(&through(limited, &child).output().unwrap());
    let rounds = written.lines().map(|line| line.parse().unwrap());
    let rounds: Vec<u64> = rounds.collect();
    assert!(rounds.len() > 2, "{written}");
    check(folder.path(), &rounds);
}

/// A process that was begun in the background hands it on to its children that it ignores them.
fn is_interrupt_ignored() -> bool {
    let mut interrupts_itself = std::process::Command::new("sh");
    let status = interrupts_itself.args(["-c", "kill -INT $$"]).status();
    status.unwrap().success()
}

/// When a child is stopped.
#[derive(Clone, Copy)]
enum Moment {
    AfterStart(Duration),
    /// After it has flushed something.
    AfterWord(Duration),
}

/// Which rounds a child flushed before it was stopped.
fn interrupted(path: &Path, first: u64, moment: Moment, stop: fn(&mut Child)) -> Vec<u64> {
    let mut child = command("work until killed", path, first).spawn().unwrap();
    go(&mut child);
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let (tell, told) = mpsc::channel::<u64>();
    let reading = thread::spawn(move || {
        let rounds = lines.map_while(|line| line.ok()?.parse().ok());
        rounds.for_each(|round| tell.send(round).unwrap());
    });
    let mut rounds = Vec::new();
    match moment {
        Moment::AfterStart(time) => thread::sleep(time),
        Moment::AfterWord(time) => {
            rounds.push(told.recv().unwrap());
            thread::sleep(time);
        }
    }
    assert_eq!(child.try_wait().unwrap(), None, "a child ended by itself");
    stop(&mut child);
    assert!(!child.wait().unwrap().success());
    reading.join().unwrap();
    rounds.extend(told);
    rounds
}

/// Nothing is half-written, nothing of these rounds runs, and the rounds after them, of which something may be there, are right.
fn check(path: &Path, flushed: &[u64]) {
    let store = Store::open(path).unwrap();
    let verified = store.verify().unwrap();
    assert!(verified.is_sound(), "{verified}");
    for round in flushed {
        assert_eq!(ask(&store, *round).executions, 0, "round {round}");
    }
    let next = flushed.last().map_or(0, |last| last + 1);
    for round in next..next + 2 {
        ask(&store, round);
    }
    store.flush().unwrap();
    assert_eq!(store.notices(), [""; 0]);
}
