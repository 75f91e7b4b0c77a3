//! The analysis on real code: how long it takes, whether it misses an edit, and how
//! much it takes too much. What is right is found by another way: `syn` reads the
//! sources, and calls whose names can be resolved make a graph; what calls a mutated
//! function there, directly or not, has to have another digest.
//!
//! ```sh
//! cargo test -p dug-macros --lib survey -- --ignored --nocapture
//! ```
//!
//! `DUG_SURVEY` names other folders with a `src/lib.rs`, separated as in `PATH`.

mod calls;

use crate::source::cargo::compilation::Compilation;
use crate::source::dependencies::packages::Packages;
use crate::source::files::sources::{Content, Sources, What};
use crate::source::krate::index::{Entry, Index, Source};
use crate::source::macros::known;
use crate::source::macros::origins::Crates;
use crate::source::reach::graph::Graph;
use crate::source::reach::rules::reach;
use crate::source::syntax::items::Kind;
use crate::source::text::lexer::Lexed;
use calls::calls;
use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// All that is known of crates; of logs nothing, as they are mutated, too.
fn crates() -> Crates {
    let mut all = known::all_crates();
    all.retain(|name, _| !matches!(name.as_str(), "log" | "tracing"));
    all
}

/// Crates of a registry that are looked at where they are on the disk.
const CRATES: &[&str] = &[
    "bincode-2",
    "blake3-1",
    "dashmap-6",
    "hashbrown-0",
    "indicatif-0",
    "inventory-0",
    "itoa-1",
    "libm-0",
    "plotters-0",
    "proc-macro2-1",
    "quote-1",
    "rayon-1",
    "rayon-core-1",
    "rusqlite-0",
    "serde_json-1",
    "smallvec-1",
    "syn-3",
    "tempfile-3",
    "toml-1",
    "tracing-core-0",
    "winnow-",
];

const MUTATIONS: usize = 20;

#[test]
#[ignore = "takes minutes, and reads what is on the disk"]
fn no_edit_of_real_code_is_missed() {
    let mut all = Sums::default();
    println!("crate, lines, items, functions, ms, mutations, missed, right, too many");
    for folder in folders() {
        survey(&folder, &mut all);
    }
    println!("{all:?}");
    assert!(all.mutations > 0);
    assert_eq!(all.missed, 0);
}

#[derive(Debug, Default)]
struct Sums {
    crates: usize,
    mutations: usize,
    missed: usize,
    right: usize,
    too_many: usize,
}

fn folders() -> Vec<PathBuf> {
    if let Some(given) = std::env::var_os("DUG_SURVEY") {
        return std::env::split_paths(&given).collect();
    }
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = vec![here.to_owned(), here.join("../dug-runtime")];
    let home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| Some(std::env::home_dir()?.join(".cargo")));
    let registries = home.map(|home| home.join("registry/src"));
    let registries = registries
        .into_iter()
        .flat_map(|path| std::fs::read_dir(path).into_iter().flatten());
    let crates = registries.flatten().flat_map(|registry| {
        std::fs::read_dir(registry.path())
            .into_iter()
            .flatten()
            .flatten()
    });
    let mut crates: Vec<PathBuf> = crates.map(|entry| entry.path()).collect();
    crates.sort();
    for name in CRATES {
        let is_one = |path: &&PathBuf| {
            let file = path.file_name().unwrap_or_default().to_string_lossy();
            file.strip_prefix(name)
                .is_some_and(|rest| rest.starts_with(|c: char| c == '.' || c.is_ascii_digit()))
                && path.join("src/lib.rs").exists()
        };
        found.extend(crates.iter().rfind(is_one).cloned());
    }
    found
}

fn survey(folder: &Path, all: &mut Sums) {
    let compilation = Compilation {
        root: match folder.join("src/lib.rs") {
            library if library.exists() => library,
            _ => folder.join("src/main.rs"),
        },
        edition: "2021".to_owned(),
        ..Compilation::default()
    };
    let started = Instant::now();
    let Some(mut sources) = Sources::find(&compilation.root, None) else {
        return;
    };
    let (before, functions) = digests(&sources, &compilation);
    let took = started.elapsed();
    let index = Index::new(&sources, &compilation, &[], &crates());
    let (lines, items) = (lines(&index), index.items.len());
    let calls = calls(&index, &functions);
    drop(index);
    let mut sum = Sums::default();
    let mut random = 7_u64;
    let mut time = Duration::ZERO;
    // Functions that something else calls are worth more.
    let helpers: Vec<usize> = (0..functions.len())
        .filter(|to| calls.callers(*to).len() > 1)
        .collect();
    for _ in 0..MUTATIONS.min(helpers.len()) {
        random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let helper = helpers[(random >> 33) as usize % helpers.len()];
        let Function { file, body, .. } = &functions[helper];
        let key = (file.clone(), What::Code);
        let source = sources.files.get_mut(&key).unwrap();
        let text = std::fs::read(&source.path).unwrap();
        let mutated = mutated(&text, *body);
        source.content = Content::Code(Lexed::read(mutated));
        let started = Instant::now();
        let (after, _) = digests(&sources, &compilation);
        time += started.elapsed();
        sources.files.get_mut(&key).unwrap().content = Content::Code(Lexed::read(text));
        let changed = |nth: &usize| before[*nth] != after[*nth];
        let right: BTreeSet<usize> = calls.callers(helper);
        sum.mutations += 1;
        for missed in right.iter().filter(|nth| !changed(nth)) {
            println!(
                "missed: {} of {:?} for {:?}",
                folder.display(),
                functions[*missed],
                functions[helper]
            );
            let direct = calls.callers[helper].iter().map(|nth| &functions[*nth]);
            println!("  called by {:?}", direct.collect::<Vec<_>>());
            sum.missed += 1;
        }
        sum.right += right.len();
        sum.too_many += (0..functions.len())
            .filter(changed)
            .filter(|nth| !right.contains(nth))
            .count();
    }
    let name = folder.canonicalize().unwrap_or_default();
    println!(
        "{}, {lines}, {items}, {}, {}, {}, {}, {}, {}",
        name.file_name().unwrap_or_default().to_string_lossy(),
        functions.len(),
        took.as_millis(),
        sum.mutations,
        sum.missed,
        sum.right,
        sum.too_many
    );
    all.crates += 1;
    all.mutations += sum.mutations;
    all.missed += sum.missed;
    all.right += sum.right;
    all.too_many += sum.too_many;
}

