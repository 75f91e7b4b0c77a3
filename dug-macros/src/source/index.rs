//! All items of the crate that is compiled: which module each stands in, whether it
//! is compiled at all, and what it mentions.

use super::attached::attached;
use super::attributes::{attributes, has_attribute};
use super::cfgs;
use super::compilation::Compilation;
use super::cosmetic::Ignored;
use super::files::{Sources, beside};
use super::items::{self, Group, Item, Kind, Parsed, parameters};
use super::lexer::{Kind as Token, Lexed, Span};
use super::mentions::{Mentions, look};
use super::names::{Name, Names};
use super::placed::Places;
use super::strange;
use super::texts::text;
use super::uses::What as Brings;
use std::collections::HashSet;
use std::path::PathBuf;

pub(super) struct Index<'a> {
    pub(super) names: Names,
    pub(super) files: Vec<Source<'a>>,
    pub(super) modules: Vec<Module>,
    pub(super) groups: Vec<Block>,
    pub(super) items: Vec<Entry>,
    /// The place of the root's file.
    pub(super) root: Option<usize>,
    /// What may say where files stand of which it is not known.
    pub(super) unplaced: Option<String>,
}

/// A source file that belongs to the crate.
pub(super) struct Source<'a> {
    pub(super) name: &'a str,
    pub(super) path: PathBuf,
    pub(super) lexed: &'a Lexed,
}

pub(super) struct Module {
    pub(super) name: Option<Name>,
    pub(super) parent: Option<usize>,
    /// All that it stands in: a file may be declared, or included, more than once.
    pub(super) parents: Vec<usize>,
    /// Whether it is the first of a file that is included in another one.
    pub(super) is_included: bool,
    pub(super) file: usize,
    /// The token that is its name, where it is declared.
    pub(super) place: usize,
    pub(super) mentions: Mentions,
    /// The place among all items of the function around it.
    outer: Option<usize>,
    /// Its attributes, in its file.
    attributes: Vec<Span>,
    is_compiled: bool,
}

pub(super) struct Block {
    pub(super) group: Group,
    pub(super) file: usize,
    pub(super) module: usize,
    /// The place among all items of the function around it.
    pub(super) outer: Option<usize>,
    pub(super) mentions: Mentions,
    pub(super) is_compiled: bool,
}

pub(super) struct Entry {
    pub(super) item: Item,
    pub(super) file: usize,
    /// Of its name, and the first and the last of all of it.
    pub(super) line: u32,
    pub(super) lines: [u32; 2],
    pub(super) module: usize,
    pub(super) group: Option<usize>,
    /// The place among all items of the function around it.
    pub(super) outer: Option<usize>,
    pub(super) mentions: Mentions,
    /// Of a tracked function: what its signature mentions.
    pub(super) signature: Option<Mentions>,
    pub(super) is_compiled: bool,
}

impl<'a> Index<'a> {
    pub(super) fn new(
        sources: &'a Sources,
        compilation: &Compilation,
        also_ignored: &[String],
        has_logs: bool,
    ) -> Self {
        let root = compilation
            .root
            .file_name()
            .unwrap_or_default()
            .to_string_lossy();
        let mut index = Index {
            names: Names::default(),
            files: attached(sources, &root),
            modules: Vec::new(),
            groups: Vec::new(),
            items: Vec::new(),
            root: None,
            unplaced: None,
        };
        index.root = index.files.iter().position(|file| file.name == root);
        let parsed: Vec<Parsed> = index
            .files
            .iter()
            .map(|file| items::parse(file.lexed, &mut index.names))
            .collect();
        let places = index.modules(&parsed, &root, compilation);
        index.take(parsed, &places, compilation);
        let crates = strange::crates(compilation);
        let derives = strange::derives(&index, &crates, compilation);
        let ignored = index.ignored(also_ignored, has_logs);
        let ignored = ignored.with_strange(crates, derives);
        index.look(&ignored);
        index.set_unplaced();
        index
    }

    /// The item in whose body another one stands, also as part of a block or a module.
    pub(super) fn around(&self, entry: &Entry) -> Option<usize> {
        let of_group = || self.groups[entry.group?].outer;
        let of_module = || {
            let mut module = entry.module;
            for _ in 0..self.modules.len() {
                let at = &self.modules[module];
                if at.outer.is_some() {
                    return at.outer;
                }
                module = at.parent?;
            }
            None
        };
        entry.outer.or_else(of_group).or_else(of_module)
    }

