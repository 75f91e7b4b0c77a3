//! What every backend must do, tried on each of them.

use super::blobs::Blobs;
use super::directory::Directory;
#[cfg(feature = "sqlite")]
use super::sqlite::Sqlite;
use super::{Backend, Entry, Failure, FailureKind, Opened, Space, Write, in_memory, open};
use std::path::Path;
use std::time::{Duration, SystemTime};

type Open = fn(&Path) -> Result<Box<dyn Backend>, Failure>;

#[cfg(feature = "sqlite")]
const SQLITE: Open = |path| {
    let blobs = Blobs::new(path.join("values"));
    Ok(Box::new(Sqlite::open(path, blobs, &mut Vec::new())?))
};

const DIRECTORY: Open = |path| {
    let blobs = Blobs::new(path.join("values"));
    Ok(Box::new(Directory::open(path, blobs, &mut Vec::new())?))
};

const PERSISTENT: &[(&str, Open)] = &[
    #[cfg(feature = "sqlite")]
    ("sqlite", SQLITE),
    ("directory", DIRECTORY),
];

/// Tries something on an empty backend of each kind.
fn on_each(test: impl Fn(&dyn Backend)) {
    println!("on memory");
    test(&*in_memory());
    on_persistent(|open, path| test(&*open(path).unwrap()));
}

/// Tries something on each kind that outlives a process, with an empty directory.
fn on_persistent(test: impl Fn(Open, &Path)) {
    for (name, open) in PERSISTENT {
        println!("on {name}");
        let directory = tempfile::tempdir().unwrap();
        test(*open, directory.path());
    }
}

fn put(space: Space, key: &[u8], value: &[u8]) -> Write {
    let (key, value) = (key.into(), value.into());
    Write::Put { space, key, value }
}

fn insert(space: Space, key: &[u8], value: &[u8]) -> Write {
    let (key, value) = (key.into(), value.into());
    Write::Insert { space, key, value }
}

fn replace(space: Space, key: &[u8], before: &[u8], value: &[u8]) -> Write {
    let (key, before, value) = (key.into(), before.into(), value.into());
    Write::Replace {
        space,
        key,
        before,
        value,
    }
}

fn remove(space: Space, key: &[u8]) -> Write {
    let key = key.into();
    Write::Remove { space, key }
}

fn read(backend: &dyn Backend, space: Space, key: &[u8]) -> Option<Vec<u8>> {
    backend.read(&[(space, key)]).unwrap().remove(0)
}

fn keys(entries: Vec<Entry>) -> Vec<Vec<u8>> {
    entries.into_iter().map(|(key, _)| key).collect()
}

fn digest(bytes: &[u8]) -> [u8; 32] {
    *blake3::hash(bytes).as_bytes()
}

#[test]
fn what_was_put_is_read_in_the_order_of_the_keys() {
    on_each(|backend| {
        assert_eq!(backend.read(&[]).unwrap(), Vec::<Option<Vec<u8>>>::new());
        assert_eq!(backend.write(&[]).unwrap(), Vec::<bool>::new());
        for space in Space::ALL {
            let value = [space as u8];
            assert_eq!(backend.write(&[put(space, b"k", &value)]).unwrap(), [true]);
        }
        let keys = Space::ALL.map(|space| (space, &b"k"[..]));
        let values = Space::ALL.map(|space| Some(vec![space as u8]));
        assert_eq!(backend.read(&keys).unwrap(), values);

        let keys: [(Space, &[u8]); 3] = [
            (Space::Set, b"none"),
            (Space::Tag, b"k"),
            (Space::Tag, b"k"),
        ];
        let tag = Some(vec![Space::Tag as u8]);
        assert_eq!(backend.read(&keys).unwrap(), [None, tag.clone(), tag]);
    });
}

#[test]
fn changes_of_a_batch_follow_each_other_and_say_what_they_did() {
    on_each(|backend| {
        let space = Space::Record;
        let batch = [
            insert(space, b"a", b"1"),
            insert(space, b"a", b"2"),
            put(space, b"a", b"3"),
            put(space, b"a", b"3"),
            insert(Space::Set, b"a", b"4"),
            remove(space, b"a"),
            remove(space, b"a"),
            insert(space, b"a", b"5"),
        ];
        let changed = backend.write(&batch).unwrap();
        assert_eq!(changed, [true, false, true, true, true, true, false, true]);
        assert_eq!(read(backend, space, b"a"), Some(b"5".to_vec()));
        assert_eq!(read(backend, Space::Set, b"a"), Some(b"4".to_vec()));

        let batch = [insert(space, b"a", b"6"), remove(space, b"b")];
        assert_eq!(backend.write(&batch).unwrap(), [false, false]);
        assert_eq!(read(backend, space, b"a"), Some(b"5".to_vec()));

        let batch = [
            replace(space, b"a", b"6", b"7"),
            replace(space, b"b", b"", b"7"),
            replace(space, b"a", b"5", b"8"),
            replace(space, b"a", b"8", b"9"),
        ];
        let changed = backend.write(&batch).unwrap();
        assert_eq!(changed, [false, false, true, true]);
        assert_eq!(read(backend, space, b"a"), Some(b"9".to_vec()));
        assert_eq!(read(backend, space, b"b"), None);
    });
}

