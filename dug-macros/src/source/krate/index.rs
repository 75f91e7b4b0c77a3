//! All items of the crate that is compiled: which module each stands in, whether it
//! is compiled at all, and what it mentions.

use super::attached::attached;
use super::cfgs;
use super::hiding::Hiding;
use super::tracked::{Mark, Tracked, has_unknown, is_stripped};
use crate::source::cargo::compilation::Compilation;
use crate::source::files::sources::Sources;
use crate::source::macros::attributes::{are_seen, is_without_effect};
use crate::source::macros::origins::{Crates, Origins};
use crate::source::meaning::cosmetic::Ignored;
use crate::source::meaning::mentions::{Mentions, look};
use crate::source::syntax::attributes::{attributes, has_attribute, word};
use crate::source::syntax::items::{Group, Item, Kind, Parsed};
use crate::source::syntax::parser;
use crate::source::text::lexer::{Lexed, Span};
use crate::source::text::names::{Name, Names};
use std::collections::HashSet;
use std::path::PathBuf;

pub(crate) struct Index<'a> {
    pub(crate) names: Names,
    pub(crate) files: Vec<Source<'a>>,
    /// Whether there are others that a macro may declare.
    has_left: bool,
    pub(crate) modules: Vec<Module>,
    pub(crate) groups: Vec<Block>,
    pub(crate) items: Vec<Entry>,
    /// The place of the root's file.
    pub(super) root: Option<usize>,
    /// The module of the root.
    pub(super) top: Option<usize>,
    pub(crate) origins: Origins,
    /// The names that the compiler is given for other crates.
    pub(super) externs: HashSet<Name>,
    /// What may say where files stand of which it is not known.
    pub(super) unplaced: Option<String>,
}

/// A source file that belongs to the crate.
pub(crate) struct Source<'a> {
    pub(crate) name: &'a str,
    pub(crate) path: PathBuf,
    pub(crate) lexed: &'a Lexed,
}

pub(crate) struct Module {
    pub(crate) name: Option<Name>,
    pub(crate) parent: Option<usize>,
    /// All that it stands in: a file may be declared, or included, more than once.
    pub(crate) parents: Vec<usize>,
    /// Whether it is the first of a file that is included in another one.
    pub(crate) is_included: bool,
    /// Whether that is, also, where no items stand.
    pub(super) is_part: bool,
    /// Whether its file may be included in others than those that are known.
    pub(super) is_anywhere: bool,
    pub(crate) file: usize,
    /// The token that is its name, where it is declared.
    pub(crate) place: usize,
    pub(crate) mentions: Mentions,
    /// The place among all items of the function around it.
    pub(crate) outer: Option<usize>,
    /// Its attributes, in its file.
    pub(crate) attributes: Vec<Span>,
    pub(crate) is_compiled: bool,
}

pub(crate) struct Block {
    pub(crate) group: Group,
    pub(crate) file: usize,
    pub(crate) module: usize,
    /// The place among all items of the function around it.
    pub(crate) outer: Option<usize>,
    pub(crate) mentions: Mentions,
    pub(crate) is_compiled: bool,
}

pub(crate) struct Entry {
    pub(crate) item: Item,
    pub(crate) file: usize,
    /// Of its name, and the first and the last of all of it.
    pub(crate) line: u32,
    pub(crate) lines: [u32; 2],
    pub(crate) module: usize,
    pub(crate) group: Option<usize>,
    /// The place among all items of the function around it.
    pub(crate) outer: Option<usize>,
    pub(crate) mentions: Mentions,
    /// Of a tracked function: what its signature mentions.
    pub(crate) signature: Option<Mentions>,
    /// Whether it is certain that its body is tracked, and not only called so.
    pub(crate) is_tracked: bool,
    /// Whether it calls a macro that only has the name of one of which something is known.
    pub(crate) is_other: bool,
    pub(crate) is_compiled: bool,
}

impl<'a> Index<'a> {
    pub(crate) fn new(
        sources: &'a Sources,
        compilation: &Compilation,
        also_ignored: &[String],
        crates: &Crates,
    ) -> Self {
        let mut index = Index::of_items(sources, compilation, false);
        let mut ignored = index.ignored(also_ignored, crates, compilation);
        if index.has_left && index.may_declare_modules(&mut ignored.origins) {
            index = Index::of_items(sources, compilation, true);
            ignored = index.ignored(also_ignored, crates, compilation);
        }
        index.look(&mut ignored);
        index.origins = ignored.origins;
        index.set_unplaced();
        index
    }

