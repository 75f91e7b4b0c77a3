//! What dug does, one behaviour per file. Tests assert answers, and which bodies ran.

mod attribution;
mod contexts;
mod contexts_in_functions;
mod counts;
mod cycles;
mod diffs;
mod graph;
mod identity;
mod panics_and_errors;
mod parents_change;
mod purity;
mod python_dug;
mod ran;
mod recursion;
mod results;
mod scenarios;
mod store;
mod store_computations;
mod store_contexts;
mod sweeps;
mod sweeps_random;
mod threads;
mod tweaks;
mod wide_tweaks;
mod written;
