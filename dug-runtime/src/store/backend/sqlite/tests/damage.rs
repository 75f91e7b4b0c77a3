//! Databases that are damaged: set aside, or told, and never a crash.

use super::{aside, count, filled, names, opened, put};
use crate::store::backend::sqlite::open::{NAME, suspect};
use crate::store::backend::{Backend, FailureKind, Opened, Space, open};
use rusqlite::Connection;
use std::fs;
use std::path::Path;

/// Asserts that what stands there is set aside as it is, and a new store works.
fn is_set_aside(path: &Path, what: &str) {
    let before = fs::read(path.join(NAME)).unwrap();
    let (backend, notices) = opened(path);
    let [notice] = &notices[..] else {
        panic!("{what}: {notices:?}");
    };
    assert!(notice.contains("is damaged"), "{what}: {notice}");
    let aside = aside(path);
    assert_eq!(aside.len(), 1, "{what}: {aside:?}");
    assert!(fs::read(path.join(&aside[0])).unwrap() == before, "{what}");

    assert_eq!(count(&*backend).unwrap(), 0, "{what}");
    backend.write(&[put(1)]).unwrap();
    drop(backend);
    let (backend, notices) = opened(path);
    assert_eq!(notices, Vec::<String>::new(), "{what}");
    assert_eq!(count(&*backend).unwrap(), 1, "{what}");
}

#[test]
fn damaged_files_are_set_aside() {
    let folder = tempfile::tempdir().unwrap();
    let whole = folder.path().join("whole");
    filled(&whole, 1000);
    let whole = fs::read(whole.join(NAME)).unwrap();

    let mut damaged = vec![
        ("text".to_owned(), b"This is no database.\n".to_vec()),
        ("long text".to_owned(), b"no database\n".repeat(10_000)),
        ("zeros".to_owned(), vec![0; whole.len()]),
        ("two zeros".to_owned(), vec![0; 2]),
    ];
    for length in [2, 15, 16, 50, 99, 100, 511, 512, 4095, 4096, 8192, 50_000] {
        damaged.push((format!("cut to {length}"), whole[..length].to_vec()));
    }
    damaged.push((
        "no last page".to_owned(),
        whole[..whole.len() - 4096].to_vec(),
    ));
    for at in [0, 5, 15, 16, 17, 21, 100] {
        let mut flipped = whole.clone();
        flipped[at] ^= 0xff;
        damaged.push((format!("flipped at {at}"), flipped));
    }
    let mut header = whole.clone();
    header[..100].fill(0);
    damaged.push(("no header".to_owned(), header));

    for (what, bytes) in damaged {
        let path = folder.path().join(&what);
        fs::create_dir(&path).unwrap();
        fs::write(path.join(NAME), bytes).unwrap();
        is_set_aside(&path, &what);
    }
}

#[test]
fn an_empty_file_becomes_a_store() {
    // On some systems SQLite itself writes one byte into an empty file.
    for empty in [&b""[..], b"S"] {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(NAME), empty).unwrap();
        filled(folder.path(), 3);
        let (backend, _) = opened(folder.path());
        assert_eq!(count(&*backend).unwrap(), 3);
    }
}

/// What is wrong inside is found on the way or not at all, but never crashes.
#[test]
fn no_damage_crashes() {
    let folder = tempfile::tempdir().unwrap();
    let whole = folder.path().join("whole");
    filled(&whole, 400);
    let whole = fs::read(whole.join(NAME)).unwrap();
    for n in 0..150_usize {
        let path = folder.path().join(n.to_string());
        fs::create_dir(&path).unwrap();
        let mut bytes = whole.clone();
        // Whole pages, and single bytes.
        let at = n * 7919 % whole.len();
        if n % 3 == 0 {
            let page = at / 4096 * 4096;
            bytes[page..page + 4096].fill(n as u8);
        } else {
            bytes[at] ^= 1 << (n % 8);
        }
        fs::write(path.join(NAME), bytes).unwrap();
        match open(&path, None) {
            Ok(Opened { backend, .. }) => use_all(&*backend),
            Err(failure) => assert!(
                matches!(failure.kind, FailureKind::Newer | FailureKind::Foreign),
                "{failure:?}"
            ),
        }
    }
}

