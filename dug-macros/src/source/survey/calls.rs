//! Who calls whom by another way than ours: `syn` reads the sources, and the calls whose names can
//! be resolved make a graph.

use super::Function;
use crate::source::krate::index::Index;
use crate::source::syntax::items::Kind;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use syn::ext::IdentExt;
use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::visit::{self, Visit};

/// Who calls whom.
pub(super) struct Calls {
    /// The direct ones, by the place of the function.
    pub(super) callers: Vec<BTreeSet<usize>>,
}

impl Calls {
    /// All that calls this function, directly or not, and itself.
    pub(super) fn callers(&self, function: usize) -> BTreeSet<usize> {
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
pub(super) fn calls(index: &Index, functions: &[Function]) -> Calls {
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
