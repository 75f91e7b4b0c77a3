//! What reaches what: the graph of a crate, and the rules by which it is made.
//!
//! `rules` begins; `naming` says by which names things are reached, `headers` which impls with a type, `aliases` what names of types stand for, `edges` what mentions reach, with
//! `imports`, `leads` (what they lead to), `globs`, `open` (what may come by these), `methods` (which traits decide what they are), `includes`, what macros write in bodies (`written`), names that macros put together (`pasted`), `foreign_macros` of other
//! crates, and what the compiler `reads`. `table` writes the `graph` down. `everything` is for what a
//! macro has written.

mod aliases;
mod edges;
pub(super) mod everything;
mod foreign_macros;
mod globs;
pub(super) mod graph;
mod headers;
mod imports;
mod includes;
mod leads;
mod methods;
mod naming;
mod open;
mod pasted;
mod paths;
mod reads;
pub(super) mod rules;
mod statics;
pub(super) mod table;
mod written;