/// All that can be done; failing is allowed if it says that there is damage.
fn use_all(backend: &dyn Backend) {
    let key = blake3::hash(&7_u32.to_le_bytes());
    let done = [
        backend
            .read(&[(Space::Record, &key.as_bytes()[..24])])
            .err(),
        count(backend).err(),
        backend.write(&[put(7), put(1_000_000), put(399)]).err(),
        backend
            .write(&(500..600).map(put).collect::<Vec<_>>())
            .err(),
        backend.size().err(),
        backend.sync().err(),
        backend.check().err(),
        backend.compact().err(),
    ];
    for failure in done.into_iter().flatten() {
        assert_eq!(failure.kind, FailureKind::Damaged, "{failure}");
    }
}

#[test]
fn damage_that_is_met_later_is_set_aside_by_who_opens_next() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    filled(path, 2000);
    let mut bytes = fs::read(path.join(NAME)).unwrap();
    // All but the first pages, which are read on opening.
    let kept = 20 * 4096;
    bytes[kept..].fill(0x55);
    fs::write(path.join(NAME), bytes).unwrap();

    let (backend, notices) = opened(path);
    assert_eq!(notices, Vec::<String>::new());
    assert_eq!(count(&*backend).unwrap_err().kind, FailureKind::Damaged);
    assert!(!backend.check().unwrap().is_empty());
    drop(backend);
    is_set_aside(path, "pages");
}

#[test]
fn an_unfounded_suspicion_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    filled(folder.path(), 10);
    suspect(&folder.path().join(NAME));
    let (backend, notices) = opened(folder.path());
    assert_eq!(notices, Vec::<String>::new());
    assert_eq!(count(&*backend).unwrap(), 10);
    assert!(aside(folder.path()).is_empty());
    assert!(!names(folder.path()).contains(&"store.sqlite.suspect".to_owned()));
}

#[test]
fn of_many_who_find_damage_one_sets_it_aside() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    for round in 1..=5 {
        for name in [NAME, "store.sqlite-wal", "store.sqlite-shm"] {
            fs::write(path.join(name), b"damaged").unwrap();
        }
        let barrier = std::sync::Barrier::new(8);
        let work = |n| {
            barrier.wait();
            let (backend, notices) = opened(path);
            backend.write(&[put(n)]).unwrap();
            notices.len()
        };
        let notices: usize = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8).map(|n| scope.spawn(move || work(n))).collect();
            threads
                .into_iter()
                .map(|thread| thread.join().unwrap())
                .sum()
        });
        assert_eq!(notices, 1);
        let databases = aside(path)
            .into_iter()
            .filter(|name| !name.ends_with("-wal"));
        let databases = databases.filter(|name| !name.ends_with("-shm"));
        assert_eq!(databases.count(), round);
        let (backend, _) = opened(path);
        assert_eq!(count(&*backend).unwrap(), 8);
        drop(backend);
    }
}

#[test]
fn a_store_whose_tables_were_altered_is_set_aside() {
    for change in [
        "DROP TABLE record",
        "CREATE TABLE more (x)",
        "ALTER TABLE tag ADD x",
    ] {
        let folder = tempfile::tempdir().unwrap();
        filled(folder.path(), 10);
        let connection = Connection::open(folder.path().join(NAME)).unwrap();
        connection.execute_batch(change).unwrap();
        connection.close().unwrap();
        is_set_aside(folder.path(), change);
    }
}

#[test]
fn values_of_another_type_are_damage() {
    let folder = tempfile::tempdir().unwrap();
    filled(folder.path(), 10);
    let connection = Connection::open(folder.path().join(NAME)).unwrap();
    connection
        .execute("UPDATE record SET value = 7", ())
        .unwrap();
    connection.close().unwrap();
    let (backend, _) = opened(folder.path());
    assert_eq!(count(&*backend).unwrap_err().kind, FailureKind::Damaged);
}

/// Whoever reads on from the last key would never come to an end.
#[test]
fn keys_out_of_order_are_damage() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(NAME);
    filled(folder.path(), 10);
    let connection = Connection::open(&file).unwrap();
    let sql = "SELECT rootpage FROM sqlite_schema WHERE tbl_name = 'record' AND type = 'index'";
    let root: u32 = connection.query_row(sql, (), |row| row.get(0)).unwrap();
    connection.close().unwrap();
    let mut bytes = fs::read(&file).unwrap();
    let page = (root as usize - 1) * 4096;
    // A leaf of an index, and where its entries are, in their order.
    assert_eq!(bytes[page], 10);
    bytes[page + 8..page + 12].rotate_left(2);
    fs::write(&file, bytes).unwrap();
    let (backend, _) = opened(folder.path());
    assert_eq!(count(&*backend).unwrap_err().kind, FailureKind::Damaged);
    drop(backend);
    is_set_aside(folder.path(), "out of order");
}
