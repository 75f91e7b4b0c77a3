//! Places that cannot be used, read or written: the program goes on and the failure is told once.

use crate::program::{ask, fill, more};
use crate::told;
use dug::{Context, Error, Store};
use rusqlite::Connection;
use std::fs;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

/// There can be no store.
fn refusal(path: &Path) -> String {
    let error = Store::open(path).unwrap_err();
    assert!(matches!(error, Error::Store { .. }));
    error.to_string()
}

/// There is something that the program has to go on without. Gives what is said of it.
fn without(path: &Path) -> String {
    told::listen();
    let store = Store::open(path).unwrap();
    let ran = ask(&store).executions;
    assert_eq!(ask(&store).executions, ran);
    let context = Context::builder().store(store.clone()).build();
    assert_eq!(context.enter(|| more(1)), 1);
    store.nodes().unwrap_err();
    store.flush().unwrap_err();
    store.flush().unwrap_err();
    assert_eq!(told::about(path), 1);
    assert!(store.stats().failures > 0);
    match store.notices() {
        [notice] => notice.clone(),
        notices => panic!("{notices:?}"),
    }
}

#[test]
fn a_file_in_the_place_of_the_folder() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    fs::write(&path, "mine").unwrap();
    let text = refusal(&path);
    assert!(text.contains("file"), "{text}");
    refusal(&path.join("below"));
    assert_eq!(fs::read(&path).unwrap(), b"mine");
}

#[test]
fn a_database_of_another_program() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("store.sqlite");
    let connection = Connection::open(&database).unwrap();
    connection.execute_batch("CREATE TABLE mine (x)").unwrap();
    connection.close().unwrap();
    let before = fs::read(&database).unwrap();
    let text = without(folder.path());
    assert!(text.contains("another program"), "{text}");
    assert!(fs::read(&database).unwrap() == before);
}

#[test]
fn a_database_of_a_later_version() {
    let folder = tempfile::tempdir().unwrap();
    drop(fill(folder.path()));
    let database = folder.path().join("store.sqlite");
    let connection = Connection::open(&database).unwrap();
    let written: i64 = connection
        .pragma_query_value(None, "user_version", |row| row.get(0))
        .unwrap();
    connection
        .pragma_update(None, "user_version", 1000)
        .unwrap();
    connection.close().unwrap();
    let before = fs::read(&database).unwrap();
    let text = without(folder.path());
    assert!(text.contains("1000"), "{text}");
    assert!(fs::read(&database).unwrap() == before);
    // It is still there for the later version.
    let connection = Connection::open(&database).unwrap();
    connection
        .pragma_update(None, "user_version", written)
        .unwrap();
    connection.close().unwrap();
    assert_eq!(ask(&Store::open(folder.path()).unwrap()).executions, 0);
}

#[test]
fn a_folder_that_may_only_be_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    drop(fill(&path));
    let set = |file: &Path, read_only| {
        let mut permissions = file.metadata().unwrap().permissions();
        permissions.set_readonly(read_only);
        fs::set_permissions(file, permissions).unwrap();
    };
    let database = path.join("store.sqlite");
    set(&database, true);
    set(&path, true);
    // Some users may write nevertheless.
    let denied = fs::File::create(path.join("probe")).is_err();
    let store = Store::open(&path).unwrap();
    assert_eq!(ask(&store).executions, 0);
    store.flush().unwrap();
    if denied {
        let context = Context::builder().store(store.clone()).build();
        context.enter(|| more(1));
        store.flush().unwrap_err();
        store.flush().unwrap();
        assert_eq!(store.stats().dropped, 1);
    }
    set(&path, false);
    set(&database, false);
}

/// All that is not read on opening is damaged.
#[test]
fn a_database_that_is_damaged_throughout() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    told::listen();
    let store = fill(path);
    let context = Context::builder().store(store.clone()).build();
    context.enter(|| (0..3000).for_each(|n| _ = more(n)));
    drop((context, store));
    let database = path.join("store.sqlite");
    let mut bytes = fs::read(&database).unwrap();
    bytes[20 * 4096..].fill(0x55);
    fs::write(&database, bytes).unwrap();
    let store = Store::open(path).unwrap();
    for round in 0..20 {
        let context = Context::builder().store(store.clone()).build();
        context.enter(|| (0..100).for_each(|n| assert_eq!(more(n), n)));
        assert_eq!(context.stats().executions, 100, "{round}");
        store.flush().unwrap_err();
    }
    // That it is damaged, and that it is given up.
    assert_eq!(told::about(path), 2);
    assert!(store.stats().dropped >= 100, "{}", store.stats());
}

