//! A store: the top of a graph that is stored, what storing and loading take per node, and how
//! many bytes a record has.

mod graph;
mod nodes;
mod peers;
mod top;

pub use top::{CHILD, child};

pub fn run(rounds: usize) {
    top::run(rounds);
    nodes::run(rounds);
}
