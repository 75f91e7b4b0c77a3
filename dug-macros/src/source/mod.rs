//! The code of a tracked item, as digests: its own tokens, all that it reaches, and
//! all sources of its crate. Nothing here fails: what cannot be found is left out.
//!
//! From low to high: `lexer` makes tokens of a text, `cosmetic` says which of them
//! mean something, `texts` what literals say; `items` finds the items of a file
//! (`parsed`), `uses` their imports, `mentions`, `roots` and `asks` what an item names and reads.
//! `compilation` reads the compiler's arguments, `named`, `files` and `attached` find
//! the sources; `document` reads TOML, `lock`, `manifest` and `configuration` what cargo is told,
//! `folders`, `externs`, `built`, `asked`, `script`, `folder` and `packages` are about other crates,
//! `library` and `declared` about their macros, `strange` about what these hide; `loose` finds what
//! names made of parts may mean. `index`, `tree`, `placed` and `includes` put all items of a crate
//! together; `origins` and `known` say what is known of macros, `tracked` which functions
//! are, `facts` and `order` what names may mean; `reach`, `naming`, `connect`, `imports`,
//! `globs` and `abroad` make a `graph` of them, `table` writes it down. `alone` is for sources
//! that are taken file by file, `all` for what a macro has written, `tokens` about the item alone.

mod abroad;
mod all;
mod alone;
mod asked;
mod asks;
mod attached;
mod attributes;
mod built;
mod cfgs;
mod compilation;
mod configuration;
mod connect;
mod cosmetic;
mod declared;
mod document;
mod externs;
mod facts;
mod files;
mod folder;
mod folders;
mod globs;
mod glue;
mod graph;
mod imported;
mod imports;
mod includes;
mod index;
mod items;
mod keywords;
mod known;
mod known_attributes;
mod lexer;
mod library;
mod lock;
mod loose;
mod macros;
mod manifest;
mod mentions;
mod named;
mod names;
mod naming;
mod order;
mod origins;
mod packages;
mod parsed;
mod placed;
mod reach;
mod read;
mod reads;
mod roots;
mod script;
mod strange;
#[cfg(test)]
mod survey;
mod table;
#[cfg(test)]
mod tests;
mod texts;
mod tokens;
mod tracked;
mod tree;
mod uses;

pub(crate) use table::Table;
pub(crate) use tokens::{of_function, of_parts};

use compilation::Compilation;
use files::Sources;
use graph::Graph;
use index::Index;
use manifest::Manifest;
use packages::Packages;
use proc_macro2::Span;
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
        Some(all::digest(
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
        let compilation = Compilation::from_arguments(std::env::args_os().skip(1))?;
        let sources = Sources::find(compilation.folder(), generated.as_deref())?;
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
    let graph = reach::reach(&index, sources, compilation, &mut packages);
    let paths = index.files.iter().map(|file| fs::canonicalize(&file.path));
    let files = paths.map(Result::unwrap_or_default).collect();
    Analysis {
        table: Table::new(&graph, &compilation.name),
        files,
        graph,
    }
}