#[test]
fn keys_and_values_may_be_any_bytes() {
    on_each(|backend| {
        let large = vec![7; 1 << 20];
        let long: [u8; 64] = std::array::from_fn(|at| 255 - at as u8);
        let keys: [&[u8]; 8] = [
            b"",
            b"\0",
            b"\0\0",
            b"a\0b",
            b"a",
            b"A",
            b"\xff\xff\x80 '\"%_",
            &long,
        ];
        let values: [&[u8]; 8] = [b"", b"\0", b"", &large, b"text", b"\xff", b"x", b"y"];
        let batch: Vec<_> = keys
            .iter()
            .zip(values)
            .map(|(key, value)| put(Space::Input, key, value))
            .collect();
        backend.write(&batch).unwrap();
        for (key, value) in keys.iter().zip(values) {
            assert!(read(backend, Space::Input, key).as_deref() == Some(value));
        }
        let mut sorted = keys.map(<[u8]>::to_vec);
        sorted.sort_unstable();
        assert_eq!(
            self::keys(backend.scan(Space::Input, b"", None, 100).unwrap()),
            sorted
        );
    });
}

#[test]
fn scans_go_by_prefix_in_order_from_after_a_key_up_to_a_limit() {
    on_each(|backend| {
        let space = Space::Count;
        let written: [&[u8]; 9] = [
            b"",
            b"a",
            b"a\0",
            b"aa",
            b"ab",
            b"b",
            b"\xfe\xff",
            b"\xff",
            b"\xff\xff",
        ];
        let batch: Vec<_> = written.iter().map(|key| put(space, key, key)).collect();
        backend.write(&batch).unwrap();
        backend.write(&[put(Space::Tag, b"ac", b"")]).unwrap();

        let scan = |prefix: &[u8], after: Option<&[u8]>, limit| {
            keys(backend.scan(space, prefix, after, limit).unwrap())
        };
        assert_eq!(scan(b"", None, 100), written);
        assert_eq!(scan(b"a", None, 100), written[1..5]);
        assert_eq!(scan(b"a", Some(b""), 100), written[1..5]);
        assert_eq!(scan(b"a", Some(b"a"), 100), written[2..5]);
        assert_eq!(scan(b"a", Some(b"a\0"), 1), written[3..4]);
        assert_eq!(scan(b"a", Some(b"b"), 100), written[0..0]);
        assert_eq!(scan(b"a", Some(b"ab"), 100), written[0..0]);
        assert_eq!(scan(b"\xff", None, 100), written[7..]);
        assert_eq!(scan(b"\xff", Some(b"\xff\xff"), 100), written[0..0]);
        assert_eq!(scan(b"\xfe\xff", None, 100), written[6..7]);
        assert_eq!(scan(b"c", None, 100), written[0..0]);
        assert_eq!(scan(b"", None, 0), written[0..0]);
        assert_eq!(scan(b"", Some(b"b"), usize::MAX), written[6..]);
        let entries = backend.scan(space, b"ab", None, 9).unwrap();
        assert_eq!(entries, [(b"ab".to_vec(), b"ab".to_vec())]);
    });
}

#[test]
fn pages_of_a_scan_come_to_all_entries() {
    on_each(|backend| {
        let key = |n: u32| *blake3::hash(&n.to_le_bytes()).as_bytes();
        let batch: Vec<_> = (0..500)
            .map(|n| put(Space::Record, &key(n), b"v"))
            .collect();
        backend.write(&batch).unwrap();
        let mut sorted: Vec<_> = (0..500).map(|n| key(n).to_vec()).collect();
        sorted.sort_unstable();

        let mut seen: Vec<Vec<u8>> = Vec::new();
        loop {
            let after = seen.last().cloned();
            let page = backend.scan(Space::Record, b"", after.as_deref(), 64);
            let page = keys(page.unwrap());
            if page.is_empty() {
                break;
            }
            seen.extend(page);
        }
        assert_eq!(seen, sorted);
    });
}