    /// Puts the modules of all files into one tree; gives the place of the first of each file.
    fn modules(&mut self, parsed: &[Parsed], root: &str, compilation: &Compilation) -> Vec<usize> {
        let mut starts = Vec::new();
        for (file, found) in parsed.iter().enumerate() {
            let start = self.modules.len();
            starts.push(start);
            let lexed = self.files[file].lexed;
            for module in &found.modules {
                let is_compiled = |span| !cfgs::leaves_out(lexed, span, compilation);
                self.modules.push(Module {
                    name: module.name,
                    parent: module.parent.map(|parent| start + parent),
                    parents: module
                        .parent
                        .map(|parent| start + parent)
                        .into_iter()
                        .collect(),
                    is_included: false,
                    file,
                    place: module.place,
                    outer: module.outer,
                    mentions: Mentions::default(),
                    attributes: module.attributes.clone(),
                    is_compiled: module.attributes.iter().all(is_compiled),
                });
            }
        }
        let places = Places::new(self, compilation.folder());
        for (file, found) in parsed.iter().enumerate() {
            let declared = found.modules.iter().enumerate();
            for (nth, module) in declared.filter(|(_, module)| module.is_elsewhere) {
                let lexed = self.files[file].lexed;
                for name in self.names_of_file(file, found, nth, root) {
                    let Some(to) = places.find(&name) else {
                        continue;
                    };
                    let leaves_out = |span| cfgs::leaves_out(lexed, span, compilation);
                    let is_compiled = !module.attributes.iter().any(leaves_out);
                    let placed = &mut self.modules[starts[to]];
                    if to == file {
                        continue;
                    }
                    placed.stands_in(starts[file] + nth);
                    // The one that is compiled, where a file is declared twice.
                    if is_compiled {
                        placed.parent = Some(starts[file] + nth);
                    }
                }
            }
        }
        self.place_included(parsed, &starts, &places);
        self.leave_out_modules();
        starts
    }

    /// The names that the file of a `mod name;` may have.
    fn names_of_file(&self, file: usize, found: &Parsed, nth: usize, root: &str) -> Vec<String> {
        let Source {
            name: own, lexed, ..
        } = &self.files[file];
        let mut inline = Vec::new();
        let mut parent = found.modules[nth].parent;
        // The folder that a module in this file is said to have, instead of those around it.
        let mut folders = Vec::new();
        while let Some(place) = parent.filter(|_| folders.is_empty()) {
            let module = &found.modules[place];
            folders = paths(lexed, &module.attributes);
            if folders.is_empty() {
                inline.extend(module.name.map(|name| self.names.print(name)));
            }
            parent = module.parent;
        }
        inline.reverse();
        let (folder, last) = own.rsplit_once('/').unwrap_or(("", own));
        let is_at_home = last == "mod.rs" || *own == root;
        let stem = last.strip_suffix(".rs").unwrap_or(last);
        let own_folder = match is_at_home {
            true => folder.to_owned(),
            false => format!("{folder}/{stem}"),
        };
        let has_folder = !folders.is_empty();
        let starts = match has_folder {
            // Around it there may be others: both places that it may count from.
            true => folders
                .iter()
                .flat_map(|name| {
                    [folder, own_folder.as_str()].map(|from| beside(&format!("{from}/x"), name))
                })
                .collect(),
            false => vec![own_folder],
        };
        let below = |start: &String| [std::slice::from_ref(start), &inline].concat().join("/");
        let bases: Vec<String> = starts.iter().map(below).collect();
        let name = found.modules[nth].name.map(|name| self.names.print(name));
        let name = name.unwrap_or_default();
        let mut names = Vec::new();
        for path in paths(lexed, &found.modules[nth].attributes) {
            match inline.is_empty() && !has_folder {
                true => names.push(beside(own, &path)),
                false => {
                    names.extend(bases.iter().map(|base| beside(&format!("{base}/x"), &path)));
                }
            }
        }
        if names.is_empty() {
            for base in bases {
                let here = format!("{base}/x");
                names.push(beside(&here, &format!("{name}.rs")));
                names.push(beside(&here, &format!("{name}/mod.rs")));
            }
        }
        names
    }

