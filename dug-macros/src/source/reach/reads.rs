//! What is read while the crate is compiled, besides sources: files, variables of the
//! environment, `cfg`s.

use crate::source::cargo::compilation::{Compilation, is_place};
use crate::source::files::computed::{self, Contents, Parts};
use crate::source::files::is_file;
use crate::source::files::named::{by_variable, by_variable_in, is_code};
use crate::source::files::sources::{GENERATED, Sources, What, beside, relative};
use crate::source::krate::cfgs;
use crate::source::krate::index::Index;
use crate::source::syntax::read::Read;
use crate::source::text::hashing::digest_of_parts;
use crate::source::text::lexer::Kind as Token;
use crate::source::text::literals::text;
use std::cell::{OnceCell, RefCell};
use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::path::{Path, PathBuf};

/// Something that was read, and what it was.
#[derive(Debug, Clone)]
pub(super) struct Found {
    pub(super) kind: &'static str,
    pub(super) name: String,
    /// Where it is, from the folder of the crate's root on; nothing where only a variable says it.
    pub(super) file: String,
    pub(super) digest: [u8; 32],
    /// The place of a source file that is included as code.
    pub(super) code: Option<usize>,
    /// A file that is none of the sources, and may be code.
    pub(super) loose: Option<PathBuf>,
}

pub(super) struct Reads<'a> {
    index: &'a Index<'a>,
    sources: &'a Sources,
    compilation: &'a Compilation,
    /// What is in folders that were read, by what these are called.
    folders: RefCell<HashMap<String, Vec<Found>>>,
    /// All texts and words of the crate.
    parts: OnceCell<Parts>,
    /// What may be read where it is not said what is.
    unknown: OnceCell<Vec<u8>>,
}

impl Found {
    /// What was read counts with its name: two that change places are an edit.
    fn new(kind: &'static str, name: String, content: &[u8], code: Option<usize>) -> Self {
        Found {
            digest: digest_of_parts([kind.as_bytes(), name.as_bytes(), content]),
            kind,
            name,
            file: String::new(),
            code,
            loose: None,
        }
    }
}

impl<'a> Reads<'a> {
    pub(super) fn new(
        index: &'a Index<'a>,
        sources: &'a Sources,
        compilation: &'a Compilation,
    ) -> Self {
        Reads {
            index,
            sources,
            compilation,
            folders: RefCell::default(),
            parts: OnceCell::new(),
            unknown: OnceCell::new(),
        }
    }

    /// What was said of `cfg`s by hand.
    pub(super) fn cfgs(&self) -> Vec<String> {
        self.compilation.cfgs.clone()
    }

    /// What an item of this file reads.
    pub(super) fn find(&self, read: &Read, file: usize) -> Vec<Found> {
        let found =
            |kind, name: &str, content: &[u8]| Found::new(kind, name.to_owned(), content, None);
        match read {
            Read::Cfg(cfg) => vec![found(
                "cfg",
                cfg,
                cfgs::state(cfg, self.compilation).as_bytes(),
            )],
            Read::Cfgs => {
                let Compilation {
                    cfgs,
                    is_debug,
                    processor,
                    ..
                } = self.compilation;
                let all = format!("{cfgs:?} {is_debug} {processor:?}");
                vec![found("cfg", "of any name", all.as_bytes())]
            }
            Read::Environment(name) if is_place(name) => Vec::new(),
            Read::Environment(name) => {
                let value = std::env::var_os(name).map(|value| format!("{value:?}"));
                vec![found("env", name, format!("{value:?}").as_bytes())]
            }
            Read::File(variable, name) => self.named(variable.as_deref(), name, file, true),
            Read::Bytes(variable, name) => self.named(variable.as_deref(), name, file, false),
            Read::Perhaps(name) => {
                let source = &self.index.files[file];
                let mut found = self.perhaps(source.name, &source.path, name);
                let (label, path) = self.in_package("", name);
                found.extend(self.code_and_bytes(&label, &path));
                // A template may name others.
                if self.in_package("templates/", name).1.is_file() {
                    let (label, path) = self.in_package("", "templates");
                    found.extend(self.folder(label, &path));
                }
                found
            }
            Read::Folder(name) => {
                let name = name.trim_start_matches('/');
                let source = &self.index.files[file];
                let folder = source.path.parent().unwrap_or(Path::new(""));
                let here = (beside(source.name, name), folder.join(name));
                let places = [here, self.in_package("", name)].into_iter();
                places
                    .flat_map(|(label, path)| self.folder(label, &path))
                    .collect()
            }
            Read::Variables => {
                let mut all: Vec<(String, String)> = std::env::vars_os()
                    .filter_map(|(name, value)| Some((name.into_string().ok()?, value)))
                    .filter(|(name, _)| !is_place(name) && self.may_be_named(name))
                    .map(|(name, value)| (name, format!("{:?}", Some(value))))
                    .collect();
                all.sort();
                let all = all.into_iter();
                all.map(|(name, value)| found("env", &name, value.as_bytes()))
                    .collect()
            }
            Read::Generated => self.generated(),
            Read::Unknown => {
                let code = self.sources.files.iter();
                let code = code.filter_map(|((name, _), file)| self.file(name, &file.path, true));
                let data = self.unknown.get_or_init(|| self.loose());
                let data = found("files", "", data);
                code.chain(self.generated()).chain([data]).collect()
            }
        }
    }

