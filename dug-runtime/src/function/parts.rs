//! What a function reaches, part by part: read from the table that the macro leaves
//! in each crate. Only asked when code has changed, or for the types of an instantiation.

use super::Definition;
use std::collections::HashMap;
use std::sync::LazyLock;

/// What `#[tracked]` knows of all items of one crate; `dug-macros` says how it is written.
#[derive(Debug)]
pub struct Table {
    /// The crate, as it stands in the names of types.
    pub name: &'static str,
    /// Tells tables apart.
    pub key: u64,
    /// The items, what each reaches, and what each name stands for.
    pub bytes: &'static [u8],
}

inventory::collect!(Table);

/// Something that a function reaches: an item, another crate, a file, a `cfg`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Part {
    /// `fn`, `impl`, `crate`, `cfg` and the like.
    pub(crate) kind: &'static str,
    pub(crate) name: &'static str,
    /// Relative to the folder of the crate's root; empty for what is in no file.
    pub(crate) file: &'static str,
    pub(crate) digest: &'static [u8],
}

/// What stands for all that has a name.
struct Name {
    digest: &'static [u8],
    place: u32,
}

/// A table that was read.
struct Read {
    /// In the order of the table; none for what only connects others.
    nodes: Vec<(Option<Part>, Vec<u32>)>,
    names: HashMap<&'static str, Name>,
}

static TABLES: LazyLock<HashMap<u64, (&'static Table, Read)>> = LazyLock::new(|| {
    let tables = inventory::iter::<Table>.into_iter();
    let read = tables.filter_map(|table| Some((table.key, (table, Read::of(table.bytes)?))));
    read.collect()
});

impl Definition {
    /// All that the code of this item reaches, and that of an instantiation with these types,
    /// sorted; nothing where that is not known. Of types of other crates only their names are said.
    pub(crate) fn parts(&self, types: &[&str]) -> Vec<Part> {
        let deep = self.code.deep;
        let known = deep.and_then(|deep| Some((deep.place, TABLES.get(&deep.table)?)));
        let Some((place, (table, read))) = known else {
            return Vec::new();
        };
        let (mut places, mut found) = (vec![place], Vec::new());
        for (root, last) in types.iter().flat_map(|name| paths_in(name)) {
            if root == table.name {
                places.extend(read.names.get(last).map(|name| name.place));
                continue;
            }
            let others = TABLES.values().filter(|(table, _)| table.name == root);
            found.extend(others.filter_map(|(_, read)| {
                let (name, Name { digest, .. }) = read.names.get_key_value(last)?;
                Some(Part {
                    kind: "type",
                    name,
                    file: "",
                    digest,
                })
            }));
        }
        found.extend(read.reached(places));
        found.sort_unstable();
        found
    }

    /// The item itself, where its crate's table has it.
    pub(crate) fn own_part(&self) -> Option<Part> {
        let deep = self.code.deep?;
        let (_, table) = TABLES.get(&deep.table)?;
        table.nodes.get(deep.place as usize)?.0
    }
}

/// Calls `add` with what stands for each type in this name that a table knows.
pub(super) fn of_type(name: &str, mut add: impl FnMut(&[u8])) {
    for (root, last) in paths_in(name) {
        let tables = TABLES.values().filter(|(table, _)| table.name == root);
        let named = tables.clone().filter_map(|(_, read)| read.names.get(last));
        let mut found: Vec<&[u8]> = named.map(|name| name.digest).collect();
        // A type that a macro has declared: all of its crate.
        if found.is_empty() {
            found.extend(tables.map(|(table, _)| table.bytes));
        }
        // In an order that is the same in all builds.
        found.sort_unstable();
        for digest in found {
            add(digest);
        }
    }
}