    /// What is in a module that is not compiled is not, either.
    fn leave_out_modules(&mut self) {
        let mut has_changed = true;
        while has_changed {
            has_changed = false;
            for module in 0..self.modules.len() {
                let at = &self.modules[module];
                let mut around = at.parents.iter();
                let is_out =
                    around.len() > 0 && around.all(|parent| !self.modules[*parent].is_compiled);
                has_changed |= is_out && at.is_compiled;
                self.modules[module].is_compiled &= !is_out;
            }
        }
    }

    fn take(&mut self, parsed: Vec<Parsed>, starts: &[usize], compilation: &Compilation) {
        for (file, found) in parsed.into_iter().enumerate() {
            let lexed = self.files[file].lexed;
            let (first_group, first_item) = (self.groups.len(), self.items.len());
            let start = starts[file];
            for module in &mut self.modules[start..start + found.modules.len()] {
                module.outer = module.outer.map(|outer| first_item + outer);
            }
            for group in found.groups {
                let module = start + group.module;
                self.groups.push(Block {
                    is_compiled: self.modules[module].is_compiled
                        && !cfgs::leaves_out(lexed, &group.attributes, compilation),
                    outer: group.outer.map(|outer| first_item + outer),
                    group,
                    file,
                    module,
                    mentions: Mentions::default(),
                });
            }
            let lines = lines(lexed, &found.items);
            for (item, [line, first, last]) in found.items.into_iter().zip(lines) {
                let module = start + item.module;
                let group = item.group.map(|group| first_group + group);
                let outer = item.outer.map(|outer| first_item + outer);
                let is_compiled = self.modules[module].is_compiled
                    && outer.is_none_or(|outer| self.items[outer].is_compiled)
                    && group.is_none_or(|group| self.groups[group].is_compiled)
                    && !cfgs::leaves_out(lexed, &item.attributes, compilation);
                self.items.push(Entry {
                    item,
                    file,
                    line,
                    lines: [first, last],
                    module,
                    group,
                    outer,
                    mentions: Mentions::default(),
                    signature: None,
                    is_compiled,
                });
            }
        }
    }

    fn ignored(&mut self, also: &[String], has_logs: bool) -> Ignored {
        let mut others: HashSet<Name> = HashSet::new();
        for entry in self.items.iter().filter(|entry| entry.is_compiled) {
            let import = entry.item.import.as_ref();
            let root = import.and_then(|import| import.path.first());
            let of_logs = root.is_some_and(|root| {
                matches!(
                    self.names.text(*root),
                    b"log" | b"tracing" | b"std" | b"core"
                )
            });
            if matches!(entry.item.kind, Kind::Macro | Kind::Import) && !of_logs {
                others.extend(entry.item.name);
            }
        }
        let names = &self.names;
        let is_other = |name: &[u8]| names.get(name).is_some_and(|name| others.contains(&name));
        let own = self
            .items
            .iter()
            .filter(|entry| entry.item.kind == Kind::Macro);
        let own = own.filter_map(|entry| entry.item.name);
        let own = own.map(|name| names.text(name).to_vec()).collect();
        Ignored::new(also, has_logs, is_other)
            .with_own(own)
            .with_shown(self.shown())
    }

    /// The macros that mention `stringify`, or others that do.
    fn shown(&self) -> HashSet<Vec<u8>> {
        let macros = self
            .items
            .iter()
            .filter(|entry| entry.item.kind == Kind::Macro);
        let words: Vec<(&[u8], HashSet<&[u8]>)> = macros
            .filter_map(|entry| {
                let lexed = self.files[entry.file].lexed;
                let words = entry.item.span.clone();
                let words = words.filter_map(|place| lexed.name(place)).collect();
                Some((lexed.name(entry.item.place)?, words))
            })
            .collect();
        let mut found: HashSet<&[u8]> = HashSet::new();
        loop {
            let before = found.len();
            for (name, words) in &words {
                if words.contains(b"stringify".as_slice())
                    || words.iter().any(|word| found.contains(word))
                {
                    found.insert(name);
                }
            }
            if found.len() == before {
                return found.into_iter().map(<[u8]>::to_vec).collect();
            }
        }
    }

