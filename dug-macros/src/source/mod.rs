//! The code of a tracked item, as digests: its own tokens, all that it reaches, and
//! all sources of its crate. Nothing here fails: what cannot be found is left out.
//!
//! From low to high, and none uses one that is higher:
//!
//! * `text`: a text as tokens.
//! * `syntax`: what stands in one source file.
//! * `cargo`: what cargo and the compiler say: arguments, manifests, the lock file.
//! * `macros`: what is known of macros, and what those of other crates may say.
//! * `files`: the files that sources are in, or read.
//! * `meaning`: which tokens mean something, and what they mention.
//! * `krate`: all items of a crate, and where they stand.
//! * `dependencies`: other crates, by what they are made of.
//! * `reach`: the graph of what reaches what.
//!
//! `tokens` is about the item alone, as the compiler gives it.

mod cargo;
mod dependencies;
mod files;
mod krate;
mod macros;
mod meaning;
mod reach;
#[cfg(test)]
mod survey;
mod syntax;
#[cfg(test)]
mod tests;
mod text;
mod tokens;

pub(crate) use reach::table::Table;
pub(crate) use tokens::{of_function, of_parts};

use cargo::compilation::Compilation;
use cargo::manifest::Manifest;
use dependencies::packages::Packages;
use files::sources::Sources;
use krate::index::Index;
use proc_macro2::Span;
use reach::graph::Graph;
use reach::{everything, rules};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

/// What a tracked item reaches: a place in the table of its crate.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Deep {
    pub(crate) digest: [u8; 32],
    pub(crate) table: u64,
    pub(crate) place: u32,
}

/// The crate that is being compiled; a process compiles one.
struct Crate {
    compilation: Compilation,
    sources: Sources,
}

/// The digest of all sources of the crate that is being compiled, where they can be found.
pub(crate) fn of_crate() -> Option<[u8; 32]> {
    static DIGEST: OnceLock<Option<[u8; 32]>> = OnceLock::new();
    *DIGEST.get_or_init(|| {
        let Crate {
            compilation,
            sources,
        } = krate()?;
        Some(sources.digest(compilation, &packages(compilation).certain()))
    })
}

/// All that anything in the crate could reach: for what a macro has written.
pub(crate) fn of_all() -> Option<[u8; 32]> {
    static DIGEST: OnceLock<Option<[u8; 32]>> = OnceLock::new();
    *DIGEST.get_or_init(|| {
        let Crate {
            compilation,
            sources,
        } = krate()?;
        let graph = &analysis()?.graph;
        Some(everything::digest(
            compilation,
            sources,
            graph,
            &packages(compilation),
        ))
    })
}

/// What the function whose name stands here reaches; `None` where that cannot be said.
pub(crate) fn of_reach(name: Span, ident: &str) -> Option<Deep> {
    let analysis = analysis()?;
    let (file, line) = analysis.place(name)?;
    let key = (file, line, ident.to_owned());
    analysis.deep(*analysis.graph.tracked.get(&key)?)
}

/// What the item around a place reaches, with all of that item.
pub(crate) fn of_surroundings(place: Span) -> Option<Deep> {
    let analysis = analysis()?;
    let (file, line) = analysis.place(place)?;
    let all = analysis.graph.extents.iter();
    let around =
        all.filter(|(of, [first, last], _)| *of == file && (*first..=*last).contains(&line));
    let innermost = around.min_by_key(|(_, [first, last], _)| last - first)?;
    analysis.deep(innermost.2)
}

/// The table of the crate, for the first that asks.
pub(crate) fn table() -> Option<Table> {
    static IS_TAKEN: AtomicBool = AtomicBool::new(false);
    let analysis = analysis()?;
    (!IS_TAKEN.swap(true, Ordering::Relaxed)).then(|| analysis.table.clone())
}

struct Analysis {
    graph: Graph,
    table: Table,
    /// The paths of the source files.
    files: Vec<PathBuf>,
}

impl Analysis {
    /// The source file and the line of a place; none for what may be a macro's.
    fn place(&self, place: Span) -> Option<(usize, u32)> {
        let span = place.unwrap();
        let file = fs::canonicalize(span.local_file()?).ok()?;
        let file = self.files.iter().position(|path| *path == file)?;
        let line = u32::try_from(span.start().line()).ok()?;
        let mut macros = self.graph.of_macros.iter();
        let is_of_macro =
            macros.any(|(of, [first, last])| *of == file && (*first..=*last).contains(&line));
        (!is_of_macro).then_some((file, line))
    }

    fn deep(&self, place: u32) -> Option<Deep> {
        Some(Deep {
            digest: *self.graph.deep.get(place as usize)?,
            table: self.table.key,
            place,
        })
    }
}

/// The folder and the name of the package.
fn package() -> (Option<PathBuf>, String) {
    let folder = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
    (folder, std::env::var("CARGO_PKG_NAME").unwrap_or_default())
}

fn packages(compilation: &Compilation) -> Packages {
    let (folder, name) = package();
    Packages::find(compilation, folder.as_deref(), name)
}

fn krate() -> Option<&'static Crate> {
    static CRATE: OnceLock<Option<Crate>> = OnceLock::new();
    let found = CRATE.get_or_init(|| {
        let generated = std::env::var_os("OUT_DIR").map(PathBuf::from);
        let mut compilation = Compilation::from_arguments(std::env::args_os().skip(1))?;
        compilation.package = package().0.unwrap_or_default();
        let sources = Sources::find(&compilation.root, generated.as_deref())?;
        Some(Crate {
            compilation,
            sources,
        })
    });
    found.as_ref()
}

fn analysis() -> Option<&'static Analysis> {
    static ANALYSIS: OnceLock<Option<Analysis>> = OnceLock::new();
    let found = ANALYSIS.get_or_init(|| {
        let Crate {
            compilation,
            sources,
        } = krate()?;
        let (folder, package) = package();
        Some(analyse(compilation, sources, folder.as_deref(), package))
    });
    found.as_ref()
}

fn analyse(
    compilation: &Compilation,
    sources: &Sources,
    folder: Option<&Path>,
    package: String,
) -> Analysis {
    let mut packages = Packages::find(compilation, folder, package);
    let manifest = folder.and_then(Manifest::read);
    let ignored = manifest.map(|manifest| manifest.ignored());
    let crates = packages.certain();
    let index = Index::new(sources, compilation, &ignored.unwrap_or_default(), &crates);
    let graph = rules::reach(&index, sources, compilation, &mut packages);
    let released = packages.released();
    let paths = index.files.iter().map(|file| fs::canonicalize(&file.path));
    let files = paths.map(Result::unwrap_or_default).collect();
    Analysis {
        table: Table::new(&graph, &compilation.name, &released),
        files,
        graph,
    }
}
