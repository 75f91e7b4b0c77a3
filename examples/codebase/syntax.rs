//! What one parse of a file finds. Nothing in it says where on the page a thing
//! stands, so that comments and spacing do not change it.

use std::collections::{BTreeMap, BTreeSet};
use std::mem;

use serde::{Deserialize, Serialize};
use syn::visit::{self, Visit};
use syn::{Attribute, Block, Item, Type, UseTree, Visibility};

use crate::complexity::{self, Complexity};

/// All that is kept of a file's syntax tree.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Syntax {
    pub modules: Modules,
    pub functions: Vec<Function>,
    /// First words of paths and of `use` that may be the names of other crates.
    pub mentions: BTreeSet<String>,
}

/// The modules that stand in files, by their paths. In a file alone the paths begin there, and
/// that of its own module is empty.
pub type Modules = BTreeMap<String, Shape>;

/// What a module, a file, or many, consist of. What is in a module inside of another is that
/// one's alone.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shape {
    /// None of a module that stands within the file of another.
    pub files: u64,
    /// Functions, types, traits, impls, modules, uses, .., with those inside of others.
    pub items: u64,
    /// Functions with a body.
    pub functions: u64,
    pub cyclomatic: u64,
    pub cognitive: u64,
    pub unsafe_blocks: u64,
    /// Items and methods marked `pub`, whether or not other crates can reach
    /// them; without `use`.
    pub public: u64,
    /// Those of them that have documentation.
    pub documented: u64,
    /// Files of which nothing but lines is known.
    pub problems: Vec<Problem>,
}

/// Why a file could not be parsed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    pub path: String,
    pub reason: String,
}

/// A function with a body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Function {
    /// With the modules and the type around it: `parse::Reader::next`.
    pub name: String,
    pub complexity: Complexity,
}

impl std::iter::Sum for Shape {
    fn sum<I: Iterator<Item = Shape>>(shapes: I) -> Shape {
        shapes.fold(Shape::default(), |mut sum, it| {
            sum += it;
            sum
        })
    }
}

impl std::ops::AddAssign for Shape {
    fn add_assign(&mut self, it: Shape) {
        self.files += it.files;
        self.items += it.items;
        self.functions += it.functions;
        self.cyclomatic += it.cyclomatic;
        self.cognitive += it.cognitive;
        self.unsafe_blocks += it.unsafe_blocks;
        self.public += it.public;
        self.documented += it.documented;
        self.problems.extend(it.problems);
    }
}

impl Syntax {
    /// Parses a source; `Err` says why it cannot be parsed.
    pub fn parse(text: &str) -> Result<Syntax, String> {
        // Parsing, walking and dropping a tree recurse as deep as the source nests.
        const STACK: usize = 64 << 20;
        stacker::grow(STACK, || {
            let file = syn::parse_file(text).map_err(|error| error.to_string())?;
            let mut collector = Collector::default();
            collector.visit_file(&file);
            Ok(collector.finish())
        })
    }

    /// Of a file that could not be parsed.
    pub fn unparsed(path: &str, reason: String) -> Syntax {
        let path = path.to_owned();
        let shape = Shape {
            files: 1,
            problems: vec![Problem { path, reason }],
            ..Shape::default()
        };
        Syntax {
            modules: Modules::from([(String::new(), shape)]),
            ..Syntax::default()
        }
    }
}

#[derive(Default)]
struct Collector {
    found: Syntax,
    /// Of the module around, so far.
    shape: Shape,
    /// The path of that module.
    module: Vec<String>,
    /// Modules, types and functions around.
    scope: Vec<String>,
    use_roots: BTreeSet<String>,
    path_roots: BTreeSet<String>,
    /// Names that `use` brings in: other paths that begin with them say nothing new.
    imported: BTreeSet<String>,
    /// Names of the file's modules: here they mean these.
    module_names: BTreeSet<String>,
}

impl Collector {
    fn finish(self) -> Syntax {
        let mut syntax = self.found;
        let others = self.path_roots.difference(&self.imported).cloned();
        syntax.mentions.extend(others.chain(self.use_roots));
        syntax.mentions.retain(|it| !self.module_names.contains(it));
        let mut shape = self.shape;
        shape.files = 1;
        syntax.modules.insert(String::new(), shape);
        syntax
    }

    /// Visits a module that stands in the file.
    fn module(&mut self, name: String, visit: impl FnOnce(&mut Collector)) {
        self.module.push(name);
        let around = mem::take(&mut self.shape);
        visit(self);
        let inside = mem::replace(&mut self.shape, around);
        // There may be two of one name, for different targets.
        *self
            .found
            .modules
            .entry(self.module.join("::"))
            .or_default() += inside;
        self.module.pop();
    }

    fn inside(&mut self, name: String, visit: impl FnOnce(&mut Collector)) {
        self.scope.push(name);
        visit(self);
        self.scope.pop();
    }

    fn public(&mut self, visibility: &Visibility, attributes: &[Attribute]) {
        if matches!(visibility, Visibility::Public(_)) {
            self.shape.public += 1;
            let documented = attributes.iter().any(|it| it.path().is_ident("doc"));
            self.shape.documented += u64::from(documented);
        }
    }

