//! Packages in folders: the sources of their library and their build script, what these read, and
//! what the manifest says. What belongs to their programs, tests and examples alone does not count.

use super::build_script;
use crate::source::cargo::compilation::{Compilation, is_place};
use crate::source::cargo::configuration;
use crate::source::cargo::dep_info::DepInfo;
use crate::source::cargo::document::Leaf;
use crate::source::cargo::manifest::Manifest;
use crate::source::files::computed::{self, Contents, Parts};
use crate::source::files::named::Named;
use crate::source::files::named::by_variable_in;
use crate::source::files::sources::{Sources, What, beside, relative};
use crate::source::krate::by_file::ByFile;
use crate::source::macros::origins::Crates;
use crate::source::syntax::read::{Read, included};
use crate::source::text::hashing::digest_of_parts;
use crate::source::text::lexer::{Kind, Lexed};
use crate::source::text::literals::text;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Something that a package is made of.
#[derive(Debug, Clone)]
pub(crate) struct Part {
    pub(crate) kind: &'static str,
    pub(crate) name: String,
    pub(crate) digest: [u8; 32],
}

/// What is known of the compilation of such a package, while that of another one goes on.
pub(super) struct Around<'a> {
    pub(super) compilation: &'a Compilation,
    /// What the compiler has written of it.
    pub(super) built: Option<DepInfo>,
    /// Where the compiler was started.
    pub(super) here: &'a Path,
    /// The crates that its sources can name, as far as it is certain what they are.
    pub(super) crates: Crates,
    /// Whether it is the package that is compiled: one has the same features in all its crates.
    pub(super) is_own: bool,
}

/// What the sources of a package say of what they read.
#[derive(Default)]
struct Said {
    texts: BTreeSet<String>,
    words: BTreeSet<String>,
    /// Variables of the environment, by `env!`.
    variables: BTreeSet<String>,
    /// `env!` without a text.
    has_other_variables: bool,
    /// Files by a variable, and whether they are included as Rust.
    by_variable: BTreeSet<(String, String, bool)>,
    /// `include!` and the like of what is not said.
    has_other_files: bool,
}

impl Said {
    fn read(lexed: &Lexed, said: &mut Said) {
        for place in 0..lexed.len() {
            match lexed.kind(place) {
                Some(Kind::Text) => {
                    said.texts.insert(text(lexed, place));
                }
                Some(Kind::Word) => {
                    let word = String::from_utf8_lossy(lexed.text(place));
                    let open = place + 2;
                    if lexed.sign(place + 1) == b'!' && lexed.is_open(open) {
                        said.call(lexed, &word, open);
                    }
                    said.words.insert(word.into_owned());
                }
                _ => {}
            }
        }
    }

    fn call(&mut self, lexed: &Lexed, called: &str, open: usize) {
        match called {
            "env" | "option_env" => match lexed.kind(open + 1) {
                Some(Kind::Text) => {
                    self.variables.insert(text(lexed, open + 1));
                }
                _ => self.has_other_variables = true,
            },
            "include" | "include_str" | "include_bytes" => {
                match included(lexed, lexed.inside(open)) {
                    Some(Read::File(Some(variable), name)) => {
                        let is_code = called == "include";
                        self.by_variable.insert((variable, name, is_code));
                    }
                    Some(Read::File(None, _)) => {}
                    _ => self.has_other_files = true,
                }
            }
            _ => {}
        }
    }
}

/// The files of which attributes make documentation: `#![doc = include_str!("../README.md")]`.
fn documents(lexed: &Lexed, is_documentation: impl Fn(usize) -> bool) -> Vec<String> {
    let is_one = |place: &usize| {
        is_documentation(*place)
            && lexed.is_word(*place, b"doc")
            && lexed.sign(place + 1) == b'='
            && lexed.is_word(place + 2, b"include_str")
            && lexed.is_open(place + 4)
    };
    let all = (0..lexed.len()).filter(is_one);
    let all = all.filter_map(|place| included(lexed, lexed.inside(place + 4)));
    all.filter_map(|read| match read {
        Read::File(None, name) => Some(name),
        _ => None,
    })
    .collect()
}