#[test]
fn blobs_are_kept_listed_and_removed() {
    on_each(|backend| {
        let (a, b) = (vec![1; 1 << 20], Vec::new());
        assert_eq!(
            backend.read_blob(&digest(&a), a.len() as u64).unwrap(),
            None
        );
        assert!(!backend.has_blob(&digest(&a), a.len() as u64).unwrap());
        assert!(backend.blobs().unwrap().is_empty());
        for bytes in [&a, &b, &a] {
            backend.write_blob(&digest(bytes), bytes).unwrap();
            assert!(
                backend
                    .has_blob(&digest(bytes), bytes.len() as u64)
                    .unwrap()
            );
        }
        assert!(
            backend
                .read_blob(&digest(&a), a.len() as u64)
                .unwrap()
                .as_ref()
                == Some(&a)
        );
        assert!(
            backend
                .read_blob(&digest(&b), b.len() as u64)
                .unwrap()
                .as_ref()
                == Some(&b)
        );

        let mut listed = backend.blobs().unwrap();
        listed.sort_unstable_by_key(|blob| blob.bytes);
        let told = listed.iter().map(|blob| (blob.digest, blob.bytes));
        assert!(told.eq([(digest(&b), 0), (digest(&a), 1 << 20)]));
        let minute = Duration::from_secs(60);
        let now = SystemTime::now();
        assert!(
            listed
                .iter()
                .all(|blob| { blob.written > now - minute && blob.written < now + minute })
        );

        backend.remove_blob(&digest(&a)).unwrap();
        backend.remove_blob(&digest(&a)).unwrap();
        assert_eq!(
            backend.read_blob(&digest(&a), a.len() as u64).unwrap(),
            None
        );
        assert_eq!(backend.blobs().unwrap().len(), 1);
    });
}

#[test]
fn size_follows_what_is_kept() {
    on_each(|backend| {
        let empty = backend.size().unwrap();
        let value = vec![5; 1000];
        let batch: Vec<_> = (0..300_u32)
            .map(|n| put(Space::Record, &n.to_be_bytes(), &value))
            .collect();
        backend.write(&batch).unwrap();
        let entries = backend.size().unwrap();
        assert!(entries >= empty + 300_000, "{empty} {entries}");
        assert!(entries < empty + 900_000, "{empty} {entries}");

        let blob = vec![6; 500_000];
        backend.write_blob(&digest(&blob), &blob).unwrap();
        assert_eq!(backend.size().unwrap(), entries + 500_000);
        backend.remove_blob(&digest(&blob)).unwrap();
        assert_eq!(backend.size().unwrap(), entries);

        let batch: Vec<_> = (0..300_u32)
            .map(|n| remove(Space::Record, &n.to_be_bytes()))
            .collect();
        backend.write(&batch).unwrap();
        backend.compact().unwrap();
        let left = backend.size().unwrap();
        assert!(left <= empty + 20_000, "{empty} {left}");
        backend.write(&[put(Space::Set, b"k", b"v")]).unwrap();
        backend.sync().unwrap();
        assert_eq!(backend.check().unwrap(), Vec::<String>::new());
    });
}

#[test]
fn many_threads_work_at_once() {
    on_each(|backend| {
        const THREADS: u32 = 8;
        const KEYS: u32 = 60;
        let blob = vec![9; 10_000];
        let work = |thread: u32| {
            let mut won = 0;
            for n in 0..KEYS {
                let own = [thread, n].map(u32::to_be_bytes).concat();
                let batch = [
                    insert(Space::Tag, &n.to_be_bytes(), &thread.to_be_bytes()),
                    put(Space::Record, &own, &own),
                ];
                won += u32::from(backend.write(&batch).unwrap()[0]);
                let key = n.to_be_bytes();
                let keys: [(Space, &[u8]); 2] = [(Space::Record, &own), (Space::Tag, &key)];
                let read = backend.read(&keys).unwrap();
                assert_eq!(read[0], Some(own));
                assert!(read[1].is_some());
                backend.scan(Space::Record, b"", None, 10).unwrap();
                backend.write_blob(&digest(&blob), &blob).unwrap();
                assert!(
                    backend
                        .read_blob(&digest(&blob), blob.len() as u64)
                        .unwrap()
                        .is_some()
                );
                if n % 20 == 0 {
                    backend.sync().unwrap();
                }
            }
            won
        };
        let won: u32 = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..THREADS)
                .map(|thread| scope.spawn(move || work(thread)))
                .collect();
            threads
                .into_iter()
                .map(|thread| thread.join().unwrap())
                .sum()
        });
        assert_eq!(won, KEYS);
        let records = backend.scan(Space::Record, b"", None, 10_000).unwrap();
        assert_eq!(records.len() as u32, THREADS * KEYS);
    });
}

