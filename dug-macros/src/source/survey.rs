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

use super::compilation::Compilation;
use super::files::{Content, Sources, What};
use super::graph::Graph;
use super::index::{Entry, Index};
use super::items::Kind;
use super::lexer::Lexed;
use super::packages::Packages;
use super::reach::reach;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use syn::ext::IdentExt;
use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::visit::{self, Visit};

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
    let Some(mut sources) = Sources::find(compilation.folder(), None) else {
        return;
    };
    let (before, functions) = digests(&sources, &compilation);
    let took = started.elapsed();
    let index = Index::new(&sources, &compilation, &[], false);
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
        let Some(sources) = Sources::find(compilation.folder(), None) else {
            continue;
        };
        let index = Index::new(&sources, &compilation, &[], false);
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
    let index = Index::new(sources, compilation, &[], false);
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
    let last = |file: &super::index::Source| {
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

/// Who calls whom.
struct Calls {
    callers: Vec<BTreeSet<usize>>,
}

impl Calls {
    /// All that calls this function, directly or not, and itself.
    fn callers(&self, function: usize) -> BTreeSet<usize> {
        let mut found = BTreeSet::new();
        let mut waiting = vec![function];
        while let Some(one) = waiting.pop() {
            if found.insert(one) {
                waiting.extend(&self.callers[one]);
            }
        }
        found
    }
}

/// A function as `syn` sees it.
struct Seen {
    name: String,
    /// Of the impl or trait around it.
    owner: Option<String>,
    /// The inline modules around it.
    modules: Vec<String>,
    calls: Vec<Call>,
}

enum Call {
    Path(Vec<String>),
    Method { name: String, of_self: bool },
}

/// The calls that can be resolved.
fn calls(index: &Index, functions: &[Function]) -> Calls {
    let mut places: HashMap<usize, usize> = HashMap::new();
    for (nth, function) in functions.iter().enumerate() {
        places.insert(function.item, nth);
    }
    // Each function that syn sees, with its place among ours.
    let mut all: Vec<(usize, Seen, Vec<String>)> = Vec::new();
    let mut imports: BTreeMap<Vec<String>, HashMap<String, Vec<String>>> = BTreeMap::new();
    for (file, source) in index.files.iter().enumerate() {
        let Ok(text) = std::fs::read_to_string(&source.path) else {
            continue;
        };
        let Ok(parsed) = syn::parse_file(&text) else {
            println!("syn cannot read {}", source.name);
            continue;
        };
        let mut reader = Reader::default();
        reader.visit_file(&parsed);
        let base = module_of(index, file);
        for (modules, name, path) in reader.imports {
            let module = [base.clone(), modules].concat();
            imports.entry(module).or_default().insert(name, path);
        }
        let ours = index.items.iter().enumerate().filter(|(_, entry)| {
            entry.file == file && matches!(entry.item.kind, Kind::Function | Kind::Method)
        });
        let ours: Vec<(usize, String)> = ours
            .map(|(item, entry)| {
                (
                    item,
                    entry
                        .item
                        .name
                        .map_or(String::new(), |name| index.names.print(name)),
                )
            })
            .collect();
        // Ours are also those in what macros are given.
        let mut ours = ours.into_iter();
        for seen in reader.found {
            let found = ours.find(|(_, name)| *name == seen.name);
            let Some((item, _)) = found else {
                println!("{} of {} was not found", seen.name, source.path.display());
                break;
            };
            if let Some(&place) = places.get(&item) {
                let module = [base.clone(), seen.modules.clone()].concat();
                all.push((place, seen, module));
            }
        }
    }
    let mut free: HashMap<(Vec<String>, String), Vec<usize>> = HashMap::new();
    let mut methods: HashMap<(String, String), Vec<usize>> = HashMap::new();
    let mut by_name: HashMap<String, Vec<usize>> = HashMap::new();
    for (place, seen, module) in &all {
        match &seen.owner {
            Some(owner) => {
                methods
                    .entry((owner.clone(), seen.name.clone()))
                    .or_default()
                    .push(*place);
                by_name.entry(seen.name.clone()).or_default().push(*place);
            }
            None => free
                .entry((module.clone(), seen.name.clone()))
                .or_default()
                .push(*place),
        }
    }
    let one =
        |found: Option<&Vec<usize>>| found.filter(|found| found.len() == 1).map(|found| found[0]);
    let mut callers = vec![BTreeSet::new(); functions.len()];
    for (place, seen, module) in &all {
        for call in &seen.calls {
            let to = match call {
                Call::Method { name, of_self } => {
                    let own = of_self
                        .then(|| one(methods.get(&(seen.owner.clone()?, name.clone()))))
                        .flatten();
                    own.or_else(|| one(by_name.get(name)))
                }
                Call::Path(path) => {
                    let path = absolute(path, module, seen.owner.as_deref(), imports.get(module));
                    path.and_then(|path| {
                        let (last, before) = path.split_last()?;
                        let function = one(free.get(&(before.to_vec(), last.clone())));
                        let owner = before.last().cloned().unwrap_or_default();
                        function.or_else(|| one(methods.get(&(owner, last.clone()))))
                    })
                }
            };
            // What calls a tracked function has its results, not its code.
            let is_tracked = |to: &usize| index.items[functions[*to].item].signature.is_some();
            if let Some(to) = to.filter(|to| !is_tracked(to)) {
                callers[to].insert(*place);
            }
        }
    }
    Calls { callers }
}

/// The names of the modules that a file is in.
fn module_of(index: &Index, file: usize) -> Vec<String> {
    let mut module = index
        .modules
        .iter()
        .position(|module| module.file == file && module.name.is_none());
    let mut path = Vec::new();
    while let Some(place) = module {
        path.extend(
            index.modules[place]
                .name
                .map(|name| index.names.print(name)),
        );
        module = index.modules[place].parent;
    }
    path.reverse();
    path
}

/// A path from the root of the crate.
fn absolute(
    path: &[String],
    module: &[String],
    owner: Option<&str>,
    imports: Option<&HashMap<String, Vec<String>>>,
) -> Option<Vec<String>> {
    let (first, rest) = path.split_first()?;
    let mut base = match first.as_str() {
        "crate" => Vec::new(),
        "self" => module.to_vec(),
        "super" => module.split_last()?.1.to_vec(),
        "Self" => vec![owner?.to_owned()],
        name => match imports.and_then(|imports| imports.get(name)) {
            Some(import) if import.first() != Some(first) || import.len() > 1 => {
                absolute(import, module, owner, None)?
            }
            _ => [module, &[name.to_owned()]].concat(),
        },
    };
    for name in rest {
        match name.as_str() {
            "super" => base.truncate(base.len().checked_sub(1)?),
            name => base.push(name.to_owned()),
        }
    }
    Some(base)
}

/// Gathers the functions of a file, with what each calls, in the order of the source.
#[derive(Default)]
struct Reader {
    found: Vec<Seen>,
    /// By the modules that they are in: a name, and its path.
    imports: Vec<(Vec<String>, String, Vec<String>)>,
    modules: Vec<String>,
    owner: Option<String>,
    /// The functions around.
    open: Vec<usize>,
}

impl Reader {
    fn function(&mut self, name: String, owner: Option<String>, inner: impl FnOnce(&mut Self)) {
        self.found.push(Seen {
            name,
            owner,
            modules: self.modules.clone(),
            calls: Vec::new(),
        });
        self.open.push(self.found.len() - 1);
        inner(self);
        self.open.pop();
    }

    fn call(&mut self, call: Call) {
        if let Some(&open) = self.open.last() {
            self.found[open].calls.push(call);
        }
    }

    fn import(&mut self, tree: &syn::UseTree, path: &mut Vec<String>) {
        match tree {
            syn::UseTree::Path(tree) => {
                path.push(tree.ident.to_string());
                self.import(&tree.tree, path);
                path.pop();
            }
            syn::UseTree::Name(tree) => {
                let mut whole = path.clone();
                let mut name = tree.ident.to_string();
                match name == "self" {
                    true => name = whole.last().cloned().unwrap_or_default(),
                    false => whole.push(name.clone()),
                }
                self.imports.push((self.modules.clone(), name, whole));
            }
            syn::UseTree::Rename(tree) => {
                let whole = [path.as_slice(), &[tree.ident.to_string()]].concat();
                self.imports
                    .push((self.modules.clone(), tree.rename.to_string(), whole));
            }
            syn::UseTree::Group(tree) => tree.items.iter().for_each(|tree| self.import(tree, path)),
            syn::UseTree::Glob(_) => {}
        }
    }
}

fn last_name(ty: &syn::Type) -> Option<String> {
    match ty {
        syn::Type::Path(path) => path.path.segments.last().map(|last| last.ident.to_string()),
        syn::Type::Reference(reference) => last_name(&reference.elem),
        _ => None,
    }
}

impl<'ast> Visit<'ast> for Reader {
    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        self.modules.push(item.ident.to_string());
        visit::visit_item_mod(self, item);
        self.modules.pop();
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        // What is imported in a body is known there only.
        if self.open.is_empty() {
            self.import(&item.tree, &mut Vec::new());
        }
    }

    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        let owner = self.owner.take();
        // A function in a body is called from there only, by its bare name.
        let inner = (!self.open.is_empty()).then(|| format!("in {:?}", self.open));
        self.function(item.sig.ident.unraw().to_string(), inner, |this| {
            visit::visit_item_fn(this, item)
        });
        self.owner = owner;
    }

    fn visit_item_impl(&mut self, item: &'ast syn::ItemImpl) {
        let before = std::mem::replace(
            &mut self.owner,
            last_name(&item.self_ty).or(Some(String::new())),
        );
        visit::visit_item_impl(self, item);
        self.owner = before;
    }

    fn visit_item_trait(&mut self, item: &'ast syn::ItemTrait) {
        let before = self.owner.replace(item.ident.to_string());
        visit::visit_item_trait(self, item);
        self.owner = before;
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        let owner = self.owner.clone();
        self.function(item.sig.ident.unraw().to_string(), owner, |this| {
            visit::visit_impl_item_fn(this, item)
        });
    }

    fn visit_trait_item_fn(&mut self, item: &'ast syn::TraitItemFn) {
        let owner = self.owner.clone();
        self.function(item.sig.ident.unraw().to_string(), owner, |this| {
            visit::visit_trait_item_fn(this, item)
        });
    }

    fn visit_expr_path(&mut self, path: &'ast syn::ExprPath) {
        if path.qself.is_none() {
            let segments = path
                .path
                .segments
                .iter()
                .map(|segment| segment.ident.to_string());
            let segments: Vec<String> = segments.collect();
            if segments != ["self"] {
                self.call(Call::Path(segments));
            }
        }
        visit::visit_expr_path(self, path);
    }

    fn visit_expr_method_call(&mut self, call: &'ast syn::ExprMethodCall) {
        let of_self =
            matches!(&*call.receiver, syn::Expr::Path(path) if path.path.is_ident("self"));
        let name = call.method.to_string();
        self.call(Call::Method { name, of_self });
        visit::visit_expr_method_call(self, call);
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        let arguments = Punctuated::<syn::Expr, syn::Token![,]>::parse_terminated;
        if let Ok(arguments) = arguments.parse2(call.tokens.clone()) {
            // What a macro is given lives as long as the visit.
            let mut inner = Reader {
                open: vec![0],
                found: vec![Seen {
                    name: String::new(),
                    owner: None,
                    modules: Vec::new(),
                    calls: Vec::new(),
                }],
                ..Reader::default()
            };
            arguments
                .iter()
                .for_each(|argument| inner.visit_expr(argument));
            for call in inner.found.remove(0).calls {
                self.call(call);
            }
        }
    }
}
