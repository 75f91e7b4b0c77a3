//! Small disks of a process's own, full or for reading only: it goes on, answers right, and is told once.

use crate::child::{command, through, written};
use crate::program::ask;
use crate::told;
use dug::{Context, Store, external, external_value, forget_external};
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Of which each has a large value.
const ROUNDS: [u64; 3] = [0, 4, 8];

pub fn that_is_full() {
    on_a_small_disk("fill a disk");
}

pub fn that_can_only_be_read() {
    on_a_small_disk("only read a disk");
}

/// Runs a child in a folder that is a disk of 3 MB.
fn on_a_small_disk(role: &str) {
    let folder = tempfile::tempdir().unwrap();
    let apart = || {
        let mut apart = Command::new("unshare");
        apart.arg("-rm");
        apart
    };
    let mount = "mount -t tmpfs -o size=3m dug";
    let place = folder.path();
    let tried = apart().args(mount.split(' ')).arg(place).output();
    if !tried.is_ok_and(|tried| tried.status.success()) {
        println!("not tried: {role}: no disk of one's own can be made here");
        return;
    }
    let child = command(role, place, 0);
    let mut outer = apart();
    let script = format!("{mount} '{}' && exec \"$0\"", place.display());
    outer.args(["sh", "-c", &script]);
    written(&through(outer, &child).output().unwrap());
}

/// A store with the first round, closed.
fn stored(disk: &Path) -> PathBuf {
    told::listen();
    let place = disk.join("store");
    let store = Store::open(&place).unwrap();
    ask(&store, ROUNDS[0]);
    Context::builder()
        .store(store.clone())
        .build()
        .enter(|| external("rate", 5_u64));
    store.flush().unwrap();
    place
}

/// The first round may be found, or not; of the others nothing can be kept, and each flush says so.
fn go_on_without(place: &Path, found: bool) {
    let before = told::about(place);
    let store = Store::open(place).expect("the program goes on");
    assert_eq!(ask(&store, ROUNDS[0]).executions == 0, found);
    for round in &ROUNDS[1..] {
        assert!(ask(&store, *round).executions > 0);
        store.flush().expect_err("something is not kept");
    }
    assert!(store.stats().dropped > 0, "{}", store.stats());
    forget_though_it_is_written(&store, found);
    assert_eq!(told::about(place), before + 1);
}

/// What is taken back is gone for this process, whether that can be written or not.
fn forget_though_it_is_written(store: &Store, found: bool) {
    let session = || Context::builder().store(store.clone()).build();
    let rate = || external_value::<u64>("rate").map(|rate| *rate);
    session().enter(|| {
        assert_eq!(rate(), found.then_some(5));
        forget_external("rate");
        assert_eq!(rate(), None);
        external("rate", 8_u64);
        assert_eq!(rate(), Some(8));
        forget_external("rate");
        Context::current().unwrap().refresh();
        assert_eq!(rate(), None);
    });
    session().enter(|| assert_eq!(rate(), None));
}

/// All can be kept, and nothing has been lost or set aside.
fn is_as_new(place: &Path, found: bool) {
    let before = told::about(place);
    let store = Store::open(place).unwrap();
    assert_eq!(ask(&store, ROUNDS[0]).executions == 0, found);
    ROUNDS.iter().for_each(|round| _ = ask(&store, *round));
    store.flush().unwrap();
    drop(store);
    let store = Store::open(place).unwrap();
    assert_eq!(ROUNDS.map(|round| ask(&store, round).executions), [0; 3]);
    assert_eq!(told::about(place), before);
}

/// What a child does on a disk of its own.
pub fn fill(disk: &Path) {
    // SQLite takes 32 KiB to look at a database, before it writes anything.
    for left in [0, 16 << 10, 28 << 10, 60 << 10] {
        let (place, new) = (stored(disk), disk.join("new"));
        let filler = disk.join("filler");
        let mut file = File::create(&filler).unwrap();
        while file.write_all(&[1; 4096]).is_ok() {}
        let length = file.metadata().unwrap().len();
        file.set_len(length.saturating_sub(left)).unwrap();
        drop(file);

        go_on_without(&place, true);
        go_on_without(&new, false);
        fs::remove_file(filler).unwrap();
        is_as_new(&place, true);
        is_as_new(&new, false);
        for store in [place, new] {
            fs::remove_dir_all(store).unwrap();
        }
    }
}

/// What a child does on a disk of its own.
pub fn only_read(disk: &Path) {
    let (place, new) = (stored(disk), disk.join("new"));
    let mount = |how: &str| {
        let mut mount = Command::new("mount");
        let mounted = mount.args(["-o", how]).arg(disk).status().unwrap();
        assert!(mounted.success());
    };
    mount("remount,ro");
    go_on_without(&place, true);
    go_on_without(&new, false);
    // Where nothing is to be kept, nothing fails.
    let store = Store::open(&place).unwrap();
    assert_eq!(ask(&store, ROUNDS[0]).executions, 0);
    store.flush().unwrap();
    assert_eq!(store.notices().len(), 1);
    let stats = store.stats();
    assert_eq!((stats.notices, stats.failures, stats.dropped), (1, 0, 0));
    drop(store);
    mount("remount,rw");
    is_as_new(&place, true);
    is_as_new(&new, false);
}
