//! The functions: how the report follows from the files.
//!
//! ```text
//! text -> lines ----------------+
//!      -> syntax -> modules ----+-> directory_report -> crate_report -+
//!                -> functions --> directory_hotspots -> crate_hotspots -> hotspots -+-> report
//!                -> mentions ---> directory_mentions -> crate_mentions -> uses -----+
//! ```
//!
//! Each file is parsed once, by `syntax`, and the three functions after it take
//! out a part each. So what reads one part does not run because another has
//! changed: a comment changes `lines` alone, a new `use` leaves the most complex
//! functions as they are. And no function asks for more than a folder's files, a
//! crate's folders, or the crates: after one file has changed, little is
//! looked at beside the way from it to the report.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use dug::{here, input, tracked};
use rayon::prelude::*;

use crate::lines::Lines;
use crate::report::{CrateReport, DirectoryReport, FileReport, Hotspot, Report};
use crate::syntax::{Function, Modules, Syntax};
use crate::tree::{Crate, Directory};

/// How many functions run for a report if nothing is known: those below, each
/// once for each file, folder or crate.
pub fn functions_below_report(crates: &[Crate]) -> u64 {
    let directories = crates.iter().flat_map(|it| &it.directories);
    let (mut folders, mut files) = (0, 0);
    for directory in directories {
        folders += 1;
        files += directory.files.len();
    }
    (5 * files + 3 * folders + 3 * crates.len() + 3) as u64
}

/// Lines of a file; none of one that cannot be read.
#[tracked]
pub fn lines(path: &str) -> Lines {
    input::text(path).map_or_else(|_| Lines::default(), |text| Lines::count(&text))
}

/// What the parser finds in a file, or why it finds nothing.
#[tracked]
pub fn syntax(path: &str) -> Arc<Syntax> {
    let text = input::text(path).map_err(|error| error.to_string());
    let syntax = text.and_then(|text| Syntax::parse(&text));
    Arc::new(syntax.unwrap_or_else(|problem| Syntax::unparsed(path, problem)))
}

/// What a file consists of.
#[tracked]
pub fn modules(path: &str) -> Modules {
    syntax(path).modules.clone()
}

/// The functions of a file.
#[tracked]
pub fn functions(path: &str) -> Vec<Function> {
    syntax(path).functions.clone()
}

/// Names in a file that may be those of other crates.
#[tracked]
pub fn mentions(path: &str) -> BTreeSet<String> {
    syntax(path).mentions.clone()
}

/// Lines and contents of a directory, of its files, and of the modules in them.
#[tracked]
pub fn directory_report(directory: &Directory) -> DirectoryReport {
    let found = each(&directory.paths(), |path| (lines(path), modules(path)));
    let (mut files, mut all_modules) = (Vec::new(), Modules::new());
    for (name, (lines, modules)) in directory.files.iter().zip(found) {
        files.push(FileReport {
            name: name.clone(),
            lines,
            shape: modules.values().cloned().sum(),
        });
        for (inside, shape) in modules {
            *all_modules
                .entry(directory.module(name, &inside))
                .or_default() += shape;
        }
    }
    DirectoryReport {
        path: directory.path.clone(),
        lines: files.iter().map(|it| it.lines).sum(),
        shape: files.iter().map(|it| it.shape.clone()).sum(),
        files,
        modules: all_modules,
    }
}

/// The most complex functions of a directory.
#[tracked]
pub fn directory_hotspots(directory: &Directory, top: usize) -> Vec<Hotspot> {
    let mut hotspots = Vec::new();
    for path in directory.paths() {
        let hotspot = |function| Hotspot {
            path: path.clone(),
            function,
        };
        hotspots.extend(functions(&path).into_iter().map(hotspot));
    }
    most_complex(hotspots, top)
}

/// Names in a directory that may be those of other crates.
#[tracked]
pub fn directory_mentions(directory: &Directory) -> BTreeSet<String> {
    let paths = directory.paths();
    paths.iter().flat_map(|path| mentions(path)).collect()
}

/// Lines and contents of a crate.
#[tracked]
pub fn crate_report(of: &Crate) -> Arc<CrateReport> {
    let directories = each(&of.directories, directory_report);
    Arc::new(CrateReport {
        name: of.name.clone(),
        root: of.root.clone(),
        lines: directories.iter().map(|it| it.lines).sum(),
        shape: directories.iter().map(|it| it.shape.clone()).sum(),
        directories,
    })
}

/// The most complex functions of a crate.
#[tracked]
pub fn crate_hotspots(of: &Crate, top: usize) -> Vec<Hotspot> {
    let directories = of.directories.iter();
    let hotspots = directories.flat_map(|it| directory_hotspots(it, top));
    most_complex(hotspots.collect(), top)
}

/// Names in a crate that may be those of other crates.
#[tracked]
pub fn crate_mentions(of: &Crate) -> BTreeSet<String> {
    of.directories.iter().flat_map(directory_mentions).collect()
}

/// The most complex functions of all.
#[tracked]
pub fn hotspots(crates: &[Crate], top: usize) -> Vec<Hotspot> {
    let hotspots = crates.iter().flat_map(|it| crate_hotspots(it, top));
    most_complex(hotspots.collect(), top)
}

/// Which crates use which, by the names of their libraries; tests, benches and
/// build scripts included. Only what is written out counts, not what macros and
/// attributes are given.
#[tracked]
pub fn uses(crates: &[Crate]) -> Uses {
    let libraries: BTreeSet<&String> = crates.iter().map(|it| &it.library).collect();
    let mut uses = Uses::new();
    for it in crates {
        let mentions = crate_mentions(it).into_iter();
        let used = mentions.filter(|name| libraries.contains(name) && *name != it.library);
        uses.entry(it.library.clone()).or_default().extend(used);
    }
    uses
}

/// A crate, and those that it uses.
pub type Uses = BTreeMap<String, BTreeSet<String>>;

/// All of it.
#[tracked]
pub fn report(crates: &[Crate], top: usize) -> Arc<Report> {
    let reports = each(crates, crate_report);
    Arc::new(Report {
        lines: reports.iter().map(|it| it.lines).sum(),
        shape: reports.iter().map(|it| it.shape.clone()).sum(),
        crates: reports,
        hotspots: hotspots(crates, top),
        uses: uses(crates),
    })
}

/// Asks for each item on all cores, in this context and for the function that runs.
fn each<T: Sync, R: Send>(items: &[T], ask: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let here = here();
    let items = items.par_iter();
    items.map(|item| here.run(|| ask(item))).collect()
}

fn most_complex(mut hotspots: Vec<Hotspot>, top: usize) -> Vec<Hotspot> {
    hotspots.sort_by(|a, b| a.rank().cmp(&b.rank()));
    hotspots.truncate(top);
    hotspots
}