/// The crates and the last names of the paths in the name of a type.
fn paths_in(name: &str) -> impl Iterator<Item = (&str, &str)> {
    let paths = name.split(|byte: char| !byte.is_alphanumeric() && byte != '_' && byte != ':');
    paths.filter_map(|path| {
        let (root, rest) = path.split_once("::")?;
        let last = rest.trim_end_matches(':').rsplit("::").next();
        Some((root, last.unwrap_or_default()))
    })
}

impl Read {
    fn of(bytes: &'static [u8]) -> Option<Self> {
        let mut reader = Reader(bytes);
        let [labels, files] = [reader.texts()?, reader.texts()?];
        let mut nodes = Vec::new();
        for _ in 0..reader.number()? {
            let part = match reader.number()?.checked_sub(1) {
                None => None,
                Some(label) => Some(Part {
                    kind: labels.get(label)?,
                    name: reader.text()?,
                    file: files.get(reader.number()?)?,
                    digest: reader.take(16)?,
                }),
            };
            let mut edges = Vec::new();
            let mut before = 0;
            for _ in 0..reader.number()? {
                before += u32::try_from(reader.number()?).ok()?;
                edges.push(before);
            }
            nodes.push((part, edges));
        }
        let mut names = HashMap::new();
        for _ in 0..reader.number()? {
            let (name, digest) = (reader.text()?, reader.take(16)?);
            let place = u32::try_from(reader.number()?).ok()?;
            names.insert(name, Name { digest, place });
        }
        Some(Read { nodes, names })
    }

    /// All parts that are reached from these places.
    fn reached(&self, mut waiting: Vec<u32>) -> Vec<Part> {
        let mut seen = vec![false; self.nodes.len()];
        let mut found = Vec::new();
        while let Some(place) = waiting.pop() {
            let place = place as usize;
            if seen.get(place) != Some(&false) {
                continue;
            }
            seen[place] = true;
            let (part, edges) = &self.nodes[place];
            found.extend(*part);
            waiting.extend(edges);
        }
        found
    }
}

struct Reader(&'static [u8]);

impl Reader {
    fn number(&mut self) -> Option<usize> {
        let (mut number, mut shift) = (0, 0_u32);
        loop {
            let byte = *self.take(1)?.first()?;
            number |= usize::from(byte & 0x7F).checked_shl(shift)?;
            shift += 7;
            if byte < 0x80 {
                return Some(number);
            }
        }
    }

    fn take(&mut self, length: usize) -> Option<&'static [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    fn text(&mut self) -> Option<&'static str> {
        let length = self.number()?;
        std::str::from_utf8(self.take(length)?).ok()
    }

    fn texts(&mut self) -> Option<Vec<&'static str>> {
        (0..self.number()?).map(|_| self.text()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two labels, one file; three nodes: a function that reaches a name, the name, a constant;
    /// one name.
    const BYTES: &[u8] = b"\x02\x02fn\x05const\x01\x04a.rs\
        \x03\x01\x01f\x00AAAAAAAAAAAAAAAA\x01\x01\
        \x00\x01\x02\
        \x02\x01C\x00BBBBBBBBBBBBBBBB\x00\
        \x01\x01C0123456789abcdef\x01";

    #[test]
    fn what_is_reached_is_read_from_a_table() {
        let read = Read::of(BYTES).unwrap();
        let names = |places: &[u32]| -> Vec<String> {
            let parts = read.reached(places.to_vec()).into_iter();
            let text = |part: Part| format!("{} {} {}", part.kind, part.name, part.file);
            parts.map(text).collect()
        };
        assert_eq!(names(&[0]), ["fn f a.rs", "const C a.rs"]);
        assert_eq!(names(&[1]), ["const C a.rs"]);
        assert_eq!(names(&[2, 1]), ["const C a.rs"]);
        assert_eq!(names(&[9]), [""; 0]);
        let Name { digest, place } = read.names["C"];
        assert_eq!((digest, place), (&b"0123456789abcdef"[..], 1));
        for length in 0..BYTES.len() {
            assert!(Read::of(&BYTES[..length]).is_none());
        }
    }
}