#[test]
fn a_database_that_another_keeps_locked() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    told::listen();
    drop(fill(path));
    let store = Store::open(path).unwrap();
    let other = Connection::open(path.join("store.sqlite")).unwrap();
    other.execute_batch("BEGIN EXCLUSIVE").unwrap();
    let session = || Context::builder().store(store.clone()).build();
    // Those who read do not wait for those who write.
    assert_eq!(ask(&store).executions, 0);
    assert_eq!(session().enter(|| (more(1), more(2))), (1, 2));
    // It waits for five seconds, then the result is given up.
    let started = Instant::now();
    store.flush().unwrap_err();
    assert!(started.elapsed() < Duration::from_secs(30));
    other.execute_batch("ROLLBACK").unwrap();
    store.flush().unwrap();
    assert_eq!(session().enter(|| (more(3), more(4))), (3, 4));
    store.flush().unwrap();
    let last = session();
    assert_eq!(last.enter(|| (more(3), more(4))), (3, 4));
    assert_eq!(last.stats().executions, 0);
    assert_eq!(told::about(path), 1);
}

#[test]
fn a_writer_that_waits_for_another_process_is_not_stuck() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let store = dug::__private::impatient(Duration::from_millis(20)).open(path);
    let store = store.unwrap();
    let other = Connection::open(path.join("store.sqlite")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let session = || Context::builder().store(store.clone()).build();
    assert_eq!(session().enter(|| more(5)), 5);
    thread::scope(|scope| {
        let flushing = scope.spawn(|| store.flush());
        thread::sleep(Duration::from_millis(500));
        other.execute_batch("ROLLBACK").unwrap();
        flushing.join().unwrap().unwrap();
    });
    let last = session();
    assert_eq!(last.enter(|| more(5)), 5);
    assert_eq!(last.stats().executions, 0);
}

/// Fills a store and locks it so that it cannot even be looked at while this lives.
fn shut(path: &Path) -> Connection {
    drop(fill(path));
    let other = Connection::open(path.join("store.sqlite")).unwrap();
    other
        .execute_batch("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE")
        .unwrap();
    other
}

#[test]
fn a_locked_database_is_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let other = shut(path);
    let opening = thread::scope(|scope| {
        let opening = scope.spawn(|| Store::open(path));
        thread::sleep(Duration::from_millis(300));
        drop(other);
        opening.join().unwrap()
    });
    assert_eq!(ask(&opening.unwrap()).executions, 0);
}

#[test]
fn a_database_that_stays_locked() {
    if !crate::all() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let other = shut(path);
    let started = Instant::now();
    let text = without(path);
    assert!(text.contains("locked"), "{text}");
    assert!(started.elapsed() < Duration::from_secs(60));
    drop(other);
    assert_eq!(ask(&Store::open(path).unwrap()).executions, 0);
}

#[test]
fn a_store_that_is_removed_while_it_is_open() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    told::listen();
    let store = fill(&path);
    fs::remove_dir_all(&path).unwrap();
    for n in 0..3 {
        let context = Context::builder().store(store.clone()).build();
        assert_eq!(context.enter(|| more(n)), n);
        store.flush().unwrap_err();
    }
    assert_eq!(told::about(&path), 1);
}

#[test]
fn values_cannot_be_written_where_a_file_is() {
    let folder = tempfile::tempdir().unwrap();
    told::listen();
    let values = folder.path().join("values");
    fs::write(&values, "mine").unwrap();
    let path = folder.path().join("store");
    let store = Store::builder().values_at(&values).open(&path).unwrap();
    let ran = ask(&store).executions;
    store.flush().unwrap_err();
    // All but the large value and its record are there.
    let again = ask(&store).executions;
    assert!(again > 0 && again < ran, "{again} of {ran}");
    assert_eq!(told::about(&path), 1);
    assert_eq!(fs::read(&values).unwrap(), b"mine");
}
