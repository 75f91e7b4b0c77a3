//! Which files are part of the crate.

use super::index::Source;
use crate::source::files::named::Named;
use crate::source::files::sources::{File, GENERATED, Sources, What, beside};
use crate::source::text::lexer::Lexed;
use std::path::{Path, PathBuf};

type Code<'a> = (&'a str, &'a File, &'a Lexed);

/// The files that may be part of the crate with this root: what `mod` and `include!` name,
/// by the last part of their names. What no other root names either, a macro may declare: it is
/// part of it `with_left`, and else only said whether there is such.
pub(super) fn attached<'a>(
    sources: &'a Sources,
    root: &str,
    with_left: bool,
) -> (Vec<Source<'a>>, bool) {
    let code = sources
        .files
        .iter()
        .filter(|((_, what), _)| *what == What::Code);
    let code: Vec<Code<'a>> = code
        .filter_map(|((name, _), file)| Some((name.as_str(), file, file.lexed()?)))
        .collect();
    let own: Vec<bool> = code.iter().map(|(name, ..)| *name == root).collect();
    // What is not where it should be is all taken.
    let is_found = own.contains(&true);
    let is_other = |(name, file, _): &Code<'a>| *name != root && is_root(name, &file.path);
    let others: Vec<bool> = code.iter().map(is_other).collect();
    let mut is_attached = named_from(&code, own);
    let is_generated = |nth: usize| code[nth].0.starts_with(GENERATED);
    let is_left = |nth: &usize| !is_attached[*nth] && !others[*nth] && !is_generated(*nth);
    let mut left: Vec<usize> = (0..code.len()).filter(is_left).collect();
    if !left.is_empty() {
        let of_others = named_from(&code, others);
        left.retain(|nth| !of_others[*nth]);
    }
    for nth in left.iter().filter(|_| with_left) {
        is_attached[*nth] = true;
    }
    let kept = code.into_iter().zip(is_attached);
    let kept = kept.filter(|(_, is_attached)| *is_attached || !is_found);
    let kept = kept.map(|((name, file, lexed), _)| Source {
        name,
        path: file.path.clone(),
        lexed,
    });
    (kept.collect(), !left.is_empty())
}

/// Whether a file is, by its name, the root of a crate.
fn is_root(name: &str, path: &Path) -> bool {
    const PROGRAMS: &[&str] = &["benches", "bin", "examples", "tests"];
    let last = name.rsplit('/').next().unwrap_or_default();
    let folder = path.parent().and_then(Path::file_name);
    let mut folders = name.split('/').rev().skip(1);
    folders.any(|folder| PROGRAMS.contains(&folder))
        || matches!(last, "build.rs" | "lib.rs" | "main.rs")
        || folder.is_some_and(|folder| PROGRAMS.iter().any(|name| folder == *name))
}

/// Which files those that are marked name, also through others.
fn named_from(code: &[Code<'_>], mut is_named: Vec<bool>) -> Vec<bool> {
    let last = |name: &str| name.rsplit('/').next().map(str::to_owned);
    let stem = |name: &'_ str| {
        let (folder, last) = name.rsplit_once('/').unwrap_or(("", name));
        let stem = match last {
            "mod.rs" => folder.rsplit_once('/').map_or(folder, |(_, name)| name),
            last => last.strip_suffix(".rs").unwrap_or(last),
        };
        stem.to_owned()
    };
    let stems: Vec<String> = code.iter().map(|(name, ..)| stem(name)).collect();
    let mut waiting: Vec<usize> = (0..code.len()).filter(|nth| is_named[*nth]).collect();
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
            let stem = &stems[other];
            let is_one = of_macro
                || named.modules.contains(stem)
                || named.given.contains(stem)
                || files.iter().any(|file| file == name)
                || (!paths.is_empty()
                    && paths.contains(&std::fs::canonicalize(&file.path).unwrap_or_default()))
                || (named.uses_generated && name.starts_with(GENERATED))
                || named.code.iter().any(|path| last(path) == last(name));
            if is_one && !std::mem::replace(&mut is_named[other], true) {
                waiting.push(other);
            }
        }
    }
    is_named
}
