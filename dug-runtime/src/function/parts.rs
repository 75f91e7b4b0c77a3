//! What a function reaches, part by part: read from the table that the macro leaves
//! in each crate. Only asked when code has changed, or for the types of an instantiation.

use super::{Definition, program};
use std::collections::{BTreeSet, HashMap, HashSet};
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
    /// The paths of its items, and the crates of registries that it depends on.
    pub origins: &'static [u8],
}

inventory::collect!(Table);

/// Something that a function reaches: an item, another crate, a file, a `cfg`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Part<'a> {
    /// `fn`, `impl`, `crate`, `cfg` and the like.
    pub(crate) kind: &'static str,
    pub(crate) name: &'a str,
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
    nodes: Vec<(Option<Part<'static>>, Vec<u32>)>,
    names: HashMap<&'static str, Name>,
    /// The paths of items, by their digests.
    paths: HashSet<[u8; 8]>,
    /// What stands for the crates of registries.
    released: HashMap<&'static str, &'static [u8]>,
}

/// What stands for what is behind a path in the name of a type.
enum Origin {
    /// The standard library, or dug.
    Known,
    /// An item with this path, or a macro has declared it: then all of the crate.
    Here(Vec<(&'static Table, Option<&'static Name>)>),
    /// Of a crate of a registry.
    Released(BTreeSet<&'static [u8]>),
    /// Of a crate without a table, or declared in a body: what it is called there depends on all that the body
    /// means.
    Elsewhere,
}

static TABLES: LazyLock<HashMap<u64, (&'static Table, Read)>> = LazyLock::new(|| {
    let tables = inventory::iter::<Table>.into_iter();
    let read = tables.filter_map(|table| Some((table.key, (table, Read::of(table)?))));
    read.collect()
});

impl Definition {
    /// All that the code of this item reaches, and that of an instantiation with these types,
    /// sorted; nothing where that is not known. Of types of other crates only their names are said.
    pub(crate) fn parts<'a>(&self, types: &[&'a str]) -> Vec<Part<'a>> {
        let deep = self.code.deep;
        let known = deep.and_then(|deep| Some((deep.place, TABLES.get(&deep.table)?)));
        let Some((place, (table, read))) = known else {
            return Vec::new();
        };
        let (mut places, mut found) = (vec![place], Vec::new());
        let part = |kind, name, digest| Part {
            kind,
            name,
            file: "",
            digest,
        };
        for (path, origin) in types.iter().flat_map(|name| origins_in(name)) {
            match origin {
                Origin::Known => {}
                Origin::Here(named) => {
                    for (of, name) in named {
                        match name {
                            Some(name) if of.key == table.key => places.push(name.place),
                            Some(name) => found.push(part("type", last_of(path), name.digest)),
                            None => {}
                        }
                    }
                }
                Origin::Released(digests) => {
                    let krate = root_of(path);
                    found.extend(digests.iter().map(|digest| part("crate", krate, digest)));
                }
                Origin::Elsewhere => {
                    let (path, _) = path.split_once('#').unwrap_or((path, ""));
                    found.push(part("program around", path, &program::digest()[..16]));
                }
            }
        }
        found.extend(read.reached(places));
        found.sort_unstable();
        found.dedup();
        found
    }

    /// The item itself, where its crate's table has it.
    pub(crate) fn own_part(&self) -> Option<Part<'static>> {
        let deep = self.code.deep?;
        let (_, table) = TABLES.get(&deep.table)?;
        table.nodes.get(deep.place as usize)?.0
    }
}

/// Calls `add` with what stands for each type in this name.
pub(super) fn of_type(name: &str, mut add: impl FnMut(&[u8])) {
    for (_, origin) in origins_in(name) {
        match origin {
            Origin::Known => {}
            Origin::Here(named) => {
                let digest = |(table, name): (&'static Table, Option<&'static Name>)| {
                    name.map_or(table.bytes, |name| name.digest)
                };
                // In an order that is the same in all builds.
                let mut found: Vec<&[u8]> = named.into_iter().map(digest).collect();
                found.sort_unstable();
                found.into_iter().for_each(&mut add);
            }
            Origin::Released(digests) => digests.into_iter().for_each(&mut add),
            Origin::Elsewhere => add(program::digest()),
        }
    }
}

/// Whether no type beside it can have this name: it is not said of one that a body declares, nor where that is not
/// known.
pub(crate) fn is_told_by_name(name: &str) -> bool {
    origins_in(name).all(|(_, origin)| !matches!(origin, Origin::Elsewhere))
}

/// The paths in the name of a type, and what is behind each.
fn origins_in(name: &str) -> impl Iterator<Item = (&str, Origin)> {
    // What the body of a method declares may have the method's types before it.
    let in_method = name.contains(">::").then_some((name, Origin::Elsewhere));
    let paths = paths_in(name).map(|path| (path, Origin::of(path)));
    paths.chain(in_method)
}

/// The paths in the name of a type.
fn paths_in(name: &str) -> impl Iterator<Item = &str> {
    let paths = name.split(|byte: char| !byte.is_alphanumeric() && byte != '_' && byte != ':');
    let paths = paths.filter(|path| path.contains("::") && !path.starts_with(':'));
    paths.map(|path| path.trim_end_matches(':'))
}

/// Its crate.
fn root_of(path: &str) -> &str {
    path.split("::").next().unwrap_or_default()
}

fn last_of(path: &str) -> &str {
    path.rsplit("::").next().unwrap_or_default()
}