/// What the library of the package in this folder is made of. Variables that its build script
/// names count as its own.
pub(super) fn parts(name: &str, folder: &Path, manifest: &Manifest, around: &Around) -> Vec<Part> {
    let folder = &fs::canonicalize(folder).unwrap_or_else(|_| folder.to_owned());
    let (below, root) = manifest.folder_and_root();
    let sources = Sources::find(&folder.join(manifest.root()), None).unwrap_or_default();
    let mut found = Found {
        folder: folder.clone(),
        files: BTreeMap::new(),
    };
    let mut said = Said::default();
    let mut documentation = BTreeSet::new();
    let (mut data, mut folders) = (BTreeSet::new(), BTreeSet::from([folder.clone()]));
    let compilation = Compilation {
        root: PathBuf::from(root),
        is_other: true,
        ..Compilation::default()
    };
    let mut by_file = ByFile::new(&sources, &compilation, &around.crates);
    let of_library = &by_file.index.files;
    for (nth, file) in of_library.iter().enumerate() {
        Said::read(file.lexed, &mut said);
        folders.extend(file.path.parent().map(Path::to_owned));
        let named = Named::read(file.lexed);
        let shown = documents(file.lexed, |place| by_file.is_documentation(nth, place));
        let count = |all: &[String], name: &String| all.iter().filter(|one| *one == name).count();
        for name in &named.data {
            let is_read = count(&named.data, name) > count(&shown, name);
            let all = if is_read {
                &mut data
            } else {
                &mut documentation
            };
            all.insert(beside(file.name, name));
        }
    }
    for ((name, what), file) in &sources.files {
        if by_file.has(name) || (*what == What::Data && data.contains(name)) {
            found.add(&file.path, by_file.digest(name, file));
        }
    }
    for root in manifest.scripts() {
        for file in build_script::files(folder, &root).values() {
            if let Some(lexed) = file.lexed() {
                Said::read(lexed, &mut said);
            }
            folders.extend(file.path.parent().map(Path::to_owned));
            found.add(&file.path, by_file.digest_of_other(file));
        }
    }
    let contents = Contents::of(&sources);
    for (variable, name, is_code) in &said.by_variable {
        // That of the package which is compiled now.
        if variable == "OUT_DIR" {
            continue;
        }
        let path = by_variable_in(folder, variable, name);
        match (is_code, fs::read(&path)) {
            (false, Ok(text)) => found.add(&path, *blake3::hash(&text).as_bytes()),
            _ => found.read(&path, &contents, &mut by_file),
        }
    }
    if said.has_other_files {
        for path in computed::files(&said.texts, &folders, folder).values() {
            found.read(path, &contents, &mut by_file);
        }
    }
    let shown = documentation.difference(&data);
    let shown = shown.filter_map(|name| fs::canonicalize(folder.join(below).join(name)).ok());
    let shown: HashSet<PathBuf> = shown.collect();
    let of_sources = by_file.index.files.iter();
    let of_sources = of_sources.filter_map(|file| fs::canonicalize(&file.path).ok());
    let of_sources: HashSet<PathBuf> = of_sources.collect();
    let built = around.built.iter().flat_map(|built| &built.files);
    for path in built {
        // From where the compiler was started, for a package of another workspace its own folder.
        let path = [around.here, folder].map(|from| from.join(path));
        let path = path.iter().find_map(|path| fs::canonicalize(path).ok());
        if let Some(path) = path.filter(|path| !shown.contains(path)) {
            // What a build script has written is none of the sources, nor what others include.
            if !of_sources.contains(&path)
                && let Ok(text) = fs::read(&path)
                && std::str::from_utf8(&text).is_ok()
            {
                Said::read(&Lexed::read(text), &mut said);
            }
            found.read(&path, &contents, &mut by_file);
        }
    }
    let mut parts: Vec<Part> = found.parts(name).collect();
    parts.push(of_manifest(name, folder, manifest, &said, around));
    parts.extend(variables(name, &said, around));
    parts.extend(cfgs(name, folder, &said, around));
    parts
}

/// All sources of the library of a package.
pub(super) fn files(folder: &Path, manifest: &Manifest) -> Vec<PathBuf> {
    let sources = Sources::find(&folder.join(manifest.root()), None).unwrap_or_default();
    sources.files.into_values().map(|file| file.path).collect()
}

/// The files of a package, each once.
struct Found {
    folder: PathBuf,
    /// One may be read both as Rust and as it is.
    files: BTreeMap<PathBuf, BTreeSet<[u8; 32]>>,
}

impl Found {
    fn add(&mut self, path: &Path, digest: [u8; 32]) {
        if let Ok(path) = fs::canonicalize(path) {
            self.files.entry(path).or_default().insert(digest);
        }
    }

    /// Adds what a file says that may be none of the sources.
    fn read(&mut self, path: &Path, contents: &Contents<'_>, by_file: &mut ByFile<'_>) {
        let Ok(path) = fs::canonicalize(path) else {
            return;
        };
        let entry = self.files.entry(path.clone());
        entry.or_insert_with(|| {
            BTreeSet::from([contents.digest(&path, |name, file| by_file.digest(name, file))])
        });
    }

    /// The same on all machines: what a build script has written has no other place.
    fn label(&self, path: &Path) -> String {
        let text = path.to_string_lossy().replace('\\', "/");
        let mut outs = text.match_indices("/out/");
        let is_of_build = |at: &usize| {
            let package = text[..*at].rsplit_once('/');
            package.is_some_and(|(folder, name)| {
                let (_, hash) = name.rsplit_once('-').unwrap_or_default();
                let is_hash = !hash.is_empty() && hash.bytes().all(|it| it.is_ascii_hexdigit());
                is_hash && folder.ends_with("/build")
            })
        };
        let out = outs.find_map(|(at, out)| Some(at + out.len()).filter(|_| is_of_build(&at)));
        match out {
            Some(name) => format!("OUT_DIR/{}", &text[name..]),
            None => relative(path, &self.folder),
        }
    }