    /// All items, before what they mention is looked at; `with_left`, also those of files that only
    /// a macro may declare.
    pub(super) fn of_items(
        sources: &'a Sources,
        compilation: &Compilation,
        with_left: bool,
    ) -> Self {
        let root = compilation
            .root
            .file_name()
            .unwrap_or_default()
            .to_string_lossy();
        let (files, has_left) = attached(sources, &root, with_left);
        let mut index = Index {
            names: Names::default(),
            files,
            has_left,
            modules: Vec::new(),
            groups: Vec::new(),
            items: Vec::new(),
            root: None,
            top: None,
            origins: Origins::default(),
            externs: HashSet::new(),
            unplaced: None,
        };
        index.root = index.files.iter().position(|file| file.name == root);
        // What macros make may name any crate.
        for (name, _) in &compilation.externs {
            let name = index.names.add(name.as_bytes());
            index.externs.insert(name);
        }
        let mut parsed: Vec<Parsed> = index
            .files
            .iter()
            .map(|file| parser::parse(file.lexed, &mut index.names))
            .collect();
        let places = index.modules(&parsed, &root, compilation);
        index.add_included(&mut parsed, &places);
        index.take(parsed, &places, compilation);
        index
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
                    is_tracked: false,
                    is_other: false,
                    is_compiled,
                });
            }
        }
    }

    /// Whether a macro, derive or attribute of which nothing is known stands among the items.
    fn may_declare_modules(&self, origins: &mut Origins) -> bool {
        self.items.iter().any(|entry| {
            origins.enter(entry.module);
            let (lexed, place) = (self.files[entry.file].lexed, entry.item.place);
            let is_known = || origins.is_own(lexed, place) || origins.is_known_macro(lexed, place);
            are_seen(lexed, entry.item.attributes.clone(), origins)
                || (entry.item.kind == Kind::MacroCall && !is_known())
        }) || self.groups.iter().any(|block| {
            origins.enter(block.module);
            let attributes = block.group.attributes.clone();
            are_seen(self.files[block.file].lexed, attributes, origins)
        }) || self.modules.iter().enumerate().any(|(nth, module)| {
            origins.enter(nth);
            let lexed = self.files[module.file].lexed;
            let mut all = module.attributes.iter();
            all.any(|span| are_seen(lexed, span.clone(), origins))
        })
    }

    pub(super) fn ignored(
        &self,
        also: &[String],
        crates: &Crates,
        compilation: &Compilation,
    ) -> Ignored {
        let names = &self.names;
        let own = self
            .items
            .iter()
            .filter(|entry| entry.item.kind == Kind::Macro);
        let own = own.filter_map(|entry| entry.item.name);
        let own = own.map(|name| names.text(name).to_vec()).collect();
        let origins = Origins::new(self, crates, compilation);
        let shown = self.shown(&origins);
        Ignored::new(also, origins).with_own(own).with_shown(shown)
    }

    /// The macros that mention `stringify`, or others that do.
    fn shown(&self, origins: &Origins) -> HashSet<Vec<u8>> {
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
        // It may be given to any.
        let is_given = |entry: &Entry| {
            let lexed = self.files[entry.file].lexed;
            let is_it = |place: usize| lexed.name(place).map(|name| origins.builtin(name));
            entry.item.kind != Kind::Import
                && entry.item.span.clone().any(|place| {
                    is_it(place) == Some(b"stringify") && lexed.sign(place + 1) != b'!'
                })
        };
        if self.items.iter().any(is_given) {
            found.extend(words.iter().map(|(name, _)| *name));
        }
        loop {
            let before = found.len();
            for (name, words) in &words {
                let mut words = words.iter();
                if words.any(|word| origins.builtin(word) == b"stringify" || found.contains(word)) {
                    found.insert(name);
                }
            }
            if found.len() == before {
                return found.into_iter().map(<[u8]>::to_vec).collect();
            }
        }
    }

    /// Looks at all that is compiled.
    fn look(&mut self, ignored: &mut Ignored) {
        let Index {
            names,
            files,
            modules,
            groups,
            items,
            ..
        } = self;
        let hiding = Hiding::new(files, items, names);
        for (nth, module) in modules.iter_mut().enumerate() {
            ignored.origins.enter(nth);
            let lexed = files[module.file].lexed;
            let spans = module.seen(lexed, &ignored.origins);
            module.mentions = look(lexed, &spans, None, &[], ignored, names);
        }
        for block in groups.iter_mut().filter(|block| block.is_compiled) {
            let lexed = files[block.file].lexed;
            ignored.origins.enter(block.module);
            let hidden = hiding.hidden(lexed, [block.group.names]);
            let seen = block.seen(lexed, &ignored.origins);
            block.mentions = look(lexed, &[seen], None, &hidden, ignored, names);
        }
        let tracked = Tracked::new(items, names);
        for entry in items.iter_mut().filter(|entry| entry.is_compiled) {
            let lexed = files[entry.file].lexed;
            let item = &entry.item;
            match item.kind == Kind::Included && modules[entry.module].is_anywhere {
                true => ignored.origins.leave(),
                false => ignored.origins.enter(entry.module),
            }
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
            let attributes = item.attributes.clone();
            let span = match item.kind {
                Kind::Import if !are_seen(lexed, attributes.clone(), &ignored.origins) => {
                    attributes
                }
                _ => item.span.clone(),
            };
            let declared = block.map(|block| block.group.names);
            let hidden = hiding.hidden(lexed, declared.into_iter().chain([item.place + 1]));
            // What a macro declares may call itself by the names that it is given.
            let own =
                Some(item.place).filter(|_| !matches!(item.kind, Kind::MacroCall | Kind::Included));
            entry.mentions = look(lexed, &with(span), own, &hidden, ignored, names);
            let origins = &ignored.origins;
            entry.is_other = item.kind == Kind::MacroCall && origins.is_other(lexed, item.place);
            let marked = |span: &Span| tracked.marks(lexed, span, origins);
            let untracked = |span: &Span| has_attribute(lexed, span, |name| name == b"untracked");
            let of_block = block.filter(|_| !untracked(&item.attributes));
            let marks = [
                marked(&item.attributes),
                of_block.map_or(Mark::None, |block| marked(&block.group.attributes)),
            ];
            let is_tracked = matches!(item.kind, Kind::Function | Kind::Method)
                && marks.iter().any(|mark| *mark != Mark::None);
            entry.is_tracked = marks.contains(&Mark::Certain)
                && !marks.contains(&Mark::Perhaps)
                && !is_stripped(entry.module, modules)
                && !block.is_some_and(|block| has_unknown(lexed, &block.group.attributes, origins))
                && !has_unknown(lexed, &item.attributes, origins);
            if let (true, Some(body)) = (is_tracked, item.body) {
                let signature = item.attributes.end..body;
                entry.signature = Some(look(lexed, &with(signature), own, &hidden, ignored, names));
            }
        }
    }
}