impl Origin {
    fn of(path: &str) -> Self {
        const KNOWN: &[&str] = &["alloc", "core", "dug", "dug_runtime", "std"];
        let root = root_of(path);
        if KNOWN.contains(&root) {
            return Origin::Known;
        }
        let tables = || TABLES.values().filter(|(table, _)| table.name == root);
        let named = tables().filter_map(|(table, read)| Some((*table, read.named(path)?)));
        let named: Vec<_> = named.collect();
        if !named.is_empty() {
            return Origin::Here(named);
        }
        // A library and a program may have one name, and only one of them a table.
        let released = TABLES.values();
        let released = released.filter_map(|(_, read)| read.released.get(root).copied());
        let released: BTreeSet<_> = released.collect();
        match tables().next().is_some() || released.is_empty() {
            true => Origin::Elsewhere,
            false => Origin::Released(released),
        }
    }
}

impl Read {
    fn of(table: &'static Table) -> Option<Self> {
        let mut reader = Reader(table.bytes);
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
        let mut reader = Reader(table.origins);
        let mut paths = HashSet::new();
        for _ in 0..reader.number()? {
            paths.insert(reader.take(8)?.try_into().ok()?);
        }
        let mut released = HashMap::new();
        for _ in 0..reader.number()? {
            released.insert(reader.text()?, reader.take(16)?);
        }
        Some(Read {
            nodes,
            names,
            paths,
            released,
        })
    }

    /// What stands for the item with this path; `None` if the crate has no such item, or has it in a body.
    fn named(&'static self, path: &str) -> Option<Option<&'static Name>> {
        let digest = blake3::hash(path.as_bytes());
        let is_one = self.paths.contains(&digest.as_bytes()[..8]);
        is_one.then(|| self.names.get(last_of(path)))
    }

    /// All parts that are reached from these places.
    fn reached(&self, mut waiting: Vec<u32>) -> Vec<Part<'static>> {
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

    /// Two paths, and one crate.
    const ORIGINS: &[u8] = b"\x02aaaaaaaabbbbbbbb\x01\x05serde0123456789abcdef";

    fn table(bytes: &'static [u8], origins: &'static [u8]) -> &'static Table {
        let (name, key) = ("a", 0);
        Box::leak(Box::new(Table {
            name,
            key,
            bytes,
            origins,
        }))
    }

    #[test]
    fn what_is_reached_is_read_from_a_table() {
        let read = Read::of(table(BYTES, ORIGINS)).unwrap();
        let names = |places: &[u32]| -> Vec<String> {
            let parts = read.reached(places.to_vec()).into_iter();
            let text = |part: Part<'_>| format!("{} {} {}", part.kind, part.name, part.file);
            parts.map(text).collect()
        };
        assert_eq!(names(&[0]), ["fn f a.rs", "const C a.rs"]);
        assert_eq!(names(&[1]), ["const C a.rs"]);
        assert_eq!(names(&[2, 1]), ["const C a.rs"]);
        assert_eq!(names(&[9]), [""; 0]);
        let Name { digest, place } = read.names["C"];
        assert_eq!((digest, place), (&b"0123456789abcdef"[..], 1));
        for length in 0..BYTES.len() {
            assert!(Read::of(table(&BYTES[..length], ORIGINS)).is_none());
        }
        assert!(read.paths.contains(b"bbbbbbbb"));
        assert_eq!(read.released["serde"], b"0123456789abcdef");
        for length in 0..ORIGINS.len() {
            assert!(Read::of(table(BYTES, &ORIGINS[..length])).is_none());
        }
    }

    #[test]
    fn paths_are_found_in_names_of_types() {
        let paths = |name: &'static str| paths_in(name).collect::<Vec<_>>();
        assert_eq!(paths("(u8, &[i64], fn() -> dyn Fn(u8))"), [""; 0]);
        assert_eq!(
            paths("std::vec::Vec<(a::b::C, <a::D as e::F>::method)>"),
            ["std::vec::Vec", "a::b::C", "a::D", "e::F"]
        );
        assert_eq!(paths("a::f::{{closure}}"), ["a::f"]);
        assert_eq!(paths("a::m::<impl a::C>::f"), ["a::m", "a::C"]);
    }

    #[test]
    fn items_are_known_by_their_paths() {
        let mut read = Read::of(table(BYTES, ORIGINS)).unwrap();
        for path in ["a::C", "a::Made", "a::f"] {
            let digest = blake3::hash(path.as_bytes());
            read.paths
                .insert(digest.as_bytes()[..8].try_into().unwrap());
        }
        let read: &'static Read = Box::leak(Box::new(read));
        let named = |path: &str| read.named(path).map(|name| name.is_some());
        assert_eq!(named("a::C"), Some(true));
        assert_eq!(named("a::Made"), Some(false));
        assert_eq!(named("a::f::C"), None);
        assert_eq!(named("a::m::C"), None);
    }

    #[test]
    fn for_what_is_of_no_known_crate_the_program_stands() {
        let stands = |name: &str| {
            let mut found = Vec::new();
            of_type(name, |digest| found.push(digest.to_vec()));
            found
        };
        assert_eq!(stands("std::vec::Vec<u8>"), [[0; 0]; 0]);
        assert_eq!(stands("dug_runtime::Tracked<fn(i64)>"), [[0; 0]; 0]);
        assert_eq!(stands("models::Far"), [program::digest()]);
        assert_eq!(stands("std::W<_>::go::K#0123"), [program::digest()]);
        assert!(is_told_by_name("std::vec::Vec<fn(u8) -> u16>"));
        assert!(!is_told_by_name("<std::A as std::B>::f::K"));
    }
}
