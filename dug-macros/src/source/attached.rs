//! Which files are part of the crate.

use super::files::{GENERATED, Sources, What, beside};
use super::index::Source;
use super::lexer::Lexed;
use super::named::Named;
use std::path::PathBuf;

/// The files that may be part of the crate with this root: what `mod` and `include!` name,
/// by the last part of their names.
pub(super) fn attached<'a>(sources: &'a Sources, root: &str) -> Vec<Source<'a>> {
    let code = sources
        .files
        .iter()
        .filter(|((_, what), _)| *what == What::Code);
    let code: Vec<(&'a str, &'a super::files::File, &'a Lexed)> = code
        .filter_map(|((name, _), file)| Some((name.as_str(), file, file.lexed()?)))
        .collect();
    let last = |name: &str| name.rsplit('/').next().map(str::to_owned);
    let stem = |name: &'a str| {
        let (folder, last) = name.rsplit_once('/').unwrap_or(("", name));
        match last {
            "mod.rs" => folder.rsplit_once('/').map_or(folder, |(_, name)| name),
            last => last.strip_suffix(".rs").unwrap_or(last),
        }
    };
    let mut is_attached: Vec<bool> = code.iter().map(|(name, ..)| *name == root).collect();
    let mut waiting: Vec<usize> = (0..code.len()).filter(|nth| is_attached[*nth]).collect();
    // What is not where it should be is all taken.
    if waiting.is_empty() {
        is_attached.fill(true);
    }
    while let Some(nth) = waiting.pop() {
        let (name, _, lexed) = code[nth];
        let named = Named::read(lexed);
        let of_macro = (0..lexed.len()).any(|place| {
            let is_renamed = lexed.is_word(place, b"include") && lexed.is_word(place + 1, b"as");
            is_renamed || (lexed.is_word(place, b"mod") && lexed.sign(place + 1) == b'$')
        });
        let files: Vec<String> = named.code.iter().map(|file| beside(name, file)).collect();
        let paths = named.by_variable.iter().filter_map(|(variable, name)| {
            let mut path = std::env::var_os(variable)?;
            path.push(name);
            std::fs::canonicalize(path).ok()
        });
        let paths: Vec<PathBuf> = paths.collect();
        for (other, (name, file, _)) in code.iter().enumerate() {
            let is_named = of_macro
                || named.modules.iter().any(|module| module == stem(name))
                || named.given.contains(stem(name))
                || files.iter().any(|file| file == name)
                || (!paths.is_empty()
                    && paths.contains(&std::fs::canonicalize(&file.path).unwrap_or_default()))
                || (named.uses_generated && name.starts_with(GENERATED))
                || named.code.iter().any(|path| last(path) == last(name));
            if is_named && !std::mem::replace(&mut is_attached[other], true) {
                waiting.push(other);
            }
        }
    }
    let kept = code.into_iter().zip(is_attached).filter(|(_, is)| *is);
    kept.map(|((name, file, lexed), _)| Source {
        name,
        path: file.path.clone(),
        lexed,
    })
    .collect()
}
