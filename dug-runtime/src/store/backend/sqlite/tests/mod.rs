//! What only SQLite can meet: files that are damaged, of others, or not to be written.

mod damage;

use super::Sqlite;
use super::open::{APPLICATION, FORMAT, NAME};
use crate::store::backend::blobs::Blobs;
use crate::store::backend::{Backend, Failure, FailureKind, Opened, Space, Write, open};
use rusqlite::Connection;
use std::fs;
use std::path::Path;
use std::time::Duration;

fn opened(path: &Path) -> (Box<dyn Backend>, Vec<String>) {
    let Opened { backend, notices } = open(path, None).unwrap();
    (backend, notices)
}

fn refused(path: &Path) -> Failure {
    open(path, None).unwrap_err()
}

fn sqlite(path: &Path) -> Sqlite {
    let blobs = Blobs::new(path.join("values"));
    Sqlite::open(path, blobs, &mut Vec::new()).unwrap()
}

fn put(n: u32) -> Write {
    Write::Put {
        space: Space::Record,
        key: blake3::hash(&n.to_le_bytes()).as_bytes()[..24].into(),
        value: n.to_le_bytes().repeat(15).into(),
    }
}

fn count(backend: &dyn Backend) -> Result<usize, Failure> {
    let entries = backend.scan(Space::Record, b"", None, usize::MAX)?;
    Ok(entries.len())
}

/// A store with so many records, closed.
fn filled(path: &Path, records: u32) {
    let (backend, notices) = opened(path);
    assert_eq!(notices, Vec::<String>::new());
    let batch: Vec<_> = (0..records).map(put).collect();
    backend.write(&batch).unwrap();
}

/// The names in a directory, sorted.
fn names(path: &Path) -> Vec<String> {
    let entries = fs::read_dir(path).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = names.collect();
    names.sort();
    names
}

fn aside(path: &Path) -> Vec<String> {
    let names = names(path).into_iter();
    names.filter(|name| name.contains(".damaged-")).collect()
}

#[test]
fn a_new_store_is_labelled_and_can_give_space_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("new/store");
    filled(&path, 1);
    let expected = [".gitignore", "CACHEDIR.TAG", "lock", NAME];
    assert_eq!(names(&path), expected);

    let connection = Connection::open(path.join(NAME)).unwrap();
    let number = |name: &str| -> i64 {
        let number = connection.pragma_query_value(None, name, |row| row.get(0));
        number.unwrap()
    };
    assert_eq!(number("auto_vacuum"), 2);
    assert_eq!(number("application_id"), APPLICATION);
    assert_eq!(number("user_version"), FORMAT);
}

#[test]
fn a_store_of_a_later_version_is_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    filled(folder.path(), 10);
    let file = folder.path().join(NAME);
    let connection = Connection::open(&file).unwrap();
    connection
        .pragma_update(None, "user_version", FORMAT + 1)
        .unwrap();
    connection.execute("CREATE TABLE later (x)", ()).unwrap();
    connection.close().unwrap();
    let before = fs::read(&file).unwrap();
    let failure = refused(folder.path());
    assert_eq!(failure.kind, FailureKind::Newer);
    assert!(failure.message.contains("later version"), "{failure}");
    assert!(fs::read(&file).unwrap() == before);
    assert!(aside(folder.path()).is_empty());
}

/// It is not said to be damaged.
#[test]
fn a_store_of_an_earlier_version_is_set_aside_as_that() {
    let folder = tempfile::tempdir().unwrap();
    filled(folder.path(), 10);
    let file = folder.path().join(NAME);
    let connection = Connection::open(&file).unwrap();
    connection.execute("DROP TABLE input", ()).unwrap();
    connection
        .pragma_update(None, "user_version", FORMAT - 1)
        .unwrap();
    connection.close().unwrap();
    let before = fs::read(&file).unwrap();
    let (backend, notices) = opened(folder.path());
    let [notice] = &notices[..] else {
        panic!("{notices:?}");
    };
    assert!(notice.contains("earlier version"), "{notice}");
    assert!(!notice.contains("damaged"), "{notice}");
    assert_eq!(count(&*backend).unwrap(), 0);
    let names = names(folder.path());
    let aside = names.iter().find(|name| name.contains(".older-")).unwrap();
    assert!(fs::read(folder.path().join(aside)).unwrap() == before);
    assert!(notice.contains(aside), "{notice}");
}

#[test]
fn what_a_full_or_broken_disk_gives_is_no_reason_to_end() {
    let failed = |code| {
        let error = rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(code), None);
        super::connection::failed(Path::new("x"), &error)
    };
    use rusqlite::ffi;
    for code in [
        ffi::SQLITE_IOERR_SHMSIZE,
        ffi::SQLITE_IOERR_WRITE,
        ffi::SQLITE_FULL,
    ] {
        assert_eq!(failed(code).kind, FailureKind::Full);
        assert!(failed(code).message.contains("full"));
    }
    assert!(failed(ffi::SQLITE_IOERR_READ).is_refusal());
    assert!(!failed(ffi::SQLITE_CANTOPEN).is_refusal());
}

