//! What the example finds, as data; `text.rs` prints it.

use std::cmp::Reverse;
use std::path::Path;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::lines::Lines;
use crate::metrics::Uses;
use crate::syntax::{Function, Modules, Shape};

/// All of the crates.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    pub lines: Lines,
    pub shape: Shape,
    pub crates: Vec<Arc<CrateReport>>,
    /// The most complex first.
    pub hotspots: Vec<Hotspot>,
    pub uses: Uses,
}

/// A crate, its folders in the order of walking.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CrateReport {
    pub name: String,
    pub root: String,
    pub lines: Lines,
    pub shape: Shape,
    pub directories: Vec<DirectoryReport>,
}

/// A folder, without those inside of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DirectoryReport {
    pub path: String,
    pub lines: Lines,
    pub shape: Shape,
    pub files: Vec<FileReport>,
    /// Those whose files are in the folder, and those inside of them.
    pub modules: Modules,
}

/// A file of a folder, with all of its modules.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FileReport {
    pub name: String,
    pub lines: Lines,
    pub shape: Shape,
}

/// A function that stands out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Hotspot {
    pub path: String,
    pub function: Function,
}

impl Hotspot {
    /// Orders the hardest to read first, whoever found them first.
    pub fn rank(&self) -> impl Ord {
        let Function { name, complexity } = &self.function;
        let hardness = (complexity.cognitive, complexity.cyclomatic);
        (Reverse(hardness), &self.path, name)
    }
}

impl Report {
    /// Where a path is, for people to read: the crate, and the way from its root.
    pub fn place(&self, path: &str) -> String {
        let inside = self.crates.iter().filter_map(|it| {
            let rest = Path::new(path).strip_prefix(&it.root).ok()?;
            Some((it.root.len(), &it.name, rest))
        });
        // A crate may stand in a folder of another.
        match inside.max_by_key(|&(length, ..)| length) {
            Some((_, name, rest)) => format!("{name}/{}", rest.display()),
            None => path.to_owned(),
        }
    }

    /// The folders of all crates.
    pub fn directories(&self) -> impl Iterator<Item = &DirectoryReport> {
        self.crates.iter().flat_map(|it| &it.directories)
    }

    /// How many of the crates use this one.
    pub fn users(&self, library: &str) -> usize {
        let uses = self.uses.values();
        uses.filter(|used| used.contains(library)).count()
    }
}
