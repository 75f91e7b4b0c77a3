//! All source files of a crate. It takes too many rather than too few: every
//! `.rs` file in the folder of the crate's root, and what these name elsewhere.
//! Names count from there, so that they are the same wherever the crate lies.

use super::is_made_anew;
use super::named::{Named, by_variable};
use crate::source::text::lexer::Lexed;
use std::collections::{BTreeMap, HashSet, VecDeque};
use std::fs;
use std::path::{Path, PathBuf};

/// A folder of more sources is not only this crate's, and would take too long.
const MOST: usize = 20_000;

/// The files of one crate, by their names.
#[derive(Debug, Default)]
pub(crate) struct Sources {
    pub(crate) files: BTreeMap<(String, What), File>,
}

#[derive(Debug)]
pub(crate) struct File {
    pub(crate) path: PathBuf,
    pub(crate) content: Content,
}

#[derive(Debug)]
pub(crate) enum Content {
    Code(Lexed),
    /// The digest of the bytes.
    Data([u8; 32]),
}

impl File {
    pub(crate) fn lexed(&self) -> Option<&Lexed> {
        match &self.content {
            Content::Code(lexed) => Some(lexed),
            Content::Data(_) => None,
        }
    }
}

impl Sources {
    /// What is in and below the folder of a crate's root, or else what the root leads to;
    /// `generated` is where the build script writes. `None` if nothing is there.
    pub(crate) fn find(root: &Path, generated: Option<&Path>) -> Option<Self> {
        Sources::of_at_most(root, generated, MOST)
    }

    /// The same, with a limit for what is taken because of where it stands alone.
    pub(in crate::source) fn of_at_most(
        root: &Path,
        generated: Option<&Path>,
        most: usize,
    ) -> Option<Self> {
        let folder = root.parent().filter(|folder| *folder != Path::new(""));
        let mut files = Files::new(folder.unwrap_or(Path::new(".")));
        files.walk("", What::Code);
        if files.waiting.len() > most {
            files.waiting.clear();
            files.waiting.push_back(Waiting {
                name: root.file_name()?.to_string_lossy().into_owned(),
                what: What::Code,
                is_inside: false,
            });
        }
        files.follow();
        if let (true, Some(generated)) = (files.uses_generated, generated) {
            files.folder = generated.to_owned();
            files.prefix = GENERATED;
            files.walk("", What::Data);
            files.follow();
            // What is Rust there is included as such.
            let code =
                |name: &&(String, What)| name.0.ends_with(".rs") && name.0.starts_with(GENERATED);
            for (name, what) in files
                .found
                .files
                .keys()
                .filter(code)
                .cloned()
                .collect::<Vec<_>>()
            {
                files.waiting.push_back(Waiting {
                    name: name[GENERATED.len()..].to_owned(),
                    what: if what == What::Data { What::Code } else { what },
                    is_inside: true,
                });
            }
            files.follow();
        }
        // Without the root, the compiler was asked for something else than it seems.
        (!files.found.files.is_empty()).then_some(files.found)
    }
}

/// Before the names of what a build script has written.
pub(crate) const GENERATED: &str = "OUT_DIR/";

/// What a file is read as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum What {
    /// Rust: comments and spacing play no part.
    Code,
    /// Byte by byte.
    Data,
}

/// A file to read: its name, from the folder on.
struct Waiting {
    name: String,
    what: What,
    /// In the folder: all that stands beside it is read anyway.
    is_inside: bool,
}

struct Files {
    folder: PathBuf,
    /// Before the names, where these do not count from the folder of the root.
    prefix: &'static str,
    found: Sources,
    waiting: VecDeque<Waiting>,
    /// Files and folders that were read, by the one path that each has.
    seen: HashSet<(PathBuf, What)>,
    uses_generated: bool,
}

impl Files {
    fn new(folder: &Path) -> Self {
        Files {
            folder: folder.to_owned(),
            prefix: "",
            found: Sources::default(),
            waiting: VecDeque::new(),
            seen: HashSet::new(),
            uses_generated: false,
        }
    }