impl Module {
    /// What its items depend on: the attributes that say more than where its file is; all of it,
    /// where one of them may see that.
    pub(super) fn seen(&self, lexed: &Lexed, origins: &Origins) -> Vec<Span> {
        let mut spans = self.attributes.iter();
        let open = self.place + 1;
        if self.name.is_some()
            && lexed.sign(open) == b'{'
            && spans.any(|span| are_seen(lexed, span.clone(), origins))
        {
            return std::iter::once(self.attributes[0].start..lexed.after(open)).collect();
        }
        let all = self.attributes.iter();
        let all = all.flat_map(|span| attributes(lexed, span));
        let with_effect = all.filter(|inside| {
            word(lexed, inside) != Some(b"path") && !is_without_effect(lexed, inside, origins)
        });
        // With their brackets.
        with_effect
            .map(|inside| inside.start - 2..inside.end + 1)
            .collect()
    }
}

impl Block {
    /// What its members depend on: the header; all of it, where an attribute may see that.
    pub(super) fn seen(&self, lexed: &Lexed, origins: &Origins) -> Span {
        let Group {
            header, attributes, ..
        } = &self.group;
        match lexed.is_open(header.end) && are_seen(lexed, attributes.clone(), origins) {
            true => header.start..lexed.after(header.end),
            false => header.clone(),
        }
    }
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