    /// All that the build script has written.
    fn generated(&self) -> Vec<Found> {
        let known = self.sources.files.iter();
        let known: Vec<Found> = known
            .filter(|((name, _), _)| name.starts_with(GENERATED))
            .filter_map(|((name, _), file)| self.file(name, &file.path, true))
            .collect();
        let folder = std::env::var_os("OUT_DIR").map(PathBuf::from);
        match folder.filter(|_| known.is_empty()) {
            Some(folder) => {
                let all = computed::below(&folder).into_iter();
                all.filter_map(|path| {
                    let name = relative(&path, &fs::canonicalize(&folder).ok()?);
                    self.file(&format!("{GENERATED}{name}"), &path, true)
                })
                .collect()
            }
            None => known,
        }
    }

    /// The files that texts of the crate may name, and what is in them.
    fn loose(&self) -> Vec<u8> {
        let files = &self.index.files;
        let folders = files.iter().filter_map(|file| file.path.parent());
        let mut folders: BTreeSet<PathBuf> = folders.map(Path::to_owned).collect();
        if self.compilation.package.is_dir() {
            folders.insert(self.compilation.package.clone());
        }
        let texts = self.parts().texts.iter().cloned().collect();
        let home = fs::canonicalize(self.compilation.folder()).unwrap_or_default();
        let mut found = Vec::new();
        let contents = Contents::of(self.sources);
        for (name, path) in computed::files(&texts, &folders, &home) {
            found.extend(name.as_bytes());
            found.extend(contents.digest(&path, |_, file| file.digest()));
        }
        found
    }

    fn parts(&self) -> &Parts {
        self.parts.get_or_init(|| {
            let mut parts = Parts::default();
            for file in &self.index.files {
                for place in 0..file.lexed.len() {
                    match file.lexed.kind(place) {
                        Some(Token::Text) => parts.texts.insert(text(file.lexed, place)),
                        Some(Token::Word) => parts
                            .words
                            .insert(String::from_utf8_lossy(file.lexed.text(place)).into_owned()),
                        _ => false,
                    };
                }
            }
            parts
        })
    }

    /// The variables whose names may be made of these words and of those of the crate.
    pub(super) fn variables(&self, words: impl Iterator<Item = String>) -> Vec<String> {
        let own = self.parts();
        let own = own.words.iter().chain(&own.texts).cloned();
        let parts = Parts {
            words: own.chain(words).collect(),
            ..Parts::default()
        };
        let names = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
        names.filter(|name| parts.may_make(name)).collect()
    }

    /// Whether the name of a variable may be made of texts and words of the crate.
    fn may_be_named(&self, name: &str) -> bool {
        self.parts().may_make(name)
    }