#[test]
fn a_database_of_another_program_is_left_as_it_is() {
    let marks = [
        "CREATE TABLE x (y)",
        "PRAGMA application_id = 77",
        "PRAGMA user_version = 1",
        "PRAGMA journal_mode = WAL; CREATE TABLE x (y)",
    ];
    for mark in marks {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(NAME);
        let connection = Connection::open(&file).unwrap();
        connection.execute_batch(mark).unwrap();
        connection.close().unwrap();
        let before = fs::read(&file).unwrap();
        assert_eq!(refused(folder.path()).kind, FailureKind::Foreign, "{mark}");
        assert!(fs::read(&file).unwrap() == before, "{mark}");
        assert!(aside(folder.path()).is_empty());
    }
}

/// As a killed process leaves it: the WAL is not in the database yet.
#[test]
fn what_waits_in_the_wal_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let (path, copy) = (folder.path().join("a"), folder.path().join("b"));
    let (backend, _) = opened(&path);
    backend.write(&[put(1), put(2)]).unwrap();
    backend.write(&[put(3)]).unwrap();
    fs::create_dir(&copy).unwrap();
    for name in [NAME, "store.sqlite-wal"] {
        fs::copy(path.join(name), copy.join(name)).unwrap();
    }
    assert_eq!(count(&*opened(&copy).0).unwrap(), 3);

    // A tail that was torn takes its batch with it, and no more.
    for name in [NAME, "store.sqlite-wal"] {
        fs::copy(path.join(name), copy.join(name)).unwrap();
    }
    let wal = fs::read(copy.join("store.sqlite-wal")).unwrap();
    fs::write(copy.join("store.sqlite-wal"), &wal[..wal.len() - 100]).unwrap();
    let (backend, notices) = opened(&copy);
    assert_eq!((count(&*backend).unwrap(), notices.len()), (2, 0));
    drop(backend);

    // The WAL of a database that is gone is nobody's.
    fs::remove_file(copy.join(NAME)).unwrap();
    fs::write(copy.join("store.sqlite-wal"), &wal).unwrap();
    assert_eq!(count(&*opened(&copy).0).unwrap(), 0);
}

#[test]
fn a_store_that_is_moved_away_while_open_is_missing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("store");
    let (backend, _) = opened(&path);
    backend.write(&[put(1)]).unwrap();
    fs::rename(&path, folder.path().join("elsewhere")).unwrap();
    let failure = backend.write(&[put(2)]).unwrap_err();
    assert_eq!(failure.kind, FailureKind::Missing, "{failure}");
}

#[test]
fn who_cannot_write_is_busy_after_a_while() {
    let folder = tempfile::tempdir().unwrap();
    filled(folder.path(), 1);
    let sqlite = sqlite(folder.path());
    let soon = Duration::from_millis(50);
    let wait = |connection: &mut Connection| connection.busy_timeout(soon);
    sqlite.with(wait).unwrap();
    let other = Connection::open(folder.path().join(NAME)).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let failure = sqlite.write(&[put(2)]).unwrap_err();
    assert_eq!(failure.kind, FailureKind::Busy);
    assert_eq!(count(&sqlite).unwrap(), 1);
    other.execute_batch("ROLLBACK").unwrap();
    sqlite.write(&[put(2)]).unwrap();
}

#[test]
fn a_full_disk_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let sqlite = sqlite(folder.path());
    let limit = "PRAGMA max_page_count=20";
    sqlite
        .with(|connection| connection.execute_batch(limit))
        .unwrap();
    let batch: Vec<_> = (0..10_000).map(put).collect();
    assert_eq!(sqlite.write(&batch).unwrap_err().kind, FailureKind::Full);
    assert_eq!(count(&sqlite).unwrap(), 0);
}

#[test]
fn a_place_that_cannot_be_made_is_told() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("file"), b"").unwrap();
    assert!(open(&folder.path().join("file"), None).is_err());
    assert!(open(&folder.path().join("file/below"), None).is_err());
    fs::create_dir_all(folder.path().join("a").join(NAME)).unwrap();
    assert!(open(&folder.path().join("a"), None).is_err());
}

#[cfg(unix)]
#[test]
fn what_cannot_be_written_can_be_read() {
    use std::os::unix::fs::PermissionsExt;
    let mode = |path: &Path, mode| {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    };
    let folder = tempfile::tempdir().unwrap();
    mode(folder.path(), 0o555);
    let is_root = fs::File::create_new(folder.path().join("probe")).is_ok();
    mode(folder.path(), 0o755);
    if is_root {
        println!("not tried: root may write everywhere");
        return;
    }

    // A store in a directory that cannot be written, and one whose file cannot.
    for (directory, file) in [(0o555, 0o644), (0o555, 0o444), (0o755, 0o444)] {
        let path = folder.path().join(format!("{directory:o} {file:o} %?#"));
        filled(&path, 10);
        mode(&path.join(NAME), file);
        mode(&path, directory);
        let (backend, notices) = opened(&path);
        assert_eq!(notices.len(), 1, "{notices:?}");
        assert!(notices[0].contains("can only be read"), "{notices:?}");
        assert_eq!(count(&*backend).unwrap(), 10);
        assert_eq!(
            backend.write(&[put(1)]).unwrap_err().kind,
            FailureKind::Denied
        );
        backend.sync().unwrap();
        mode(&path, 0o755);
    }

    let path = folder.path().join("nothing");
    fs::create_dir(&path).unwrap();
    mode(&path, 0o555);
    assert_eq!(refused(&path).kind, FailureKind::Denied);
    assert_eq!(refused(&path.join("below")).kind, FailureKind::Denied);
    mode(&path, 0o755);
}