    /// Looks at all that is compiled.
    fn look(&mut self, ignored: &Ignored) {
        let Index {
            names,
            files,
            modules,
            groups,
            items,
            ..
        } = self;
        for module in modules {
            let lexed = files[module.file].lexed;
            let spans: Vec<Span> = module
                .attributes
                .iter()
                .flat_map(|span| effects(lexed, span))
                .collect();
            module.mentions = look(lexed, &spans, None, &[], ignored, names);
        }
        for block in groups.iter_mut().filter(|block| block.is_compiled) {
            let lexed = files[block.file].lexed;
            let (parameters, _) = parameters(lexed, block.group.names);
            let header = std::slice::from_ref(&block.group.header);
            block.mentions = look(lexed, header, None, &parameters, ignored, names);
        }
        let tracked = tracked(items, names);
        for entry in items.iter_mut().filter(|entry| entry.is_compiled) {
            let lexed = files[entry.file].lexed;
            let item = &entry.item;
            let block = entry.group.map(|group| &groups[group]);
            let header = block.map_or(Vec::new(), |block| match block.group.declared {
                _ if item.kind == Kind::Trait => Vec::new(),
                // A method does not reach all of its trait.
                Some(_) => {
                    let rest = block.group.names..block.group.header.end;
                    vec![block.group.attributes.clone(), rest]
                }
                None => vec![block.group.header.clone()],
            });
            let with = |span: Span| [header.as_slice(), &[span]].concat();
            // An import is looked at name by name.
            let span = match item.kind {
                Kind::Import => item.attributes.clone(),
                _ => item.span.clone(),
            };
            let of_block = block.map(|block| parameters(lexed, block.group.names).0);
            let mut hidden = of_block.unwrap_or_default();
            hidden.extend(parameters(lexed, item.place + 1).0);
            // What a macro declares may call itself by the names that it is given.
            let own = Some(item.place).filter(|_| item.kind != Kind::MacroCall);
            entry.mentions = look(lexed, &with(span), own, &hidden, ignored, names);
            let marked = |span: &Span| {
                has_attribute(lexed, span, |name| {
                    tracked.iter().any(|known| known == name)
                })
            };
            let untracked = |span: &Span| has_attribute(lexed, span, |name| name == b"untracked");
            let is_tracked = matches!(item.kind, Kind::Function | Kind::Method)
                && (marked(&item.attributes)
                    || block.is_some_and(|block| marked(&block.group.attributes))
                        && !untracked(&item.attributes));
            if let (true, Some(body)) = (is_tracked, item.body) {
                let signature = item.attributes.end..body;
                entry.signature = Some(look(lexed, &with(signature), own, &hidden, ignored, names));
            }
        }
    }
}

/// The files or folders that attributes of a module name.
fn paths(lexed: &Lexed, attributes: &[Span]) -> Vec<String> {
    let places = attributes.iter().flat_map(Span::clone);
    let places = places.filter(|place| {
        lexed.is_word(*place, b"path") && lexed.kind(place + 2) == Some(Token::Text)
    });
    places.map(|place| text(lexed, place + 2)).collect()
}

/// The names under which `#[tracked]` is known.
fn tracked(items: &[Entry], names: &Names) -> Vec<Vec<u8>> {
    let mut found = vec![b"tracked".to_vec()];
    for import in items.iter().filter_map(|entry| entry.item.import.as_ref()) {
        let last = import.path.last().map(|name| names.text(*name));
        if let (Brings::Renamed(name), Some(b"tracked")) = (import.what, last) {
            found.push(names.text(name).to_vec());
        }
    }
    found
}

/// The attributes of a module that say more than where its file is.
fn effects(lexed: &Lexed, span: &Span) -> Vec<Span> {
    let all = attributes(lexed, span).into_iter();
    let with_effect = all.filter(|inside| {
        let name = lexed.name(inside.start).unwrap_or_default();
        name != b"path" && !super::cosmetic::is_without_effect(name)
    });
    // With their brackets.
    with_effect
        .map(|inside| inside.start - 2..inside.end + 1)
        .collect()
}

/// The lines of the name, the beginning and the end of each item.
fn lines(lexed: &Lexed, items: &[Item]) -> Vec<[u32; 3]> {
    let places = items.iter().enumerate().flat_map(|(nth, item)| {
        let last = item.span.end.saturating_sub(1);
        [
            (item.place, nth, 0),
            (item.span.start, nth, 1),
            (last, nth, 2),
        ]
    });
    let mut places: Vec<(usize, usize, usize)> = places.collect();
    places.sort_unstable();
    let lines = lexed.lines(places.iter().map(|(place, ..)| *place));
    let mut found = vec![[0; 3]; items.len()];
    for ((_, nth, which), line) in places.into_iter().zip(lines) {
        found[nth][which] = line;
    }
    found
}
