//! Macros and derives that `#[macro_use]` brings in from crates of which nothing else is known:
//! they may hide what the standard library has under their names.

use super::known;
use super::library::Library;
use crate::source::cargo::compilation::Compilation;
use crate::source::cargo::dep_info::DepInfo;
use crate::source::syntax::uses::{self, What as Brings};
use crate::source::text::lexer::Lexed;
use crate::source::text::names::Names;
use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The macros and derives that a crate declares or hands on; `None` where its sources are not found.
pub(crate) fn brought_in(krate: &str, compilation: &Compilation) -> Option<HashSet<Vec<u8>>> {
    let mut externs = compilation.externs.iter();
    let (_, path) = externs.find(|(name, _)| *name == krate)?;
    let built = DepInfo::beside(path)?;
    if !built.files.iter().all(|path| path.is_file()) {
        return None;
    }
    let mut found = HashSet::new();
    add(
        &built.files,
        path.parent()?,
        &mut HashSet::new(),
        &mut found,
    );
    Some(found)
}

/// Adds those of a crate that is made of these files.
fn add(
    files: &[PathBuf],
    folder: &Path,
    seen: &mut HashSet<Vec<u8>>,
    found: &mut HashSet<Vec<u8>>,
) {
    found.extend(Library::read(files).names().cloned());
    for HandedOn { root, names } in files.iter().flat_map(handed_on) {
        // It counts each time that it is handed on, but not below itself.
        if !seen.insert(root.clone()) {
            continue;
        }
        let built = DepInfo::named(folder, &String::from_utf8_lossy(&root));
        let files: Vec<PathBuf> = built.into_iter().flat_map(|built| built.files).collect();
        let mut inner = HashSet::new();
        add(&files, folder, seen, &mut inner);
        seen.remove(&root);
        match names {
            None => found.extend(inner),
            Some([there, here]) => found.extend(Some(here).filter(|_| inner.contains(&there))),
        }
    }
}

/// What a crate hands on of another one.
struct HandedOn {
    root: Vec<u8>,
    /// Its name there, and here; `None` for all.
    names: Option<[Vec<u8>; 2]>,
}

fn handed_on(path: &PathBuf) -> Vec<HandedOn> {
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
            let Some(root) = root.filter(|root| !is_near(root) && !known::is_crate(root)) else {
                continue;
            };
            let last = import.path.last().map(|name| names.text(*name).to_vec());
            let names = last.map(|last| match import.what {
                Brings::Renamed(name) => [last, names.text(name).to_vec()],
                _ => [last.clone(), last],
            });
            found.push(HandedOn {
                root: root.to_vec(),
                names: names.filter(|_| import.what != Brings::Glob),
            });
        }
    }
    found
}
