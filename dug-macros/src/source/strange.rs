//! Derives that are called like one that is known, and are another crate's: of those nothing
//! is known. They are told by where they are imported from.

use super::attributes::has_attribute;
use super::built::Built;
use super::compilation::Compilation;
use super::index::Index;
use super::items::Kind;
use super::known;
use super::lexer::Lexed;
use super::library::Library;
use super::names::Names;
use super::uses::{self, What as Brings};
use std::collections::{HashMap, HashSet};
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

/// The derives that a crate declares, or hands on.
fn all(krate: &[u8], compilation: &Compilation) -> Vec<Vec<u8>> {
    let (is_of_functions, files) = files(krate, compilation);
    if is_of_functions {
        return Library::read(&files).functions().cloned().collect();
    }
    let mut externs = compilation.externs.iter();
    let library = externs.find(|(name, _)| name.as_bytes() == krate);
    let folder = library.and_then(|(_, path)| path.parent());
    let mut known: HashMap<Vec<u8>, Library> = HashMap::new();
    let mut found = Vec::new();
    for (root, last) in files.iter().flat_map(handed_on) {
        let library = known.entry(root).or_insert_with_key(|root| {
            let name = String::from_utf8_lossy(root);
            let built = folder.map(|folder| Built::named(folder, &name));
            let files = built.into_iter().flatten().flat_map(|built| built.files);
            Library::read(&files.collect::<Vec<_>>())
        });
        let functions = library.functions();
        let named = functions.filter(|name| last.as_ref().is_none_or(|last| last == *name));
        found.extend(named.cloned());
    }
    found
}

/// What a file hands on of other crates: the first name and the last one; none for all.
fn handed_on(path: &PathBuf) -> Vec<(Vec<u8>, Option<Vec<u8>>)> {
    let text = fs::read_to_string(path).unwrap_or_default();
    if !text.contains("pub use") || path.extension().is_none_or(|of| of != "rs") {
        return Vec::new();
    }
    let lexed = Lexed::read(text.into_bytes());
    let mut names = Names::default();
    let mut found = Vec::new();
    for start in 0..lexed.len() {
        if !lexed.is_word(start, b"pub") || !lexed.is_word(start + 1, b"use") {
            continue;
        }
        let end = (start..lexed.len()).find(|place| lexed.sign(*place) == b';');
        for import in uses::read(&lexed, start + 2..end.unwrap_or(start + 2), &mut names) {
            let root = import.path.first().map(|name| names.text(*name));
            let is_near =
                |root: &&[u8]| matches!(*root, b"crate" | b"self" | b"super" | b"std" | b"core");
            let Some(root) = root.filter(|root| !is_near(root) && !known::is_of_derives(root))
            else {
                continue;
            };
            let last = import.path.last().map(|name| names.text(*name).to_vec());
            let last = last.filter(|_| import.what != Brings::Glob);
            found.push((root.to_vec(), last));
        }
    }
    found
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
