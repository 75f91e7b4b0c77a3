//! Files of a store with one bit flipped, or cut short.

use crate::all;
use crate::allocator;
use crate::program::{ask, ask_for_large, fill};
use dug::{Context, Store};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

/// A store that is asked takes milliseconds; one that takes so long hangs.
const PATIENCE: Duration = Duration::from_secs(60);

const WORKERS: usize = 2;

/// The files of a store.
type Files = BTreeMap<PathBuf, Vec<u8>>;

/// What a file is in a case, in the place of what it was.
#[derive(Clone, Copy, Debug)]
enum Damage {
    Flipped { at: usize, by: u8 },
    Cut { to: usize },
}

struct Case<'a> {
    files: &'a Files,
    file: &'a Path,
    damage: Damage,
}

fn read_all(folder: &Path, below: &Path, files: &mut Files) {
    for entry in fs::read_dir(folder.join(below)).unwrap() {
        let path = below.join(entry.unwrap().file_name());
        if folder.join(&path).is_dir() {
            read_all(folder, &path, files);
        } else if !path.ends_with("lock") {
            files.insert(path.clone(), fs::read(folder.join(&path)).unwrap());
        }
    }
}

/// The files of a store that was left well, and of one that is open: that one has a WAL.
fn left_and_open() -> (Files, Files) {
    let folder = tempfile::tempdir().unwrap();
    let (mut left, mut open) = (Files::new(), Files::new());
    let store = fill(folder.path());
    read_all(folder.path(), Path::new(""), &mut open);
    // Another connection reads its index of the WAL anew.
    open.remove(Path::new("store.sqlite-shm"));
    assert!(open[Path::new("store.sqlite-wal")].len() > 10_000);
    drop(store);
    read_all(folder.path(), Path::new(""), &mut left);
    assert!(!left.contains_key(Path::new("store.sqlite-wal")));
    (left, open)
}

/// In memory, where there is such a place: nothing here is about what a disk does.
fn folder() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm").unwrap_or_else(|_| tempfile::tempdir().unwrap())
}

impl Case<'_> {
    /// Whatever is there, a program goes on.
    fn open(&self, folder: &Path) -> Store {
        let opened = Store::open(folder);
        opened
            .unwrap_or_else(|error| panic!("{:?} of {}: {error}", self.damage, self.file.display()))
    }

    /// Lays the files out, one of them with its damage.
    fn lay_out(&self, folder: &Path) {
        for (path, bytes) in self.files {
            let target = folder.join(path);
            fs::create_dir_all(target.parent().unwrap()).unwrap();
            if path != self.file {
                fs::write(target, bytes).unwrap();
                continue;
            }
            let mut bytes = bytes.clone();
            match self.damage {
                Damage::Flipped { at, by } => bytes[at] ^= by,
                Damage::Cut { to } => bytes.truncate(to),
            }
            fs::write(target, bytes).unwrap();
        }
    }

    fn run(&self, folder: &Path) {
        self.lay_out(folder);
        if self.file.starts_with("values") {
            self.ask_for_large(folder);
        } else {
            self.ask_for_all(folder);
        }
    }

    /// The large value runs, and is written once more. No other file has any damage.
    fn ask_for_large(&self, folder: &Path) {
        let store = self.open(folder);
        let context = Context::builder().store(store.clone()).build();
        context.enter(ask_for_large);
        assert_eq!(context.stats().executions, 1);
        store.flush().unwrap_err();
        assert!(fs::read(folder.join(self.file)).unwrap() == self.files[self.file]);
    }

    fn ask_for_all(&self, folder: &Path) {
        // One that says to be another program's, or of a later version, is left alone.
        let store = self.open(folder);
        let ran = ask(&store).executions;
        if !store.notices().is_empty() && store.nodes().is_err() {
            return;
        }
        let nodes = store.nodes().map_or(0, |nodes| nodes.len());
        assert!(nodes <= 14, "{nodes} nodes");
        // Tells of the damage, if it was met.
        if store.flush().is_ok() && ran == 0 && store.notices().is_empty() {
            return;
        }
        drop(store);
        // What ran instead is stored; a database that is damaged itself is set aside first.
        let mut ran = u64::MAX;
        for _ in 0..3 {
            let store = self.open(folder);
            ran = ask(&store).executions;
            if store.flush().is_ok() && ran == 0 {
                break;
            }
        }
        // An entry of an index that leads to the row of another is no damage that SQLite sees: the
        // two write over each other in turn.
        assert!(ran <= 1, "{:?} does not heal", self.damage);
    }
}

