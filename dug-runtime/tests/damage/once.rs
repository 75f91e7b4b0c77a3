//! Damage is told once, however often it is met.

use crate::program::{ask, ask_for_large, fill, more};
use crate::told;
use dug::{Context, Store, node, with_context};
use rusqlite::Connection;
use std::fs;
use std::path::Path;

/// So many records are damaged.
const MANY: u64 = 40;

/// Asks for each in a context of its own, and tells how many bodies ran.
fn ask_for_more(store: &Store) -> u64 {
    let session = |n| {
        let context = Context::builder().store(store.clone()).build();
        assert_eq!(context.enter(|| more(n)), n);
        context.stats().executions
    };
    (0..MANY).map(session).sum()
}

/// Changes a byte of each record.
fn damage_records(path: &Path) {
    let connection = Connection::open(path.join("store.sqlite")).unwrap();
    let sql = "SELECT key, value FROM record";
    let mut statement = connection.prepare(sql).unwrap();
    let rows = statement.query_map((), |row| Ok((row.get(0)?, row.get(1)?)));
    let rows: Vec<(Vec<u8>, Vec<u8>)> = rows.unwrap().map(Result::unwrap).collect();
    for (key, mut value) in rows {
        *value.last_mut().unwrap() ^= 1;
        let sql = "UPDATE record SET value = ?2 WHERE key = ?1";
        connection.execute(sql, (key, value)).unwrap();
    }
}

#[test]
fn many_damaged_records_are_told_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    told::listen();
    let store = Store::open(path).unwrap();
    assert_eq!(ask_for_more(&store), MANY);
    drop(store);
    damage_records(path);

    let store = Store::open(path).unwrap();
    assert_eq!(ask_for_more(&store), MANY);
    let failure = store.flush().unwrap_err().to_string();
    assert!(failure.contains("damaged: a result"), "{failure}");
    let stats = store.stats();
    assert!(stats.failures >= MANY, "{stats}");
    assert_eq!((stats.notices, stats.dropped), (0, 0));
    assert_eq!(told::about(path), 1);
    // All of them are written anew.
    assert_eq!(ask_for_more(&store), 0);
    store.flush().unwrap();
    assert_eq!(store.stats().failures, stats.failures);
    drop(store);
    let store = Store::open(path).unwrap();
    assert_eq!((ask_for_more(&store), store.stats().failures), (0, 0));
    assert_eq!(told::about(path), 1);
}

#[test]
fn a_damaged_database_is_told_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    told::listen();
    drop(fill(path));
    fs::write(path.join("store.sqlite"), "no database at all").unwrap();
    let store = Store::open(path).unwrap();
    let same = Store::open(path).unwrap();
    let ran = ask(&store).executions;
    assert!(ran > 0);
    assert_eq!((ask(&store).executions, ask(&same).executions), (0, 0));
    store.flush().unwrap();
    assert_eq!(store.notices().len(), 1);
    let stats = store.stats();
    assert_eq!((stats.notices, stats.failures), (1, 0));
    drop((store, same));
    let store = Store::open(path).unwrap();
    assert_eq!(ask(&store).executions, 0);
    assert_eq!((store.notices().len(), told::about(path)), (0, 1));
}

#[test]
fn a_damaged_value_is_told_once() {
    let folder = tempfile::tempdir().unwrap();
    let (path, values) = (folder.path().join("store"), folder.path().join("values"));
    told::listen();
    let open = || Store::builder().values_at(&values).open(&path).unwrap();
    ask(&open());
    let below = fs::read_dir(&values).unwrap().next().unwrap().unwrap();
    let file = fs::read_dir(below.path()).unwrap().next().unwrap().unwrap();
    let length = usize::try_from(file.metadata().unwrap().len()).unwrap();
    let store = open();
    for _ in 0..3 {
        fs::write(file.path(), vec![1; length]).unwrap();
        let context = Context::builder().store(store.clone()).build();
        context.enter(ask_for_large);
        assert_eq!(context.stats().executions, 1);
        store.flush().unwrap_err();
    }
    assert!(store.stats().failures >= 3, "{}", store.stats());
    assert_eq!(told::about(&path), 1);
}

#[test]
fn a_tag_that_no_store_takes_is_told() {
    told::listen();
    let words = "`more(71)` is not tagged";
    with_context(|| {
        let handle = node!(more(71)).tracked();
        assert_eq!(told::how_often(words), 0);
        handle.tag("one");
        assert_eq!(told::how_often(words), 1);
        node!(more(71)).tag("one");
        assert_eq!(told::how_often(words), 2);
    });
}
