//! What is computed once, for whoever asks first: only that one has in its trace which tracked functions
//! it was computed with. So these are followed.

use super::graph::Place;
use super::rules::Reach;
use crate::source::syntax::items::Kind;
use std::collections::HashMap;

impl Reach<'_> {
    /// Statics, and what calls of macros may declare as such, reach the tracked functions that they lead to.
    pub(super) fn connect_statics(&mut self) {
        let signatures = self.signatures.iter();
        let tracked: HashMap<Place, Place> = signatures
            .map(|(nth, signature)| (*signature, self.items[*nth]))
            .collect();
        let leads = self.leading_to(tracked.keys().copied().collect());
        let index = self.index;
        let is_static = |kind| matches!(kind, Kind::Static | Kind::MacroCall);
        for (nth, entry) in index.items.iter().enumerate() {
            let place = self.items[nth];
            if !entry.is_compiled || !is_static(entry.item.kind) || !leads[place as usize] {
                continue;
            }
            let (mut waiting, mut seen) = (vec![place], vec![false; leads.len()]);
            while let Some(at) = waiting.pop() {
                if std::mem::replace(&mut seen[at as usize], true) {
                    continue;
                }
                if let Some(&whole) = tracked.get(&at) {
                    self.graph.connect(place, whole);
                    waiting.push(whole);
                }
                let edges = self.graph.nodes[at as usize].edges.iter().copied();
                waiting.extend(edges.filter(|to| leads[*to as usize]));
            }
        }
    }

    /// Of each node, whether it leads to one of these.
    fn leading_to(&self, mut waiting: Vec<Place>) -> Vec<bool> {
        let nodes = &self.graph.nodes;
        let mut above = vec![Vec::new(); nodes.len()];
        for (from, node) in (0..).zip(nodes) {
            for &to in &node.edges {
                above[to as usize].push(from);
            }
        }
        let mut leads = vec![false; nodes.len()];
        while let Some(place) = waiting.pop() {
            if !std::mem::replace(&mut leads[place as usize], true) {
                waiting.extend(&above[place as usize]);
            }
        }
        leads
    }
}
