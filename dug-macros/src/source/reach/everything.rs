//! All that anything in the crate could reach: all sources, all other crates, all that
//! is read while it is compiled. What a macro has written may use any of it.

use super::graph::{Graph, Kind};
use crate::source::cargo::compilation::Compilation;
use crate::source::dependencies::packages::Packages;
use crate::source::files::sources::Sources;
use crate::source::text::hashing::digest_of_parts;

pub(crate) fn digest(
    compilation: &Compilation,
    sources: &Sources,
    graph: &Graph,
    packages: &Packages,
) -> [u8; 32] {
    let mut parts = vec![
        format!("edition {}", compilation.edition).into_bytes(),
        format!("debug {}", compilation.is_debug).into_bytes(),
        compilation.processor.join(" ").into_bytes(),
    ];
    // What is read is the same for all that reads it.
    let mut read: Vec<Vec<u8>> = Vec::new();
    for node in &graph.nodes {
        if let Kind::Part(kind @ ("cfg" | "env" | "file" | "files")) = node.kind {
            let name = format!("{kind} {} ", node.name);
            read.push([name.as_bytes(), &node.digest].concat());
        }
    }
    // A macro of another crate may ask for what is said of the package.
    for (name, value) in std::env::vars_os() {
        let name = name.to_string_lossy();
        if name.starts_with("CARGO_PKG_") {
            read.push(format!("env {name} {value:?}").into_bytes());
        }
    }
    read.sort();
    parts.push(sources.digest(compilation, &packages.certain()).to_vec());
    parts.push(packages.digest_of_all().to_vec());
    parts.extend(read);
    digest_of_parts(parts)
}
