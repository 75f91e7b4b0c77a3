//! The other files that one source file names, wherever in it: also in what is
//! given to a macro, or in what is not compiled.

use crate::source::macros::known;
use crate::source::syntax::attributes;
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
    /// The `mod name;`.
    pub(crate) modules: Vec<String>,
    /// The same, with what has a `path` in another module: the module around, and what the file is
    /// called there.
    below: Vec<(usize, String)>,
    /// The modules that stand in this file; the first is the file.
    inline: Vec<Inline>,
    /// Whether a macro is declared that makes modules of what it is given: `mod $name`.
    pub(crate) makes_modules: bool,
    /// Files named by `include!` with a variable before.
    pub(crate) by_variable: Vec<(String, String)>,
    /// What macros are given that may declare modules.
    pub(crate) given: HashSet<String>,
    /// Whether it uses what a build script has written.
    pub(crate) uses_generated: bool,
}

/// Where the files of modules may be that stand in another one.
#[derive(Debug)]
struct Inline {
    close: usize,
    folders: Vec<String>,
    /// Whether a `path` may lead anywhere.
    is_elsewhere: bool,
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
        found.inline.push(Inline {
            close: lexed.len(),
            folders: vec![String::new()],
            is_elsewhere: false,
        });
        let mut looker = Looker {
            found: &mut found,
            around: vec![0],
            paths: Vec::new(),
            inner: 0,
            given: 0,
        };
        for place in 0..lexed.len() {
            match lexed.kind(place) {
                Some(Kind::Word) => looker.word(lexed, place),
                Some(Kind::Text) if lexed.inner(place) == b"OUT_DIR" => {
                    looker.found.uses_generated = true;
                }
                _ => {}
            }
        }
        found
    }

    /// The files that modules may have, from beside this one on; `stem` is what it is called itself,
    /// as the root of a crate and those that a `path` names are not.
    pub(crate) fn files_of_modules(&self, stem: &str, only_elsewhere: bool) -> Vec<String> {
        let given = self.given.iter().map(|name| (0, name));
        let below = self.below.iter().map(|(module, name)| (*module, name));
        let mut found = Vec::new();
        for (module, name) in below.chain(given) {
            let inline = &self.inline[module];
            if only_elsewhere && !inline.is_elsewhere {
                continue;
            }
            let names = match is_code(Path::new(name)) {
                true => vec![name.clone()],
                false => vec![format!("{name}.rs"), format!("{name}/mod.rs")],
            };
            for folder in &inline.folders {
                let names = names.iter().map(|name| format!("{folder}{name}"));
                found.extend(names.flat_map(|name| [format!("{stem}/{name}"), name]));
            }
        }
        found
    }
}

/// Looks through one file.
struct Looker<'a> {
    found: &'a mut Named,
    /// The modules around.
    around: Vec<usize>,
    /// What attributes say of the module that follows.
    paths: Vec<String>,
    /// Where the attributes in the module that was begun last end.
    inner: usize,
    /// All up to here is given to a macro already.
    given: usize,
}

impl Looker<'_> {
    fn word(&mut self, lexed: &Lexed, place: usize) {
        let next = lexed.sign(place + 1);
        while self.around.len() > 1 && self.found.inline[self.module()].close <= place {
            self.around.pop();
        }
        match lexed.text(place) {
            b"path" if next == b'=' && lexed.kind(place + 2) == Some(Kind::Text) => {
                if place < self.inner {
                    return;
                }
                let name = text(lexed, place + 2);
                match is_of_inline(lexed, place + 3) {
                    true => self.paths.push(name),
                    false => {
                        let module = self.module();
                        if module > 0 {
                            self.found.below.push((module, name.clone()));
                        }
                        self.found.code.push(name);
                    }
                }
            }
            b"mod" if next == b'$' => self.found.makes_modules = true,
            b"mod" if lexed.sign(place + 2) == b';' => {
                let name = lexed.name(place + 1).unwrap_or_default();
                let name = String::from_utf8_lossy(name).into_owned();
                self.found.below.push((self.module(), name.clone()));
                self.found.modules.push(name);
            }
            b"mod" if lexed.sign(place + 2) == b'{' => self.inline(lexed, place),
            b"include" if next == b'!' => match read(lexed, place + 2) {
                Some(Read::File(Some(variable), name)) => {
                    self.found.by_variable.push((variable, name));
                }
                _ => self.found.code.extend(file(lexed, place + 2)),
            },
            b"include_str" | b"include_bytes" if next == b'!' => {
                self.found.data.extend(file(lexed, place + 2));
            }
            name if next == b'!'
                && lexed.is_open(place + 2)
                && place >= self.given
                && !known::is_macro(name) =>
            {
                self.call(lexed, place + 2);
            }
            _ => {}
        }
    }

    fn module(&self) -> usize {
        self.around.last().copied().unwrap_or_default()
    }

    /// A module that stands here.
    fn inline(&mut self, lexed: &Lexed, place: usize) {
        let name = lexed.name(place + 1).unwrap_or_default();
        let name = String::from_utf8_lossy(name).into_owned();
        let mut paths = std::mem::take(&mut self.paths);
        let inner = attributes::inner_attributes(lexed, place + 2);
        self.inner = inner.end;
        paths.extend(attributes::paths(lexed, &[inner]));
        let around = &self.found.inline[self.module()];
        let mut folders = Vec::new();
        for name in paths.iter().chain([&name]) {
            let below = around.folders.iter();
            folders.extend(below.map(|folder| format!("{folder}{name}/")));
        }
        folders.extend(paths.iter().map(|path| format!("{path}/")));
        folders.sort_unstable();
        folders.dedup();
        // So many are in no source that is written by hand.
        folders.truncate(64);
        let inline = Inline {
            close: lexed.close(place + 2),
            folders,
            is_elsewhere: around.is_elsewhere || !paths.is_empty(),
        };
        self.around.push(self.found.inline.len());
        self.found.inline.push(inline);
    }

    /// What a macro is given that may declare modules.
    fn call(&mut self, lexed: &Lexed, open: usize) {
        self.given = lexed.close(open);
        let words = lexed.inside(open).filter_map(|at| lexed.name(at));
        let words = words.map(|word| String::from_utf8_lossy(word).into_owned());
        let module = self.module();
        for word in words {
            if module > 0 {
                self.found.below.push((module, word.clone()));
            }
            self.found.given.insert(word);
        }
        let texts = lexed
            .inside(open)
            .filter(|at| lexed.kind(*at) == Some(Kind::Text));
        let texts = texts.map(|at| text(lexed, at));
        let texts = texts.filter(|text| is_code(Path::new(text)));
        self.found.code.extend(texts);
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
        let elsewhere = [
            "x/../inl/deep.rs",
            "../inl/deep.rs",
            "x/../inl/deep/mod.rs",
            "../inl/deep/mod.rs",
        ];
        assert_eq!(found.files_of_modules("x", true)[..4], elsewhere);
        assert_eq!(found.data, ["d.md", "d.txt", "e\\f.bin"]);
        assert_eq!(found.modules, ["deep", "a", "b", "g"]);
        assert!(found.uses_generated);
        assert!(!read("fn f() {}").uses_generated);
    }
}