#[test]
fn what_was_written_is_there_when_opened_again() {
    on_persistent(|open, path| {
        let blob = b"large".to_vec();
        let backend = open(path).unwrap();
        backend.write(&[put(Space::Set, b"k", b"v")]).unwrap();
        backend.write_blob(&digest(&blob), &blob).unwrap();
        backend.sync().unwrap();
        // While it is still open, and after.
        for _ in 0..2 {
            let again = open(path).unwrap();
            assert_eq!(read(&*again, Space::Set, b"k"), Some(b"v".to_vec()));
            assert_eq!(
                again.read_blob(&digest(&blob), blob.len() as u64).unwrap(),
                Some(blob.clone())
            );
            assert_eq!(
                again.write(&[insert(Space::Set, b"k", b"w")]).unwrap(),
                [false]
            );
        }
        let again = open(path).unwrap();
        again.write(&[put(Space::Set, b"k", b"w")]).unwrap();
        assert_eq!(read(&*backend, Space::Set, b"k"), Some(b"w".to_vec()));
        drop((backend, again));
        assert_eq!(
            read(&*open(path).unwrap(), Space::Set, b"k"),
            Some(b"w".to_vec())
        );
    });
}

#[test]
fn the_embedded_backend_keeps_large_values_where_it_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let (path, values) = (
        folder.path().join("a/store"),
        folder.path().join("b/values"),
    );
    for values in [None, Some(&*values)] {
        let Opened { backend, notices } = open(&path, values).unwrap();
        assert_eq!(notices, Vec::<String>::new());
        backend.write_blob(&digest(b"x"), b"x").unwrap();
        backend.sync().unwrap();
        let values = values.map_or_else(|| path.join("values"), Path::to_owned);
        assert!(Blobs::new(values).path(&digest(b"x")).exists());
    }
}

#[test]
fn many_may_make_the_same_store_at_once() {
    on_persistent(|open, path| {
        for round in 0..5 {
            let path = path.join(round.to_string());
            std::fs::create_dir(&path).unwrap();
            let barrier = std::sync::Barrier::new(8);
            let work = |n: u8| {
                barrier.wait();
                let backend = open(&path).unwrap();
                let batch = [insert(Space::Tag, b"k", &[n]), put(Space::Set, &[n], &[n])];
                backend.write(&batch).unwrap()[0]
            };
            let won = std::thread::scope(|scope| {
                let threads: Vec<_> = (0..8).map(|n| scope.spawn(move || work(n))).collect();
                let won = threads.into_iter().map(|thread| thread.join().unwrap());
                won.filter(|won| *won).count()
            });
            assert_eq!(won, 1);
            let sets = open(&path).unwrap().scan(Space::Set, b"", None, 100);
            assert_eq!(sets.unwrap().len(), 8);
        }
    });
}

#[test]
fn a_damaged_blob_is_told_once_and_then_gone() {
    on_persistent(|open, path| {
        let backend = open(path).unwrap();
        let blob = vec![3; 1000];
        let file = Blobs::new(path.join("values")).path(&digest(&blob));
        let mut flipped = blob.clone();
        flipped[500] ^= 1;
        for wrong in [&flipped[..], &blob[..999], b""] {
            backend.write_blob(&digest(&blob), &blob).unwrap();
            std::fs::write(&file, wrong).unwrap();
            assert_eq!(backend.check().unwrap().len(), 1);
            let failure = backend
                .read_blob(&digest(&blob), blob.len() as u64)
                .unwrap_err();
            assert_eq!(failure.kind, FailureKind::Damaged);
            assert_eq!(
                backend
                    .read_blob(&digest(&blob), blob.len() as u64)
                    .unwrap(),
                None
            );
        }
        // One that was cut short is written again.
        std::fs::write(&file, &blob[..999]).unwrap();
        backend.write_blob(&digest(&blob), &blob).unwrap();
        assert_eq!(
            backend
                .read_blob(&digest(&blob), blob.len() as u64)
                .unwrap(),
            Some(blob)
        );
    });
}

#[test]
fn unfinished_files_are_removed_when_they_are_old() {
    on_persistent(|open, path| {
        let backend = open(path).unwrap();
        backend.write_blob(&digest(b"x"), b"x").unwrap();
        let file = Blobs::new(path.join("values")).path(&digest(b"x"));
        let [new, old] = ["1-2.tmp", "1-3.tmp"].map(|name| file.with_file_name(name));
        std::fs::write(&new, "half").unwrap();
        std::fs::write(&old, "half").unwrap();
        let hours = Duration::from_secs(2 * 3600);
        let opened = std::fs::File::options().append(true).open(&old).unwrap();
        opened.set_modified(SystemTime::now() - hours).unwrap();

        assert_eq!(backend.blobs().unwrap().len(), 1);
        assert!(new.exists() && !old.exists());
    });
}
