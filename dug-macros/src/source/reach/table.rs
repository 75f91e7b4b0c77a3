//! The graph of a crate, written down: once for all functions of the crate, which
//! only say where in it they are. The runtime reads it when it has to tell what of
//! the code has changed.

use super::graph::{Graph, Kind, Node};
use crate::source::dependencies::packages::Released;
use std::collections::BTreeMap;

/// How many bytes of a digest tell parts apart.
const DIGEST: usize = 16;

#[derive(Debug, Clone)]
pub(crate) struct Table {
    /// The crate, as it stands in paths.
    pub(crate) name: String,
    /// Tells tables apart.
    pub(crate) key: u64,
    pub(crate) bytes: Vec<u8>,
    /// By what the runtime knows where a type is from. What is kept says nothing of it.
    pub(crate) origins: Vec<u8>,
}

impl Table {
    /// Numbers are varints, texts begin with their length:
    /// labels and files, each a count and texts; the count of nodes, and of each its label (0: not
    /// a part), for a part its name, its file and its digest, then the count of its edges, the first
    /// and the distances of the others; the count of names, and of each its text, its digest and its node.
    ///
    /// Of origins: the count of paths that items here have, and of each eight bytes of its digest; the
    /// count of crates of registries and git, and of each its name and its digest.
    pub(crate) fn new(graph: &Graph, name: &str, released: &Released) -> Self {
        let mut labels: Vec<&str> = Vec::new();
        let mut files: BTreeMap<&str, usize> = BTreeMap::new();
        for node in &graph.nodes {
            let next = files.len();
            files.entry(&node.file).or_insert(next);
            if let Kind::Part(label) = node.kind
                && !labels.contains(&label)
            {
                labels.push(label);
            }
        }
        let mut in_order: Vec<&str> = files.keys().copied().collect();
        in_order.sort_by_key(|file| files[file]);
        let mut bytes = Vec::new();
        for texts in [&labels, &in_order] {
            number(&mut bytes, texts.len());
            texts
                .iter()
                .for_each(|each| text(&mut bytes, each.as_bytes()));
        }
        number(&mut bytes, graph.nodes.len());
        for node in &graph.nodes {
            write(&mut bytes, node, &labels, files[node.file.as_str()]);
        }
        let names: BTreeMap<&[u8], u32> = graph
            .names
            .iter()
            .map(|(name, place)| (name.as_slice(), *place))
            .collect();
        number(&mut bytes, names.len());
        for (name, place) in names {
            text(&mut bytes, name);
            bytes.extend_from_slice(&graph.deep[place as usize][..DIGEST]);
            number(&mut bytes, place as usize);
        }
        let digest = blake3::hash(&bytes);
        let mut key = [0; 8];
        key.copy_from_slice(&digest.as_bytes()[..8]);
        Table {
            name: name.to_owned(),
            key: u64::from_le_bytes(key),
            bytes,
            origins: origins(graph, name, released),
        }
    }
}

fn origins(graph: &Graph, name: &str, released: &Released) -> Vec<u8> {
    let mut bytes = Vec::new();
    number(&mut bytes, graph.paths.len());
    for path in &graph.paths {
        let digest = blake3::hash(format!("{name}::{path}").as_bytes());
        bytes.extend_from_slice(&digest.as_bytes()[..8]);
    }
    number(&mut bytes, released.len());
    for (name, digest) in released {
        text(&mut bytes, name.as_bytes());
        bytes.extend_from_slice(&digest[..DIGEST]);
    }
    bytes
}

fn write(bytes: &mut Vec<u8>, node: &Node, labels: &[&str], file: usize) {
    match node.kind {
        Kind::Part(label) => {
            let place = labels.iter().position(|known| *known == label);
            number(bytes, place.map_or(0, |place| place + 1));
            text(bytes, node.name.as_bytes());
            number(bytes, file);
            bytes.extend_from_slice(&node.digest[..DIGEST]);
        }
        Kind::Name => number(bytes, 0),
    }
    number(bytes, node.edges.len());
    let mut before = 0;
    for &edge in &node.edges {
        number(bytes, (edge - before) as usize);
        before = edge;
    }
}

#[allow(clippy::cast_possible_truncation, reason = "seven bits at a time")]
fn number(bytes: &mut Vec<u8>, mut number: usize) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

fn text(bytes: &mut Vec<u8>, text: &[u8]) {
    number(bytes, text.len());
    bytes.extend_from_slice(text);
}
