//! What the build script of a package in a folder is made of.

use crate::source::files::computed;
use crate::source::files::named::{Named, by_variable_in};
use crate::source::files::sources::{Content, File, What};
use crate::source::text::lexer::Lexed;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The files of the build script with this root: its modules, and what it includes. Where it is
/// not certain where a module is, all count that are called so.
pub(super) fn files(folder: &Path, root: &str) -> BTreeMap<(PathBuf, What), File> {
    let mut found = BTreeMap::new();
    let mut waiting = vec![(folder.join(root), What::Code)];
    while let Some((path, what)) = waiting.pop() {
        let Ok(path) = fs::canonicalize(path) else {
            continue;
        };
        let key = (path.clone(), what);
        let Some(bytes) = (!found.contains_key(&key))
            .then(|| fs::read(&path).ok())
            .flatten()
        else {
            continue;
        };
        let content = match what {
            What::Data => Content::Data(*blake3::hash(&bytes).as_bytes()),
            What::Code => {
                let lexed = Lexed::read(bytes);
                waiting.extend(named(&lexed, &path, folder));
                Content::Code(lexed)
            }
        };
        found.insert(key, File { path, content });
    }
    found
}

/// The files that one of them names.
fn named(lexed: &Lexed, path: &Path, folder: &Path) -> Vec<(PathBuf, What)> {
    let named = Named::read(lexed);
    let beside = path.parent().unwrap_or(folder);
    let mut found = Vec::new();
    for (names, what) in [(&named.code, What::Code), (&named.data, What::Data)] {
        found.extend(names.iter().map(|name| (beside.join(name), what)));
    }
    for (variable, name) in &named.by_variable {
        found.push((by_variable_in(folder, variable, name), What::Code));
    }
    let modules: BTreeSet<&str> = named
        .modules
        .iter()
        .chain(&named.given)
        .map(String::as_str)
        .collect();
    for place in [beside.to_owned(), path.with_extension("")] {
        for module in &modules {
            let names = [format!("{module}.rs"), format!("{module}/mod.rs")];
            found.extend(names.map(|name| (place.join(name), What::Code)));
        }
    }
    let has = |distance, sign| {
        let mut places = 0..lexed.len();
        places.any(|at| lexed.is_word(at, b"mod") && lexed.sign(at + distance) == sign)
    };
    let (is_of_macro, is_inline) = (has(1, b'$'), has(2, b'{'));
    if is_of_macro || is_inline {
        let all = computed::below(folder).into_iter();
        let sources = all.filter(|path| path.extension().is_some_and(|end| end == "rs"));
        let named = sources.filter(|path| is_of_macro || modules.contains(stem(path).as_str()));
        found.extend(named.map(|path| (path, What::Code)));
    }
    found
}

/// The name of the module in a file.
fn stem(path: &Path) -> String {
    let path = match path.ends_with("mod.rs") {
        true => path.parent().unwrap_or(path),
        false => path,
    };
    path.file_stem()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}
