//! Derives that are called like one that is known, and are another crate's: of those nothing
//! is known. They are told by where they are imported from.

use super::attributes::has_attribute;
use super::built::Built;
use super::compilation::Compilation;
use super::index::Index;
use super::items::Kind;
use super::known;
use super::library::Library;
use super::uses::What as Brings;
use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The crates that sources can name whose derives are not known.
pub(super) fn crates(compilation: &Compilation) -> HashSet<Vec<u8>> {
    let names = compilation.externs.iter().map(|(name, _)| name);
    let strange = names.filter(|name| !known::is_of_derives(name.as_bytes()) && *name != "dug");
    strange.map(|name| name.clone().into_bytes()).collect()
}

/// The names by which derives of these may be known.
pub(super) fn derives(
    index: &Index,
    crates: &HashSet<Vec<u8>>,
    compilation: &Compilation,
) -> HashSet<Vec<u8>> {
    let mut found = HashSet::new();
    for entry in index.items.iter().filter(|entry| entry.is_compiled) {
        let Some(import) = entry.item.import.as_ref() else {
            continue;
        };
        let names = &index.names;
        let root = import.path.first().map(|name| names.text(*name));
        let Some(root) = root.filter(|root| crates.contains(*root)) else {
            continue;
        };
        let is_of_macros = entry.item.kind == Kind::Import
            && has_attribute(
                index.files[entry.file].lexed,
                &entry.item.attributes,
                |name| name == b"macro_use",
            );
        if import.what == Brings::Glob || is_of_macros {
            found.extend(all(root, compilation));
        }
        let last = import.path.last().map(|name| names.text(*name));
        if let (Some(name), Some(last)) = (entry.item.name, last)
            && known::is_derive(names.text(name))
            && !is_type(root, last, compilation)
        {
            found.insert(names.text(name).to_vec());
        }
    }
    found
}

/// The files of the crate that is known by this name.
fn files(krate: &[u8], compilation: &Compilation) -> (bool, Vec<PathBuf>) {
    let mut externs = compilation.externs.iter();
    let found = externs.find(|(name, _)| name.as_bytes() == krate);
    let path = found.map_or(Path::new(""), |(_, path)| path);
    let extension = path.extension().unwrap_or_default();
    let is_of_functions = ["so", "dylib", "dll"]
        .iter()
        .any(|known| extension == *known);
    let built = Built::beside(path).unwrap_or_default();
    (is_of_functions, built.files)
}

/// The derives of a crate that has nothing else.
fn all(krate: &[u8], compilation: &Compilation) -> Vec<Vec<u8>> {
    match files(krate, compilation) {
        (true, files) => Library::read(&files).functions().cloned().collect(),
        _ => Vec::new(),
    }
}

/// Whether a name is that of a type in a crate, such as `anyhow::Error`.
fn is_type(krate: &[u8], name: &[u8], compilation: &Compilation) -> bool {
    let (is_of_functions, files) = files(krate, compilation);
    let name = String::from_utf8_lossy(name);
    let declared = ["struct ", "enum ", "type "].map(|word| format!("pub {word}{name}"));
    let declares = |path: &PathBuf| {
        let text = fs::read_to_string(path).unwrap_or_default();
        let ends =
            |rest: &str| !rest.starts_with(|next: char| next.is_alphanumeric() || next == '_');
        let is_declared = |what: &String| {
            let mut places = text.match_indices(what.as_str());
            places.any(|(place, _)| ends(&text[place + what.len()..]))
        };
        declared.iter().any(is_declared)
    };
    !is_of_functions && files.iter().any(declares)
}
