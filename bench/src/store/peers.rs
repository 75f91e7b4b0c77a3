//! What else keeps results on disk: a plain table in SQLite, `cached`'s redb, and salsa, which
//! writes and reads its whole database at once.

use crate::harness::mix;
use cached::{ConcurrentCached, RedbCache};
use rusqlite::{Connection, params};
use std::path::Path;

/// A table of values by keys of 32 bytes, set up as dug's are.
pub struct Plain(Connection);

/// Rows of one transaction.
const BATCH: usize = 1000;

impl Plain {
    pub fn open(folder: &Path) -> Self {
        let connection = Connection::open(folder.join("plain.sqlite")).expect("a database");
        let set_up = "PRAGMA journal_mode=WAL; \
             PRAGMA synchronous=NORMAL; \
             PRAGMA wal_autocheckpoint=8192; \
             PRAGMA cell_size_check=ON; \
             CREATE TABLE IF NOT EXISTS plain (key BLOB PRIMARY KEY, value BLOB NOT NULL)";
        connection.execute_batch(set_up).expect("a table");
        Plain(connection)
    }

    /// Stores the results of the numbers below `count`.
    pub fn fill(&mut self, count: u64, value: impl Fn(u64) -> u64) {
        let numbers: Vec<u64> = (0..count).collect();
        for batch in numbers.chunks(BATCH) {
            let transaction = self.0.transaction().expect("a transaction");
            {
                let sql = "INSERT INTO plain (key, value) VALUES (?1, ?2)";
                let mut insert = transaction.prepare_cached(sql).expect("a statement");
                for number in batch {
                    let value = encode(value(*number));
                    insert
                        .execute(params![key(*number), value])
                        .expect("a new row");
                }
            }
            transaction.commit().expect("a commit");
        }
    }

    /// Reads the results of the numbers below `count`, one by one.
    pub fn read(&self, count: u64, mut each: impl FnMut(u64)) {
        let sql = "SELECT value FROM plain WHERE key = ?1";
        let mut select = self.0.prepare(sql).expect("a statement");
        for number in 0..count {
            let value: Vec<u8> = select
                .query_row([key(number)], |row| row.get(0))
                .expect("a row");
            each(decode(&value));
        }
    }

    /// Moves what waits in the log to the database.
    pub fn settle(folder: &Path, name: &str) -> u64 {
        let file = folder.join(name);
        let connection = Connection::open(&file).expect("a database");
        connection
            .query_row("PRAGMA wal_checkpoint(TRUNCATE)", (), |_| Ok(()))
            .expect("a checkpoint");
        drop(connection);
        file.metadata().expect("a file").len()
    }
}

/// As a digest would be: without order.
fn key(number: u64) -> [u8; 32] {
    let mut key = [0; 32];
    for (part, place) in key.chunks_mut(8).zip(0..) {
        part.copy_from_slice(&mix(number << 2 | place).to_le_bytes());
    }
    key
}

fn encode(value: u64) -> Vec<u8> {
    bincode::encode_to_vec(value, bincode::config::standard()).expect("a number")
}

fn decode(bytes: &[u8]) -> u64 {
    let decoded = bincode::decode_from_slice(bytes, bincode::config::standard());
    decoded.expect("a number").0
}

/// `cached`'s store on disk, without waiting for the disk at each write.
pub struct Redb(RedbCache<u64, u64>);

impl Redb {
    pub fn open(folder: &Path) -> Self {
        let builder = RedbCache::builder("bench").disk_dir(folder);
        Redb(builder.durable(false).build().expect("a cache"))
    }

    pub fn fill(&self, count: u64, value: impl Fn(u64) -> u64) {
        for number in 0..count {
            self.0.cache_set(number, value(number)).expect("a write");
        }
    }

    pub fn flush(&self) {
        self.0.flush().expect("a flush");
    }

    pub fn read(&self, count: u64, mut each: impl FnMut(u64)) {
        for number in 0..count {
            each(self.0.cache_get(&number).expect("a read").expect("a value"));
        }
    }
}

/// The graph of [`sum`](super::graph::sum) in salsa, whose leaves are inputs.
pub mod salsa_graph {
    use crate::harness::mix;
    use salsa::{Database, Setter};

    #[salsa::input(persist)]
    struct Leaf {
        #[returns(copy)]
        value: u64,
    }

    #[salsa::input(persist, singleton)]
    struct Leaves {
        #[returns(ref)]
        all: Vec<Leaf>,
    }

    #[salsa::tracked(returns(copy), persist)]
    fn sum(db: &dyn Database, level: u32, place: u32) -> u64 {
        let leaves = Leaves::get(db).all(db);
        if level == 0 {
            return leaves[place as usize].value(db);
        }
        let last = (leaves.len() as u32).div_ceil(1 << (level - 1)) - 1;
        (2 * place..=last)
            .take(3)
            .fold(0, |all, place| sum(db, level - 1, place).wrapping_add(all))
    }

    #[derive(Default)]
    pub struct Salsa(salsa::DatabaseImpl);

    impl Salsa {
        pub fn new(leaves: u32) -> Self {
            let salsa = Salsa::default();
            let all = (0..leaves).map(|place| match place {
                0 | 1 => Leaf::new(&salsa.0, 0),
                _ => Leaf::new(&salsa.0, mix(u64::from(place))),
            });
            Leaves::new(&salsa.0, all.collect());
            salsa
        }

        pub fn change(&mut self, value: u64) {
            let leaf = Leaves::get(&self.0).all(&self.0)[0];
            leaf.set_value(&mut self.0).to(value);
        }

        pub fn top(&self) -> u64 {
            let leaves = Leaves::get(&self.0).all(&self.0).len() as u32;
            sum(&self.0, leaves.next_power_of_two().ilog2(), 0)
        }

        pub fn write(&mut self) -> String {
            serde_json::to_string(&<dyn Database>::as_serialize(&mut self.0)).expect("JSON")
        }

        pub fn read(written: &str) -> Self {
            let mut salsa = Salsa::default();
            let mut reader = serde_json::Deserializer::from_str(written);
            <dyn Database>::deserialize(&mut salsa.0, &mut reader).expect("a database");
            salsa
        }
    }
}
