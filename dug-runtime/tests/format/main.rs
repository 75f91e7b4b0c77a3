//! What a store has on the disk, read without dug, and what dug finds in a store that was written
//! long ago.
//!
//! `docs/store-format.md` says in words what is asserted here. After a wanted change of the format
//! its number is raised, and the store in this folder is written anew by
//! `DUG_FORMAT=write cargo test -p dug-runtime --test format`.

#![cfg(feature = "sqlite")]

mod bytes;
mod program;
mod records;
mod written;

use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// The database that is checked in.
fn checked_in() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/format/store.sqlite")
}

/// A store as it was written then, with the large value, which is known.
fn fixture() -> TempDir {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        assert!(dug::__private::pretend_code(program::code));
        if std::env::var_os("DUG_FORMAT").is_some_and(|value| value == "write") {
            let folder = tempfile::tempdir().unwrap();
            program::make(folder.path());
            fs::copy(folder.path().join("store.sqlite"), checked_in()).unwrap();
        }
    });
    let folder = tempfile::tempdir().unwrap();
    fs::copy(checked_in(), folder.path().join("store.sqlite")).unwrap();
    let (name, value) = written::large_value();
    let file = folder.path().join("values").join(name);
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(file, value).unwrap();
    folder
}

#[test]
fn what_was_stored_is_found() {
    let folder = fixture();
    let store = dug::Store::open(folder.path()).unwrap();
    let stats = program::ask(&store);
    assert_eq!(stats.executions, 0, "{stats:?}");
    assert_eq!(program::ask_of_day(&store).executions, 0);
    assert_eq!(store.tags(), ["a tag"]);
    let tagged = store.tagged::<u64>("a tag").unwrap();
    assert_eq!(
        (*tagged, tagged.node_id().unwrap().to_string()),
        (3000, "sum()".to_owned())
    );
    assert!(store.verify().unwrap().damaged.is_empty());
    store.flush().unwrap();
}
