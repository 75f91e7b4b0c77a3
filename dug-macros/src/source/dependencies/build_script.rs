//! What the build script of a package in a folder is made of.

use crate::source::files::computed;
use crate::source::files::named::{Named, by_variable_in};
use crate::source::files::sources::{Content, File, What};
use crate::source::text::lexer::Lexed;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// The files of the build script with this root: its modules, and what it includes.
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
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let modules = named.files_of_modules(&stem, false).into_iter();
    found.extend(modules.map(|name| (beside.join(name), What::Code)));
    if named.makes_modules {
        let all = computed::below(folder).into_iter();
        let sources = all.filter(|path| path.extension().is_some_and(|end| end == "rs"));
        found.extend(sources.map(|path| (path, What::Code)));
    }
    found
}