/// The nodes that most others reach directly, for those who look for what reaches too much.
#[test]
#[ignore = "prints"]
fn hubs() {
    for folder in folders() {
        let compilation = Compilation {
            root: folder.join("src/lib.rs"),
            ..Compilation::default()
        };
        let Some(sources) = Sources::find(&compilation.root, None) else {
            continue;
        };
        let index = Index::new(&sources, &compilation, &[], &crates());
        let graph = reach(&index, &sources, &compilation, &mut Packages::default());
        let biggest = graph.components().into_iter().max_by_key(Vec::len).unwrap();
        println!(
            "{}: {} of {} nodes reach each other",
            folder.display(),
            biggest.len(),
            graph.nodes.len()
        );
        println!(
            "  always: {:?}",
            graph.nodes[0]
                .edges
                .iter()
                .map(|to| &graph.nodes[*to as usize].name)
                .collect::<Vec<_>>()
        );
        let names: HashMap<usize, String> = graph
            .names
            .iter()
            .map(|(name, place)| (*place as usize, String::from_utf8_lossy(name).into_owned()))
            .collect();
        let print = |nth: usize| match names.get(&nth) {
            Some(name) => format!("`{name}`"),
            None => format!(
                "{:?} {} {}",
                graph.nodes[nth].kind, graph.nodes[nth].name, graph.nodes[nth].file
            ),
        };
        // The shortest ways from some small functions to some others.
        for (nth, from) in biggest.iter().step_by(biggest.len() / 6 + 1).enumerate() {
            let to = biggest[(nth * 7919 + 13) % biggest.len()];
            let mut before: HashMap<usize, usize> = HashMap::from([(*from, *from)]);
            let mut waiting = std::collections::VecDeque::from([*from]);
            while let Some(at) = waiting.pop_front() {
                for next in &graph.nodes[at].edges {
                    if let std::collections::hash_map::Entry::Vacant(entry) =
                        before.entry(*next as usize)
                    {
                        entry.insert(at);
                        waiting.push_back(*next as usize);
                    }
                }
            }
            let mut way = vec![print(to)];
            let mut at = to;
            while at != *from {
                at = before[&at];
                way.push(print(at));
            }
            way.reverse();
            println!("  {}", way.join(" -> "));
        }
    }
}

/// A function that is compiled and has a body.
#[derive(Debug, Clone)]
struct Function {
    file: String,
    #[allow(dead_code, reason = "printed")]
    name: String,
    /// The token that opens the body.
    body: usize,
    /// The place among all items.
    item: usize,
}

/// The digest of each function, and the functions.
fn digests(sources: &Sources, compilation: &Compilation) -> (Vec<[u8; 32]>, Vec<Function>) {
    let index = Index::new(sources, compilation, &[], &crates());
    let mut packages = Packages::default();
    let graph: Graph = reach(&index, sources, compilation, &mut packages);
    let is_function = |entry: &Entry| {
        matches!(entry.item.kind, Kind::Function | Kind::Method) && entry.is_compiled
    };
    let all = index
        .items
        .iter()
        .enumerate()
        .filter(|(_, entry)| is_function(entry));
    let functions = all.filter_map(|(item, entry)| {
        Some(Function {
            file: index.files[entry.file].name.to_owned(),
            name: index.names.print(entry.item.name?),
            body: entry.item.body?,
            item,
        })
    });
    let functions: Vec<Function> = functions.collect();
    let deep = |function: &Function| graph.deep[graph.items[function.item] as usize];
    (functions.iter().map(deep).collect(), functions)
}

fn lines(index: &Index) -> u32 {
    let last = |file: &Source| {
        file.lexed
            .lines([file.lexed.len().saturating_sub(1)].into_iter())[0]
    };
    index.files.iter().map(last).sum()
}

/// The text with another statement at the beginning of a body.
fn mutated(text: &[u8], body: usize) -> Vec<u8> {
    let after = Lexed::read(text.to_vec()).offset(body) + 1;
    let (before, after) = text.split_at(after);
    [before, b" let _mutated = 1; ", after].concat()
}
