//! Owns what may run although a store has seen it run: what is never stored, and what cannot be
//! found again. It errs on the side of excusing.

use crate::program::{Expr, Kind, Program};

/// What one computation rests on, as far as it matters to a store.
#[derive(Clone, Copy, Debug, Default)]
pub struct Rests {
    /// On something that is not kept: an `Err`, a panic, a circle, a tweak of what has no encoding.
    pub unkept: bool,
    /// It has tweaked or invalidated in a context of its own: only a proof tells whether it is right.
    pub inner: bool,
    /// It asks for what does so.
    pub above_inner: bool,
    /// What a run below it brings to light masks what was read before in contexts further below (3.7):
    /// that run does not answer once it has ended.
    pub unsettled: bool,
    /// It asks for what no proof tells to be right, tweaked as it is there.
    pub unproved: bool,
    /// It asks for what is told apart by how it was computed: in memory, equal values are enough.
    pub by_graph: bool,
    /// It calls with handles: in contexts of bodies that is not found by every way.
    pub passes: bool,
    /// The functions at or below it, a bit for each.
    pub kinds: u32,
}

impl Rests {
    pub fn add_kind(&mut self, kind: Kind) {
        self.kinds |= 1 << kind.place();
    }

    /// All functions that may be below the node, whatever is tweaked.
    pub fn add_reachable(&mut self, program: &Program, node: u32) {
        let mut reached = vec![node];
        let mut next = 0;
        while let Some(node) = reached.get(next).copied() {
            next += 1;
            self.add_kind(program.kind(node));
            program.nodes[node as usize].body.each(&mut |expr| {
                if let Expr::Ask(asked) = expr
                    && !reached.contains(asked)
                {
                    reached.push(*asked);
                }
            });
        }
    }

    pub fn has_kind(self, kind: Kind) -> bool {
        self.kinds & (1 << kind.place()) != 0
    }

    /// A node of a function below it rests on that. What is read in contexts of a body is the body's alone.
    pub fn add_below(&mut self, below: Rests, kind: Kind) {
        self.unkept |= below.unkept;
        self.above_inner |= below.inner || below.above_inner;
        self.unsettled |= below.unsettled;
        self.unproved |= below.unproved;
        self.passes |= below.passes;
        self.by_graph |= below.by_graph && !kind.is_comparable();
        self.kinds |= below.kinds;
    }
}