    /// The file of this name, beside another one or in the folder of a variable.
    fn named(&self, variable: Option<&str>, name: &str, file: usize, as_code: bool) -> Vec<Found> {
        let (label, path) = match variable {
            None => {
                let source = &self.index.files[file];
                let folder = source.path.parent().unwrap_or(Path::new(""));
                (beside(source.name, name), folder.join(name))
            }
            Some(variable) => {
                let label = match variable {
                    "OUT_DIR" => format!("{GENERATED}{}", name.trim_start_matches('/')),
                    _ => format!("{variable}{name}"),
                };
                (label, by_variable(variable, name))
            }
        };
        let mut found = self.file(&label, &path, as_code);
        if let (Some(found), Some(variable)) = (&mut found, variable)
            && !matches!(variable, "CARGO_MANIFEST_DIR" | "OUT_DIR")
        {
            found.file.clear();
        }
        found.into_iter().collect()
    }

    /// What a text names from a folder of the package, or from where a variable in front of it says.
    fn in_package(&self, folder: &str, name: &str) -> (String, PathBuf) {
        let (variable, name) = match name.strip_prefix('$').and_then(|name| name.split_once('/')) {
            Some((variable @ ("CARGO_MANIFEST_DIR" | "OUT_DIR"), name)) => (variable, name),
            _ => ("CARGO_MANIFEST_DIR", name),
        };
        let name = format!("/{folder}{name}");
        let path = by_variable_in(&self.compilation.package, variable, &name);
        (format!("{variable}{name}"), path)
    }

    /// All files in a folder, if this is one.
    fn folder(&self, label: String, path: &Path) -> Vec<Found> {
        if !path.is_dir() {
            return Vec::new();
        }
        if let Some(known) = self.folders.borrow().get(&label) {
            return known.clone();
        }
        let home = fs::canonicalize(path).unwrap_or_default();
        let all = computed::below(path).into_iter();
        let found: Vec<Found> = all
            .flat_map(|path| {
                self.code_and_bytes(&format!("{label}/{}", relative(&path, &home)), &path)
            })
            .collect();
        self.folders.borrow_mut().insert(label, found.clone());
        found
    }

    /// What a macro may read that is given this text, beside the file of this name and path.
    pub(super) fn perhaps(&self, own: &str, path: &Path, name: &str) -> Vec<Found> {
        let folder = path.parent().unwrap_or(Path::new(""));
        self.code_and_bytes(&beside(own, name), &folder.join(name))
    }

    fn code_and_bytes(&self, name: &str, path: &Path) -> Vec<Found> {
        if !path.is_file() {
            return Vec::new();
        }
        let both = [true, false].map(|as_code| self.file(name, path, as_code));
        both.into_iter().flatten().collect()
    }

    /// Where a file of this name is, from the folder of the crate's root on.
    fn below_root(&self, name: &str) -> String {
        let Some(name) = name.strip_prefix("CARGO_MANIFEST_DIR/") else {
            return name.to_owned();
        };
        let folders = [&self.compilation.package, self.compilation.folder()];
        let [package, folder] = folders.map(|folder| fs::canonicalize(folder).unwrap_or_default());
        relative(&package.join(name), &folder)
    }

    /// A file, as code where it is that, or byte by byte.
    fn file(&self, name: &str, path: &Path, as_code: bool) -> Option<Found> {
        if !is_file(path) {
            return None;
        }
        let code = self.index.files.iter().position(|file| file.name == name);
        let code = code.filter(|_| as_code);
        let source = self.sources.files.get(&(name.to_owned(), What::Code));
        let digest = match (code, source) {
            // All of it is an item of its own.
            (Some(code), _) if self.index.included(code).is_some() => [0; 32],
            (Some(_), Some(source)) => source.digest(),
            _ => *blake3::hash(&std::fs::read(path).ok()?).as_bytes(),
        };
        let mut found = Found::new("file", name.to_owned(), &digest, code);
        found.file = self.below_root(name);
        found.loose = Some(path.to_owned()).filter(|_| as_code && is_code(path) && code.is_none());
        Some(found)
    }
}