    /// Finds the files in a folder: those that are Rust, or else all.
    fn walk(&mut self, name: &str, what: What) {
        let path = self.folder.join(name);
        if !self.is_new(&path, what) {
            return;
        }
        let entries = fs::read_dir(&path).into_iter().flatten().flatten();
        let mut entries: Vec<(String, bool)> = entries
            .filter_map(|entry| {
                let is_file = entry.file_type().is_ok_and(|kind| kind.is_file());
                Some((entry.file_name().into_string().ok()?, is_file))
            })
            .filter(|(name, _)| !name.starts_with('.'))
            .collect();
        entries.sort();
        for (entry, is_file) in entries {
            let name = format!("{name}{entry}");
            let path = path.join(&entry);
            let is_source = what == What::Data || entry.ends_with(".rs");
            if !is_file && path.is_dir() {
                if !is_made_anew(&path) {
                    self.walk(&format!("{name}/"), what);
                }
            } else if is_source {
                self.waiting.push_back(Waiting {
                    name,
                    what,
                    is_inside: true,
                });
            }
        }
    }

    /// Whether this exists, and was not looked at before.
    fn is_new(&mut self, path: &Path, what: What) -> bool {
        fs::canonicalize(path).is_ok_and(|path| self.seen.insert((path, what)))
    }

    /// Reads what waits, and what that names.
    fn follow(&mut self) {
        while let Some(file) = self.waiting.pop_front() {
            let path = self.folder.join(&file.name);
            if !super::is_file(&path) || !self.is_new(&path, file.what) {
                continue;
            }
            let Ok(bytes) = fs::read(&path) else {
                continue;
            };
            let content = match file.what {
                What::Data => Content::Data(*blake3::hash(&bytes).as_bytes()),
                What::Code => {
                    let lexed = Lexed::read(bytes);
                    self.take(&file, &Named::read(&lexed));
                    Content::Code(lexed)
                }
            };
            let name = format!("{}{}", self.prefix, file.name);
            self.found
                .files
                .insert((name, file.what), File { path, content });
        }
    }

    /// Takes up what a file names.
    fn take(&mut self, file: &Waiting, source: &Named) {
        self.uses_generated |= source.uses_generated;
        for (variable, name) in &source.by_variable {
            let path = by_variable(variable, name);
            let generated = std::env::var_os("OUT_DIR");
            let is_generated = generated.is_some_and(|folder| path.starts_with(folder));
            self.uses_generated |= is_generated;
            if let (Ok(path), Ok(folder)) = (fs::canonicalize(path), fs::canonicalize(&self.folder))
                && !is_generated
            {
                self.waiting.push_back(Waiting {
                    name: relative(&path, &folder),
                    what: What::Code,
                    is_inside: false,
                });
            }
        }
        let code = source.code.iter().map(|name| (name.clone(), What::Code));
        let data = source.data.iter().map(|name| (name.clone(), What::Data));
        let stem = Path::new(&file.name).file_stem().unwrap_or_default();
        let modules = source.files_of_modules(&stem.to_string_lossy(), file.is_inside);
        let modules = modules.into_iter().map(|name| (name, What::Code));
        if source.makes_modules && !file.is_inside {
            let folder = beside(&file.name, ".");
            self.walk(&format!("{folder}/"), What::Code);
        }
        for (name, what) in code.chain(data).chain(modules) {
            self.waiting.push_back(Waiting {
                name: beside(&file.name, &name),
                what,
                is_inside: false,
            });
        }
    }
}

/// The name of what the file `of` calls `name`, without detours.
pub(crate) fn beside(of: &str, name: &str) -> String {
    if Path::new(name).is_absolute() {
        return name.to_owned();
    }
    let folder = of.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut parts: Vec<&str> = Vec::new();
    for part in folder
        .split('/')
        .chain(name.split(['/', std::path::MAIN_SEPARATOR]))
    {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}

/// What a file is called from a folder on; both without detours.
pub(crate) fn relative(path: &Path, folder: &Path) -> String {
    let shared = path.components().zip(folder.components());
    let shared = shared.take_while(|(a, b)| a == b).count();
    let up = folder.components().skip(shared).map(|_| "..".to_owned());
    let down = path.components().skip(shared);
    let down = down.map(|part| part.as_os_str().to_string_lossy().into_owned());
    up.chain(down).collect::<Vec<_>>().join("/")
}
