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

/// A table that was read.
struct Read {
    /// In the order of the table; none for what only connects others.
    nodes: Vec<(Option<Part>, Vec<u32>)>,
    names: HashMap<&'static str, &'static [u8]>,
}

static TABLES: LazyLock<HashMap<u64, (&'static Table, Read)>> = LazyLock::new(|| {
    let tables = inventory::iter::<Table>.into_iter();
    let read = tables.filter_map(|table| Some((table.key, (table, Read::of(table.bytes)?))));
    read.collect()
});

impl Definition {
    /// All that the code of this item reaches, sorted; nothing where that is not known.
    pub(crate) fn parts(&self) -> impl Iterator<Item = Part> {
        let deep = self.code.deep;
        let found = deep.and_then(|deep| {
            let (_, table) = TABLES.get(&deep.table)?;
            Some(table.reached(deep.place))
        });
        found.unwrap_or_default().into_iter()
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
    let paths = name.split(|byte: char| !byte.is_alphanumeric() && byte != '_' && byte != ':');
    for path in paths {
        let Some((root, rest)) = path.split_once("::") else {
            continue;
        };
        let last = rest
            .trim_end_matches(':')
            .rsplit("::")
            .next()
            .unwrap_or_default();
        let tables = TABLES.values().filter(|(table, _)| table.name == root);
        let named = tables.clone().filter_map(|(_, read)| read.names.get(last));
        let mut found: Vec<&[u8]> = named.copied().collect();
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
            names.insert(reader.text()?, reader.take(16)?);
        }
        Some(Read { nodes, names })
    }

    /// All parts that are reached from a place.
    fn reached(&self, place: u32) -> Vec<Part> {
        let mut seen = vec![false; self.nodes.len()];
        let mut found = Vec::new();
        let mut waiting = vec![place];
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
        found.sort_unstable();
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
        \x01\x01C0123456789abcdef";

    #[test]
    fn what_is_reached_is_read_from_a_table() {
        let read = Read::of(BYTES).unwrap();
        let names = |place| {
            let parts = read.reached(place).into_iter();
            parts.map(|part| format!("{} {} {}", part.kind, part.name, part.file))
        };
        assert_eq!(names(0).collect::<Vec<_>>(), ["const C a.rs", "fn f a.rs"]);
        assert_eq!(names(1).collect::<Vec<_>>(), ["const C a.rs"]);
        assert_eq!(names(9).count(), 0);
        assert_eq!(read.names["C"], b"0123456789abcdef");
        for length in 0..BYTES.len() {
            assert!(Read::of(&BYTES[..length]).is_none());
        }
    }
}