    fn function(&mut self, name: &syn::Ident, body: &Block, visit: impl FnOnce(&mut Collector)) {
        let complexity = complexity::of(body);
        self.shape.functions += 1;
        self.shape.cyclomatic += u64::from(complexity.cyclomatic);
        self.shape.cognitive += u64::from(complexity.cognitive);
        self.inside(name.to_string(), |it| {
            it.found.functions.push(Function {
                name: it.scope.join("::"),
                complexity,
            });
            visit(it);
        });
    }

    /// The names that a `use` brings in.
    fn import(&mut self, tree: &UseTree) {
        let name = match tree {
            UseTree::Path(it) => return self.import(&it.tree),
            UseTree::Name(it) => &it.ident,
            UseTree::Rename(it) => &it.rename,
            UseTree::Group(it) => return it.items.iter().for_each(|tree| self.import(tree)),
            _ => return,
        };
        self.imported.insert(name.to_string());
    }

    /// The first words of a `use`.
    fn root(&mut self, tree: &UseTree) {
        let root = match tree {
            UseTree::Path(it) => &it.ident,
            UseTree::Name(it) => &it.ident,
            UseTree::Rename(it) => &it.ident,
            UseTree::Group(it) => return it.items.iter().for_each(|tree| self.root(tree)),
            _ => return,
        };
        self.use_roots.insert(root.to_string());
    }
}

impl<'ast> Visit<'ast> for Collector {
    fn visit_item(&mut self, item: &'ast Item) {
        self.shape.items += 1;
        match item {
            Item::Const(it) => self.public(&it.vis, &it.attrs),
            Item::Enum(it) => self.public(&it.vis, &it.attrs),
            Item::Fn(it) => self.public(&it.vis, &it.attrs),
            Item::Mod(it) => self.public(&it.vis, &it.attrs),
            Item::Static(it) => self.public(&it.vis, &it.attrs),
            Item::Struct(it) => self.public(&it.vis, &it.attrs),
            Item::Trait(it) => self.public(&it.vis, &it.attrs),
            Item::TraitAlias(it) => self.public(&it.vis, &it.attrs),
            Item::Type(it) => self.public(&it.vis, &it.attrs),
            Item::Union(it) => self.public(&it.vis, &it.attrs),
            _ => {}
        }
        visit::visit_item(self, item);
    }

    fn visit_item_fn(&mut self, it: &'ast syn::ItemFn) {
        self.function(&it.sig.ident, &it.block, |collector| {
            visit::visit_item_fn(collector, it);
        });
    }

    fn visit_impl_item_fn(&mut self, it: &'ast syn::ImplItemFn) {
        self.public(&it.vis, &it.attrs);
        self.function(&it.sig.ident, &it.block, |collector| {
            visit::visit_impl_item_fn(collector, it);
        });
    }

    fn visit_trait_item_fn(&mut self, it: &'ast syn::TraitItemFn) {
        match &it.default {
            Some(body) => self.function(&it.sig.ident, body, |collector| {
                visit::visit_trait_item_fn(collector, it);
            }),
            None => visit::visit_trait_item_fn(self, it),
        }
    }

    fn visit_item_impl(&mut self, it: &'ast syn::ItemImpl) {
        let name = type_name(&it.self_ty);
        self.inside(name, |collector| visit::visit_item_impl(collector, it));
    }

    fn visit_item_trait(&mut self, it: &'ast syn::ItemTrait) {
        let name = it.ident.to_string();
        self.inside(name, |collector| visit::visit_item_trait(collector, it));
    }

    fn visit_item_mod(&mut self, it: &'ast syn::ItemMod) {
        let name = it.ident.to_string();
        self.module_names.insert(name.clone());
        if it.content.is_some() {
            self.module(name.clone(), |collector| {
                collector.inside(name, |collector| visit::visit_item_mod(collector, it));
            });
        }
    }

    fn visit_item_use(&mut self, it: &'ast syn::ItemUse) {
        self.root(&it.tree);
        self.import(&it.tree);
    }

    fn visit_item_extern_crate(&mut self, it: &'ast syn::ItemExternCrate) {
        self.use_roots.insert(it.ident.to_string());
    }

    fn visit_expr_unsafe(&mut self, it: &'ast syn::ExprUnsafe) {
        self.shape.unsafe_blocks += 1;
        visit::visit_expr_unsafe(self, it);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        // `f` and `Type` are names of their own; `root::f` may come from a crate,
        // which are written small, unlike most types.
        if path.segments.len() > 1 {
            let root = path.segments[0].ident.to_string();
            if !root.starts_with(char::is_uppercase) {
                self.path_roots.insert(root);
            }
        }
        visit::visit_path(self, path);
    }
}

/// The last word of a type's name, for people to read.
fn type_name(of: &Type) -> String {
    match of {
        Type::Path(it) => match it.path.segments.last() {
            Some(last) => last.ident.to_string(),
            None => "_".to_owned(),
        },
        Type::Reference(it) => type_name(&it.elem),
        Type::Ptr(it) => type_name(&it.elem),
        Type::Slice(it) => format!("[{}]", type_name(&it.elem)),
        Type::Array(it) => format!("[{}]", type_name(&it.elem)),
        Type::Paren(it) => type_name(&it.elem),
        Type::Group(it) => type_name(&it.elem),
        Type::Tuple(_) => "(..)".to_owned(),
        _ => "_".to_owned(),
    }
}
