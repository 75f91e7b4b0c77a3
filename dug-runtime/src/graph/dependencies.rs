//! What an entry depends on.

use super::{Graph, NodeIx, ValueIx};
use std::num::NonZeroU32;
use std::ops::Deref;
use std::sync::Arc;

/// How an entry's node depends on another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Edge {
    /// It asked and was given this value. An equal value leaves it right.
    Asked(ValueIx),
    /// As `Asked`, in a context that the node opened and did not tweak: `Reached` edges lead
    /// to all that lies below it, which the layer need not know.
    Inside(ValueIx),
    /// Asked inside a context that the node opened and tweaked: any change below it makes the node run again.
    Uncut,
    /// Asked below an `Inside` one, in a context that is gone: changes reach the node through it.
    Reached,
}

/// One dependency of an entry; eight bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Dependency {
    pub(crate) node: NodeIx,
    answer: u32,
}

impl Dependency {
    const UNCUT: u32 = 0;
    /// Set beside a value that was asked for inside.
    const INSIDE: u32 = 1 << 31;
    const REACHED: u32 = Self::INSIDE;

    pub(crate) fn new(node: NodeIx, edge: Edge) -> Self {
        let answer = match edge {
            Edge::Asked(value) => value.0.get(),
            Edge::Inside(value) => value.0.get() | Self::INSIDE,
            Edge::Uncut => Self::UNCUT,
            Edge::Reached => Self::REACHED,
        };
        Dependency { node, answer }
    }

    #[inline]
    pub(crate) fn edge(self) -> Edge {
        let is_inside = self.answer & Self::INSIDE != 0;
        match (self.answer(), is_inside) {
            (Some(value), false) => Edge::Asked(value),
            (Some(value), true) => Edge::Inside(value),
            (None, false) => Edge::Uncut,
            (None, true) => Edge::Reached,
        }
    }

    /// The value that was given, where an equal one leaves the entry right.
    #[inline]
    pub(crate) fn answer(self) -> Option<ValueIx> {
        NonZeroU32::new(self.answer & !Self::INSIDE).map(ValueIx)
    }
}

/// The dependencies of an entry in the order of asking. Who has them holds the nodes and the values
/// that they name, and gives them back with [`Graph::release_dependencies`]; a clone holds
/// nothing until it is [held](Graph::hold). Cloned and dropped under the lock only.
#[derive(Debug, Clone)]
pub(crate) enum Dependencies {
    Few {
        len: u8,
        all: [Dependency; FEW],
    },
    /// Those who have them hold what they name together.
    Many(Arc<[Dependency]>),
}

/// How many dependencies lie in the cell itself.
const FEW: usize = 2;

impl Dependencies {
    pub(crate) fn new(list: impl ExactSizeIterator<Item = Dependency>) -> Self {
        const NONE: Dependency = Dependency {
            node: NodeIx(0),
            answer: Dependency::UNCUT,
        };
        if list.len() > FEW {
            return Dependencies::Many(list.collect());
        }
        let (len, mut all) = (list.len() as u8, [NONE; FEW]);
        for (place, dependency) in all.iter_mut().zip(list) {
            *place = dependency;
        }
        Dependencies::Few { len, all }
    }

    /// Whether both name the same, as far as that is seen at a glance.
    pub(super) fn are(&self, other: &Dependencies) -> bool {
        match (self, other) {
            (Dependencies::Many(own), Dependencies::Many(other)) => Arc::ptr_eq(own, other),
            _ => **self == **other,
        }
    }
}

impl Deref for Dependencies {
    type Target = [Dependency];

    #[inline]
    fn deref(&self) -> &[Dependency] {
        match self {
            Dependencies::Few { len, all } => &all[..usize::from(*len)],
            Dependencies::Many(all) => all,
        }
    }
}

impl Graph {
    /// Makes a clone hold what it names, as that of which it is a clone does.
    pub(crate) fn hold(&mut self, clone: Dependencies) -> Dependencies {
        if let Dependencies::Few { .. } = clone {
            for dependency in clone.iter() {
                self.retain_dependency(*dependency);
            }
        }
        clone
    }

    /// Gives back the nodes and the values that they name, unless others hold these together with them.
    pub(crate) fn release_dependencies(&mut self, dependencies: Dependencies) {
        // Clones are made and dropped under the lock, so the count is exact.
        if let Dependencies::Many(all) = &dependencies
            && Arc::strong_count(all) > 1
        {
            return;
        }
        for dependency in dependencies.iter() {
            self.release_dependency(*dependency);
        }
    }

    pub(crate) fn retain_dependency(&mut self, dependency: Dependency) {
        self.retain_node(dependency.node);
        if let Some(value) = dependency.answer() {
            self.values.retain(value);
        }
    }

    pub(crate) fn release_dependency(&mut self, dependency: Dependency) {
        self.release_node(dependency.node);
        if let Some(value) = dependency.answer() {
            self.release_value(value);
        }
    }
}
