//! What is read while the crate is compiled, besides sources: files, variables of the
//! environment, `cfg`s.

use super::cfgs;
use super::compilation::Compilation;
use super::files::{GENERATED, Sources, What, beside};
use super::index::Index;
use super::lexer::Kind as Token;
use super::loose::Parts;
use super::mentions::Read;
use super::texts::text;
use std::cell::OnceCell;
use std::path::{Path, PathBuf};

/// Something that was read, and what it was.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) kind: &'static str,
    pub(super) name: String,
    pub(super) digest: [u8; 32],
    /// The place of a source file that is included as code.
    pub(super) code: Option<usize>,
}

pub(super) struct Reads<'a> {
    index: &'a Index<'a>,
    sources: &'a Sources,
    compilation: &'a Compilation,
    /// Where the manifest is.
    folder: PathBuf,
    /// All texts and words of the crate.
    parts: OnceCell<Parts>,
}

/// Variables that say where things are on this machine, and nothing else.
const PLACES: &[&str] = &[
    "CARGO",
    "CARGO_HOME",
    "CARGO_MAKEFLAGS",
    "CARGO_MANIFEST_DIR",
    "CARGO_MANIFEST_PATH",
    "CARGO_TARGET_DIR",
    "CARGO_TARGET_TMPDIR",
    "CARGO_WORKSPACE_DIR",
    "HOME",
    "NUM_JOBS",
    "OUT_DIR",
    "PWD",
    "RUSTC",
];

impl Found {
    /// What was read counts with its name: two that change places are an edit.
    fn new(kind: &'static str, name: String, content: &[u8], code: Option<usize>) -> Self {
        let mut hasher = blake3::Hasher::new();
        for part in [kind.as_bytes(), name.as_bytes(), content] {
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part);
        }
        Found {
            digest: *hasher.finalize().as_bytes(),
            kind,
            name,
            code,
        }
    }
}

impl<'a> Reads<'a> {
    pub(super) fn new(
        index: &'a Index<'a>,
        sources: &'a Sources,
        compilation: &'a Compilation,
    ) -> Self {
        let folder = std::env::var_os("CARGO_MANIFEST_DIR");
        Reads {
            index,
            sources,
            compilation,
            folder: folder.map(PathBuf::from).unwrap_or_default(),
            parts: OnceCell::new(),
        }
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
            Read::Environment(name) if is_place(name) => Vec::new(),
            Read::Environment(name) => {
                let value = std::env::var_os(name).map(|value| format!("{value:?}"));
                vec![found("env", name, format!("{value:?}").as_bytes())]
            }
            Read::File(None, name) => {
                let source = &self.index.files[file];
                let path = source.path.parent().unwrap_or(Path::new("")).join(name);
                self.file(&beside(source.name, name), &path)
                    .into_iter()
                    .collect()
            }
            Read::File(Some(variable), name) => {
                let mut path = std::env::var_os(variable).unwrap_or_default();
                path.push(name);
                let label = match variable == "OUT_DIR" {
                    true => format!("{GENERATED}{}", name.trim_start_matches('/')),
                    false => format!("{variable}{name}"),
                };
                self.file(&label, Path::new(&path)).into_iter().collect()
            }
            Read::Perhaps(name) => {
                let beside_it = self.index.files[file]
                    .path
                    .parent()
                    .unwrap_or(Path::new(""));
                let templates = self.folder.join("templates");
                let folders = [beside_it, &self.folder, &templates];
                let paths = folders.into_iter().map(|folder| folder.join(name));
                paths.filter_map(|path| self.file(name, &path)).collect()
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
            Read::Generated | Read::Unknown => {
                let is_any = *read == Read::Unknown;
                let all = self.sources.files.iter();
                all.filter(|((name, _), _)| is_any || name.starts_with(GENERATED))
                    .filter_map(|((name, _), file)| self.file(name, &file.path))
                    .collect()
            }
        }
    }

    /// Whether the name of a variable may be made of texts and words of the crate.
    fn may_be_named(&self, name: &str) -> bool {
        let parts = self.parts.get_or_init(|| {
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
        });
        parts.may_make(name)
    }

    fn file(&self, name: &str, path: &Path) -> Option<Found> {
        if !path.is_file() {
            return None;
        }
        let code = self.index.files.iter().position(|file| file.name == name);
        let source = self.sources.files.get(&(name.to_owned(), What::Code));
        let digest = match (code, source) {
            (Some(_), Some(source)) => source.digest(),
            _ => *blake3::hash(&std::fs::read(path).ok()?).as_bytes(),
        };
        Some(Found::new("file", name.to_owned(), &digest, code))
    }
}

pub(super) fn is_place(name: &str) -> bool {
    PLACES.contains(&name) || name.starts_with("CARGO_BIN_EXE_")
}