    fn parts(&self, name: &str) -> impl Iterator<Item = Part> {
        self.files.iter().map(move |(path, digests)| {
            let label = self.label(path);
            let kind = if label.ends_with(".rs") {
                "source"
            } else {
                "file"
            };
            let digests: Vec<[u8; 32]> = digests.iter().copied().collect();
            Part::new(kind, format!("{name}/{label}"), &digests.concat())
        })
    }
}

impl Part {
    fn new(kind: &'static str, name: String, content: &[u8]) -> Self {
        let digest = digest_of_parts([kind.as_bytes(), name.as_bytes(), content]);
        Part { kind, name, digest }
    }
}

/// What the manifest says; of the package itself only what the sources may see.
fn of_manifest(
    name: &str,
    folder: &Path,
    manifest: &Manifest,
    said: &Said,
    around: &Around,
) -> Part {
    let shows = said.has_other_variables || said.texts.iter().any(|text| text.contains("CARGO_"));
    let above = manifest.workspace(folder);
    let above = above.as_deref().and_then(Manifest::read);
    // Of its own features the compiler is told which are on.
    let is_known = |leaf: &&Leaf| around.is_own && leaf.key(0) == "features";
    let effects = manifest.effects().filter(|leaf| !is_known(leaf));
    let mut lines: Vec<String> = effects.map(Leaf::print).collect();
    lines.extend(manifest.of_package(above.as_ref(), shows));
    lines.extend(manifest.inherited(above.as_ref()));
    let name = format!("{name}/Cargo.toml");
    Part::new("manifest", name, lines.join("\n").as_bytes())
}

/// The values of the variables that its sources name, and of those that it was compiled with.
fn variables(name: &str, said: &Said, around: &Around) -> Vec<Part> {
    let built = around.built.as_ref();
    let mut all: BTreeMap<String, Option<String>> = BTreeMap::new();
    for (variable, value) in built.into_iter().flat_map(|built| &built.variables) {
        all.insert(variable.clone(), value.clone());
    }
    let is_of_package = |name: &str| {
        name.starts_with("CARGO_PKG_")
            || name.starts_with("CARGO_CRATE_")
            || name.starts_with("CARGO_BIN_")
    };
    let ours = said.variables.iter().filter(|name| !is_of_package(name));
    for variable in ours {
        let here = || std::env::var_os(variable).map(|value| value.to_string_lossy().into_owned());
        all.entry(variable.clone()).or_insert_with(here);
    }
    if said.has_other_variables && built.is_none() {
        let parts = Parts {
            texts: said.texts.iter().cloned().collect(),
            words: said.words.iter().cloned().collect(),
        };
        let values = std::env::vars_os().filter_map(|(name, value)| {
            Some((
                name.into_string().ok()?,
                value.to_string_lossy().into_owned(),
            ))
        });
        for (variable, value) in values.filter(|(name, _)| parts.may_make(name)) {
            if !is_of_package(&variable) {
                all.entry(variable).or_insert(Some(value));
            }
        }
    }
    let all = all.into_iter().filter(|(variable, _)| !is_place(variable));
    all.map(|(variable, value)| {
        let name = format!("{variable} of {name}");
        Part::new("env", name, format!("{value:?}").as_bytes())
    })
    .collect()
}

/// What `cfg`s may say, where the sources mention it.
fn cfgs(name: &str, folder: &Path, said: &Said, around: &Around) -> Vec<Part> {
    let has = |word: &str| said.words.contains(word);
    let mut found = Vec::new();
    if !["cfg", "cfg_attr", "cfg_if", "cfg_select"]
        .into_iter()
        .any(has)
    {
        return found;
    }
    let compilation = around.compilation;
    if ["debug_assertions", "overflow_checks", "panic"]
        .into_iter()
        .any(has)
    {
        // It may have a profile of its own.
        let mut lines = configuration::profiles(&[folder, around.here]);
        lines.push(compilation.is_debug.to_string());
        lines.extend(compilation.processor.clone());
        let name = format!("debug_assertions of {name}");
        found.push(Part::new("cfg", name, lines.join("\n").as_bytes()));
    }
    if said.words.iter().any(|word| word.starts_with("target_")) {
        let processor = compilation.processor.join(" ");
        let name = format!("target of {name}");
        found.push(Part::new("cfg", name, processor.as_bytes()));
    }
    for cfg in &compilation.cfgs {
        let (word, value) = cfg.split_once('=').unwrap_or((cfg, ""));
        let is_seen = match word {
            "feature" => around.is_own && said.texts.contains(value.trim_matches('"')),
            "test" => false,
            _ => has(word),
        };
        if is_seen {
            found.push(Part::new("cfg", format!("{cfg} of {name}"), b""));
        }
    }
    found
}

#[cfg(test)]
mod tests;
