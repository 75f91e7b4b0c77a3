//! What reaches what: items, and the names by which they are reached, as the nodes
//! of one graph. A mention of a name reaches all that has it, in all modules. The
//! digest of a node stands for all that can be reached from it.

use blake3::Hasher;
use std::collections::{BTreeSet, HashMap};

pub(super) type Place = u32;

/// What a node is, for those who read it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A name, which says nothing of itself.
    Name,
    Part(&'static str),
}

#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) kind: Kind,
    pub(crate) name: String,
    /// Relative to the folder of the crate's root.
    pub(crate) file: String,
    pub(super) digest: [u8; 32],
    pub(crate) edges: Vec<Place>,
}

#[derive(Debug, Default)]
pub(crate) struct Graph {
    pub(crate) nodes: Vec<Node>,
    /// The nodes that are names.
    pub(crate) names: HashMap<Vec<u8>, Place>,
    /// Of each node, all that it reaches.
    pub(crate) deep: Vec<[u8; 32]>,
    /// The paths, from the crate on, that types, traits and functions certainly have, or may have if a macro
    /// declares them.
    pub(crate) paths: BTreeSet<String>,
    /// Tracked functions, by their file, line and name.
    pub(crate) tracked: HashMap<(usize, u32, String), Place>,
    /// All items of the index, in its order.
    #[cfg(test)]
    pub(crate) items: Vec<Place>,
    /// Items that hold code: the file, the first and the last line.
    pub(crate) extents: Vec<(usize, [u32; 2], Place)>,
    /// The file and the lines of each macro, and of each call that may write items.
    pub(crate) of_macros: Vec<(usize, [u32; 2])>,
}

impl Graph {
    /// A node that stands for what it leads to.
    pub(super) fn add_inner(&mut self) -> Place {
        self.add(Kind::Name, String::new(), String::new(), [0; 32])
    }

    pub(super) fn add(
        &mut self,
        kind: Kind,
        name: String,
        file: String,
        digest: [u8; 32],
    ) -> Place {
        self.nodes.push(Node {
            kind,
            name,
            file,
            digest,
            edges: Vec::new(),
        });
        Place::try_from(self.nodes.len() - 1).unwrap_or(Place::MAX)
    }

    pub(super) fn connect(&mut self, from: Place, to: Place) {
        self.nodes[from as usize].edges.push(to);
    }

    /// Sorts the edges, and makes the digests.
    pub(super) fn finish(&mut self) {
        for node in &mut self.nodes {
            node.edges.sort_unstable();
            node.edges.dedup();
        }
        self.deep = vec![[0; 32]; self.nodes.len()];
        let mut component = vec![usize::MAX; self.nodes.len()];
        for (number, members) in self.components().into_iter().enumerate() {
            for &member in &members {
                component[member] = number;
            }
            let mut own = Vec::new();
            let mut below = Vec::new();
            for &member in &members {
                let node = &self.nodes[member];
                if node.kind != Kind::Name {
                    own.push(node.digest);
                }
                let outside = node.edges.iter().map(|to| *to as usize);
                below.extend(
                    outside
                        .filter(|to| component[*to] != number)
                        .map(|to| self.deep[to]),
                );
            }
            // Neither the order of items nor how often something is mentioned plays a part.
            own.sort_unstable();
            below.sort_unstable();
            below.dedup();
            // A name for one thing stands for that.
            let digest = match (own.is_empty(), below.as_slice()) {
                (true, [one]) => *one,
                _ => {
                    let mut hasher = Hasher::new();
                    hasher.update(&(own.len() as u64).to_le_bytes());
                    hasher.update(own.as_flattened());
                    hasher.update(below.as_flattened());
                    *hasher.finalize().as_bytes()
                }
            };
            for member in members {
                self.deep[member] = digest;
            }
        }
    }

    /// The strongly connected components, each after all that it reaches (Tarjan).
    pub(crate) fn components(&self) -> Vec<Vec<usize>> {
        const NEW: usize = usize::MAX;
        let count = self.nodes.len();
        let (mut order, mut low) = (vec![NEW; count], vec![0; count]);
        let mut is_open = vec![false; count];
        let (mut open, mut found, mut next) = (Vec::new(), Vec::new(), 0);
        let mut work: Vec<(usize, usize)> = Vec::new();
        for start in 0..count {
            if order[start] != NEW {
                continue;
            }
            work.push((start, 0));
            while let Some((node, edge)) = work.pop() {
                if edge == 0 {
                    order[node] = next;
                    low[node] = next;
                    next += 1;
                    open.push(node);
                    is_open[node] = true;
                }
                if let Some(&to) = self.nodes[node].edges.get(edge) {
                    let to = to as usize;
                    work.push((node, edge + 1));
                    if order[to] == NEW {
                        work.push((to, 0));
                    } else if is_open[to] {
                        low[node] = low[node].min(order[to]);
                    }
                    continue;
                }
                if low[node] == order[node] {
                    let mut members = Vec::new();
                    while let Some(member) = open.pop() {
                        is_open[member] = false;
                        members.push(member);
                        if member == node {
                            break;
                        }
                    }
                    found.push(members);
                }
                if let Some(&(parent, _)) = work.last() {
                    low[parent] = low[parent].min(low[node]);
                }
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graph(digests: &[u8], edges: &[(u32, u32)]) -> Graph {
        let mut graph = Graph::default();
        for digest in digests {
            let kind = if *digest == 0 {
                Kind::Name
            } else {
                Kind::Part("fn")
            };
            graph.add(kind, String::new(), String::new(), [*digest; 32]);
        }
        for (from, to) in edges {
            graph.connect(*from, *to);
        }
        graph.finish();
        graph
    }

    #[test]
    fn what_is_reached_is_part_of_a_digest() {
        let deep = |digests: &[u8], edges: &[(u32, u32)]| graph(digests, edges).deep[0];
        let edges = [(0, 1), (1, 2), (2, 1), (3, 0)];
        let plain = deep(&[1, 2, 3, 4], &edges);
        assert_eq!(deep(&[1, 2, 3, 9], &edges), plain);
        assert_eq!(
            deep(&[1, 2, 3, 4], &[(0, 1), (1, 2), (2, 1), (0, 1)]),
            plain
        );
        assert_eq!(deep(&[1, 3, 2, 4], &[(0, 2), (1, 2), (2, 1)]), plain);
        for other in [
            deep(&[1, 2, 9, 4], &edges),
            deep(&[1, 9, 3, 4], &edges),
            deep(&[9, 2, 3, 4], &edges),
            deep(&[1, 2, 3, 4], &[(0, 1), (1, 2), (2, 3)]),
        ] {
            assert_ne!(other, plain);
        }
    }

    #[test]
    fn names_say_nothing_of_themselves() {
        let through = graph(&[1, 0, 2], &[(0, 1), (1, 2)]).deep[0];
        assert_eq!(graph(&[1, 2], &[(0, 1)]).deep[0], through);
    }
}
