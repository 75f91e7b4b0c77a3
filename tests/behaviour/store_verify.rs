//! What is damaged in a store is found, and costs no more than its room.

use crate::store_garbage::{Folder, session};
use dug::{Collect, Store, tracked};

#[tracked]
fn small(number: u64) -> String {
    format!("a small text that is stored: {number:0>40}")
}

#[tracked]
fn large(number: u64) -> String {
    format!("{}{number:0>3}", "0".repeat(199_997))
}

#[tracked]
fn both(number: u64) -> usize {
    small(number).len() + large(number).len()
}

/// Changes a byte of the first file in the folder, or below it, in which the text lies.
fn damage(folder: &std::path::Path, text: &str) -> bool {
    std::fs::read_dir(folder).unwrap().any(|entry| {
        let path = entry.unwrap().path();
        if path.is_dir() {
            return damage(&path, text);
        }
        let mut bytes = std::fs::read(&path).unwrap();
        let found = bytes
            .windows(text.len())
            .position(|window| window == text.as_bytes());
        if let Some(place) = found {
            bytes[place] ^= 1;
            std::fs::write(&path, bytes).unwrap();
        }
        found.is_some()
    })
}

#[test]
fn a_sound_store_is_sound() {
    let folder = Folder::new("sound");
    let store = Store::open(&folder.0).unwrap();
    session(&store, || (1..=5).for_each(|number| _ = both(number)));
    let verified = store.verify().unwrap();
    assert!(verified.is_sound(), "{verified}");
    assert_eq!((verified.records, verified.values), (15, 15));
    let stats = store.stats();
    assert_eq!((stats.records_written, stats.waiting), (15, 0));
    assert!(stats.bytes_written > 5 * 200_000, "{stats}");
}

#[test]
fn a_damaged_record_is_found_and_runs_again() {
    let folder = Folder::new("damaged-record");
    let open = || Store::open(&folder.0).unwrap();
    session(&open(), || both(1));
    assert!(damage(&folder.0, "a small text that is stored"));
    let store = open();
    let verified = store.verify().unwrap();
    assert_eq!(
        (verified.records, verified.damaged.len()),
        (2, 1),
        "{verified}"
    );
    let (_, stats) = session(&store, || small(1));
    assert_eq!(stats.executions, 1);
    assert!(store.flush().is_err());
    assert!(store.verify().unwrap().is_sound());

    drop(store);
    assert!(damage(&folder.0, "a small text that is stored"));
    let store = open();
    let collected = store.collect_garbage(Collect::new()).unwrap();
    assert_eq!((collected.records, collected.damaged), (1, 1));
    assert!(store.verify().unwrap().is_sound());
}

#[test]
fn a_damaged_value_is_found_and_left_as_it_is() {
    let folder = Folder::new("damaged-value");
    let open = || Store::open(&folder.0).unwrap();
    session(&open(), || both(1));
    assert!(damage(&folder.0, &"0".repeat(150_000)));
    let store = open();
    for _ in 0..2 {
        let verified = store.verify().unwrap();
        assert_eq!((verified.records, verified.values), (3, 2), "{verified}");
        assert_eq!(verified.damaged.len(), 1, "{verified}");
    }
    let (_, stats) = session(&store, || large(1));
    assert_eq!(stats.executions, 1);
    store.flush().unwrap_err();
    assert!(store.verify().unwrap().is_sound());
}

#[test]
fn a_missing_value_is_found() {
    let folder = Folder::new("missing-value");
    let store = Store::open(&folder.0).unwrap();
    session(&store, || large(1));
    store.flush().unwrap();
    for blob in folder.blobs() {
        std::fs::remove_file(blob).unwrap();
    }
    let verified = store.verify().unwrap();
    assert_eq!(verified.damaged, ["the value of `large(1)` is missing"]);
    assert_eq!(session(&store, || large(1)).1.executions, 1);
    assert!(store.verify().unwrap().is_sound());
}