fn run_all(cases: &[Case<'_>]) {
    let started = Instant::now();
    let (done, report) = mpsc::channel();
    thread::scope(|scope| {
        for worker in 0..WORKERS {
            let done = done.clone();
            scope.spawn(move || {
                for case in cases.iter().skip(worker).step_by(WORKERS) {
                    let folder = folder();
                    let run = || case.run(folder.path());
                    let ran = std::panic::catch_unwind(std::panic::AssertUnwindSafe(run));
                    done.send((case, ran.is_ok())).unwrap();
                }
            });
        }
        drop(done);
        let mut failed = Vec::new();
        let mut last = Vec::new();
        for _ in cases {
            let Ok((case, fine)) = report.recv_timeout(PATIENCE) else {
                eprintln!("one of the cases hangs that come after {last:?}");
                std::process::abort();
            };
            last.push(case.damage);
            last.drain(..last.len().saturating_sub(WORKERS));
            if !fine {
                failed.push(format!("{}: {:?}", case.file.display(), case.damage));
            }
        }
        println!("{} cases in {} s", cases.len(), started.elapsed().as_secs());
        let count = failed.len();
        failed.truncate(10);
        assert!(count == 0, "{count} cases failed, as {failed:#?}");
    });
    allocator::check("damaged bytes");
}

/// Bits of the file flipped: in all bytes, or in one of `step`, and in fewer of those that are zero.
fn flipped<'a>(files: &'a Files, file: &'a str, step: usize) -> Vec<Case<'a>> {
    let file = Path::new(file);
    let bytes = &files[file];
    let (step, rest) = if all() { (1, 1) } else { (step, step * 20) };
    let told = (0..bytes.len()).filter(|at| bytes[*at] != 0).step_by(step);
    let zeros = (0..bytes.len()).filter(|at| bytes[*at] == 0).step_by(rest);
    // In the end each bit gets its turn.
    let bit = |at| (at, 1u8 << ((at / step) % 8));
    let told = told.flat_map(|at| [bit(at), (at, 0xff)]);
    let cases = told.chain(zeros.map(bit)).map(|(at, by)| Case {
        files,
        file,
        damage: Damage::Flipped { at, by },
    });
    cases.collect()
}

/// The file cut to all lengths, or to one of `step`.
fn cut<'a>(files: &'a Files, file: &'a str, step: usize) -> Vec<Case<'a>> {
    let file = Path::new(file);
    let step = if all() { 1 } else { step };
    let lengths = (0..files[file].len()).step_by(step);
    let cases = lengths.map(|to| Case {
        files,
        file,
        damage: Damage::Cut { to },
    });
    cases.collect()
}

fn value_of(files: &Files) -> &str {
    let mut values = files.keys().filter(|path| path.starts_with("values"));
    let value = values.next().unwrap();
    assert_eq!(values.next(), None);
    value.to_str().unwrap()
}

#[test]
fn a_database_with_a_flipped_bit() {
    let (left, _) = left_and_open();
    run_all(&flipped(&left, "store.sqlite", 23));
}

#[test]
fn a_log_with_a_flipped_bit() {
    let (_, open) = left_and_open();
    run_all(&flipped(&open, "store.sqlite-wal", 101));
}

#[test]
fn files_that_are_cut_short() {
    let (left, open) = left_and_open();
    run_all(&cut(&left, "store.sqlite", 1021));
    run_all(&cut(&open, "store.sqlite-wal", 2039));
    run_all(&cut(&left, value_of(&left), 8191));
}

#[test]
fn a_large_value_with_a_flipped_bit() {
    let (left, _) = left_and_open();
    run_all(&flipped(&left, value_of(&left), 4093));
}

/// A file without content may say that it is as long as it likes.
#[test]
fn a_large_value_that_is_said_to_be_endless() {
    let folder = tempfile::tempdir().unwrap();
    drop(fill(folder.path()));
    let mut files = Files::new();
    read_all(folder.path(), Path::new(""), &mut files);
    let value = folder.path().join(value_of(&files));
    let file = fs::OpenOptions::new().write(true).open(&value).unwrap();
    file.set_len(1 << 40).unwrap();
    for ran in [1, 0] {
        let store = Store::open(folder.path()).unwrap();
        assert_eq!(ask(&store).executions, ran);
    }
    assert!(fs::read(&value).unwrap() == files[Path::new(value_of(&files))]);
    allocator::check("an endless value");
}

/// The store as it is, so that the cases above say something.
#[test]
fn an_undamaged_store_runs_nothing() {
    let (left, open) = left_and_open();
    for files in [left, open] {
        let folder = tempfile::tempdir().unwrap();
        for (path, bytes) in &files {
            let target = folder.path().join(path);
            fs::create_dir_all(target.parent().unwrap()).unwrap();
            fs::write(target, bytes).unwrap();
        }
        let store = Store::open(folder.path()).unwrap();
        assert_eq!(ask(&store).executions, 0);
        store.flush().unwrap();
    }
}
