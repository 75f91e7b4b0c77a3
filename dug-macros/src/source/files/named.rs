//! The other files that one source file names, wherever in it: also in what is
//! given to a macro, or in what is not compiled.

use crate::source::macros::known;
use crate::source::syntax::read::{Read, included};
use crate::source::text::lexer::{Kind, Lexed};
use crate::source::text::literals::text;
use std::collections::HashSet;
use std::path::{Path, PathBuf};

/// What is found in one file.
#[derive(Debug, Default)]
pub(crate) struct Named {
    /// Files named by `#[path = ".."]` and `include!`, relative to this one.
    pub(crate) code: Vec<String>,
    /// Files named by `include_str!` and `include_bytes!`.
    pub(crate) data: Vec<String>,
    /// Folders of modules that stand in this file: `#[path = ".."] mod name {`.
    pub(super) folders: Vec<String>,
    /// The `mod name;`.
    pub(crate) modules: Vec<String>,
    /// Files named by `include!` with a variable before.
    pub(crate) by_variable: Vec<(String, String)>,
    /// What macros are given that may declare modules.
    pub(crate) given: HashSet<String>,
    /// Whether it uses what a build script has written.
    pub(crate) uses_generated: bool,
}

/// The file that is named by a variable of the environment and what follows.
pub(crate) fn by_variable(variable: &str, name: &str) -> PathBuf {
    let mut path = std::env::var_os(variable).unwrap_or_default();
    path.push(name);
    path.into()
}

/// The same in the sources of the package in this folder, which may be another one than the compiler's.
pub(crate) fn by_variable_in(folder: &Path, variable: &str, name: &str) -> PathBuf {
    if variable != "CARGO_MANIFEST_DIR" {
        return by_variable(variable, name);
    }
    let mut path = folder.as_os_str().to_owned();
    path.push(name);
    path.into()
}

impl Named {
    pub(crate) fn read(lexed: &Lexed) -> Self {
        let mut found = Named::default();
        // All up to here is given to a macro already.
        let mut given = 0;
        for place in 0..lexed.len() {
            match lexed.kind(place) {
                Some(Kind::Word) => found.word(lexed, place, &mut given),
                Some(Kind::Text) if lexed.inner(place) == b"OUT_DIR" => found.uses_generated = true,
                _ => {}
            }
        }
        found
    }

    fn word(&mut self, lexed: &Lexed, place: usize, given: &mut usize) {
        let next = lexed.sign(place + 1);
        match lexed.text(place) {
            b"path" if next == b'=' && lexed.kind(place + 2) == Some(Kind::Text) => {
                let name = text(lexed, place + 2);
                match is_of_inline(lexed, place + 3) {
                    true => self.folders.push(name),
                    false => self.code.push(name),
                }
            }
            b"mod" if lexed.sign(place + 2) == b';' => {
                let name = lexed.name(place + 1).unwrap_or_default();
                self.modules
                    .push(String::from_utf8_lossy(name).into_owned());
            }
            b"include" if next == b'!' => match read(lexed, place + 2) {
                Some(Read::File(Some(variable), name)) => self.by_variable.push((variable, name)),
                _ => self.code.extend(file(lexed, place + 2)),
            },
            b"include_str" | b"include_bytes" if next == b'!' => {
                self.data.extend(file(lexed, place + 2));
            }
            name if next == b'!'
                && lexed.is_open(place + 2)
                && place >= *given
                && !known::is_macro(name) =>
            {
                *given = lexed.close(place + 2);
                let words = lexed.inside(place + 2).filter_map(|at| lexed.name(at));
                let words = words.map(|word| String::from_utf8_lossy(word).into_owned());
                self.given.extend(words);
                let texts = lexed
                    .inside(place + 2)
                    .filter(|at| lexed.kind(*at) == Some(Kind::Text));
                let texts = texts.map(|at| text(lexed, at));
                self.code
                    .extend(texts.filter(|text| is_code(Path::new(text))));
            }
            _ => {}
        }
    }
}

/// Whether a file is called as one that is included.
pub(crate) fn is_code(path: &Path) -> bool {
    let kind = path.extension();
    kind.is_some_and(|kind| ["rs", "in", "inc"].iter().any(|code| kind == *code))
}

/// Whether a module in this file follows the attribute that ends here.
fn is_of_inline(lexed: &Lexed, end: usize) -> bool {
    let mut place = end;
    while matches!(lexed.sign(place), b']' | b')') {
        place += 1;
    }
    while lexed.sign(place) == b'#' && lexed.sign(place + 1) == b'[' {
        place = lexed.after(place + 1);
    }
    if lexed.is_word(place, b"pub") {
        place += 1;
        if lexed.sign(place) == b'(' {
            place = lexed.after(place);
        }
    }
    lexed.is_word(place, b"mod") && lexed.sign(place + 2) == b'{'
}

/// The file that is named in the brackets that open here.
fn file(lexed: &Lexed, open: usize) -> Option<String> {
    match read(lexed, open)? {
        Read::File(None, name) => Some(name),
        _ => None,
    }
}

fn read(lexed: &Lexed, open: usize) -> Option<Read> {
    let inside = lexed.is_open(open).then(|| lexed.inside(open))?;
    included(lexed, inside)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_and_modules_are_found() {
        let source = r##"
            #[path = "../inl"] pub mod inl { mod deep; }
            include!(concat!("c", ".inc")); include_str!("\x64.md");
            #[path = "a.rs"] mod a;
            #[cfg_attr(unix, path = "b.rs")] pub(crate) mod b ;
            include!( /* here */ "c.in");
            const D: &str = include_str!(r"d.txt");
            const E: &[u8] = include_bytes!["e\\f.bin"];
            mod inline { mod g; }
            // mod h;
            const I: &str = "mod i;";
            include!(concat!(env!("OUT_DIR"), "/j.rs"));
            remod k;
        "##;
        let read = |source: &str| Named::read(&Lexed::read(source.as_bytes().to_vec()));
        let found = read(source);
        assert_eq!(found.code, ["c.inc", "a.rs", "b.rs", "c.in"]);
        assert_eq!(found.folders, ["../inl"]);
        assert_eq!(found.data, ["d.md", "d.txt", "e\\f.bin"]);
        assert_eq!(found.modules, ["deep", "a", "b", "g"]);
        assert!(found.uses_generated);
        assert!(!read("fn f() {}").uses_generated);
    }
}
