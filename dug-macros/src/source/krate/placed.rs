//! Where files stand in a crate: in which module each is, by `mod` or `include!`.

use super::cfgs;
use super::index::{Index, Module};
use crate::source::cargo::compilation::Compilation;
use crate::source::files::named::by_variable;
use crate::source::files::named::is_code;
use crate::source::files::sources::{GENERATED, beside};
use crate::source::macros::known;
use crate::source::syntax::items::{Item, Kind, Parsed};
use crate::source::syntax::read::{Read, included};
use crate::source::text::lexer::{Kind as Token, Lexed};
use crate::source::text::literals::text;
use crate::source::text::names::Name;
use blake3::Hasher;
use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The files of a crate, by the names that others call them.
pub(super) struct Places {
    by_name: BTreeMap<String, usize>,
    by_path: BTreeMap<PathBuf, usize>,
    /// The folder of the root.
    folder: PathBuf,
}

impl Places {
    pub(super) fn new(index: &Index, folder: &Path) -> Self {
        let all = || index.files.iter().enumerate();
        Places {
            by_name: all()
                .map(|(nth, file)| (file.name.to_owned(), nth))
                .collect(),
            by_path: all()
                .filter_map(|(nth, file)| Some((fs::canonicalize(&file.path).ok()?, nth)))
                .collect(),
            folder: folder.to_owned(),
        }
    }

    /// The file of this name; one may have others, through folders and links.
    pub(super) fn find(&self, name: &str) -> Option<usize> {
        if let Some(nth) = self.by_name.get(name) {
            return Some(*nth);
        }
        let path = fs::canonicalize(self.folder.join(name)).ok()?;
        self.by_path.get(&path).copied()
    }

    fn included(&self, own: &str, read: &Read) -> Option<usize> {
        match read {
            Read::File(None, name) => self.find(&beside(own, name)),
            Read::File(Some(variable), name) => {
                let generated = format!("{GENERATED}{}", name.trim_start_matches('/'));
                let is_generated = variable == "OUT_DIR";
                let known = self.by_name.get(&generated).filter(|_| is_generated);
                let path = by_variable(variable, name);
                let by_path = || self.by_path.get(&fs::canonicalize(path).ok()?).copied();
                known.copied().or_else(by_path)
            }
            _ => None,
        }
    }
}

impl Module {
    /// Says that its items stand in another module.
    pub(super) fn stands_in(&mut self, module: usize) {
        if !self.parents.contains(&module) {
            self.parents.push(module);
        }
        self.parent.get_or_insert(module);
    }
}

/// Where something is included, and in which item.
fn includes<'a>(lexed: &Lexed, found: &'a Parsed) -> Vec<(usize, &'a Item)> {
    let is_include = |place: &usize| {
        lexed.is_word(*place, b"include")
            && lexed.sign(place + 1) == b'!'
            && lexed.is_open(place + 2)
    };
    let innermost = |place: usize| {
        let around = found.items.iter().filter(|item| item.span.contains(&place));
        Some((place, around.min_by_key(|item| item.span.len())?))
    };
    let all = (0..lexed.len()).filter(is_include);
    all.filter_map(innermost).collect()
}

/// Adds the names of code that something else may include: a macro, where it is called.
fn add_others(lexed: &Lexed, found: &Parsed, others: &mut HashSet<String>) {
    let mut known = Vec::new();
    for (place, item) in includes(lexed, found) {
        let inside = lexed.inside(place + 2);
        match item.kind {
            Kind::Macro => {
                if let Some(Read::File(_, name)) = included(lexed, inside) {
                    others.insert(last(&name).to_owned());
                }
            }
            _ => known.push(inside),
        }
    }
    for place in (0..lexed.len()).filter(|place| lexed.kind(*place) == Some(Token::Text)) {
        let text = text(lexed, place);
        if is_code(Path::new(&text)) && !known.iter().any(|span| span.contains(&place)) {
            others.insert(last(&text).to_owned());
        }
    }
}

/// The last part of the name of a file.
fn last(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or_default()
}

impl Index<'_> {
    /// Puts the files that are included into the modules that include them.
    pub(super) fn place_included(
        &mut self,
        parsed: &[Parsed],
        starts: &[usize],
        places: &Places,
        compilation: &Compilation,
    ) {
        let mut others = HashSet::new();
        // What stands alone in a file that is a part is one as well.
        let mut alone: Vec<[usize; 2]> = Vec::new();
        for (file, found) in parsed.iter().enumerate() {
            let (own, lexed) = (self.files[file].name, self.files[file].lexed);
            add_others(lexed, found, &mut others);
            for (place, item) in includes(lexed, found) {
                let read = included(lexed, lexed.inside(place + 2));
                let to = read.and_then(|read| places.included(own, &read));
                let is_out = item.kind == Kind::Macro
                    || cfgs::leaves_out(lexed, &item.attributes, compilation);
                if let Some(to) = to.filter(|to| *to != file && !is_out) {
                    let module = &mut self.modules[starts[to]];
                    module.stands_in(starts[file] + item.module);
                    module.is_included = true;
                    match item.kind == Kind::MacroCall && item.place == place {
                        true => alone.push([starts[file], starts[to]]),
                        false => module.is_part = true,
                    }
                }
            }
        }
        for (file, start) in starts.iter().enumerate() {
            let is_other = others.contains(last(self.files[file].name));
            self.modules[*start].is_anywhere = is_other || self.is_unplaced(*start);
        }
        for _ in 0..alone.len() {
            for &[from, to] in &alone {
                self.modules[to].is_part |= self.modules[from].is_part || self.is_unplaced(from);
            }
        }
    }

    /// A file that is included where no items stand is part of what includes it: one item.
    pub(super) fn add_included(&self, parsed: &mut [Parsed], starts: &[usize]) {
        for (file, found) in parsed.iter_mut().enumerate() {
            let module = &self.modules[starts[file]];
            if module.is_part || self.is_unplaced(starts[file]) {
                found
                    .items
                    .push(Item::included(0..self.files[file].lexed.len()));
            }
        }
    }

    /// The item that is all of a file.
    pub(crate) fn included(&self, file: usize) -> Option<usize> {
        let mut all = self.items.iter();
        all.position(|entry| {
            entry.file == file && entry.item.kind == Kind::Included && entry.is_compiled
        })
    }

    /// Whether it is not known where the file stands whose first module this is.
    pub(super) fn is_unplaced(&self, module: usize) -> bool {
        let at = &self.modules[module];
        at.name.is_none() && at.parents.is_empty() && Some(at.file) != self.root
    }

    /// The names of the modules that lead to this one, from the root on; `None` where that is not known.
    pub(crate) fn modules_to(&self, mut module: usize) -> Option<Vec<Name>> {
        let mut names = Vec::new();
        for _ in 0..self.modules.len() {
            let at = &self.modules[module];
            names.extend(at.name);
            match at.parent {
                Some(parent) => module = parent,
                None if Some(module) == self.top => {
                    names.reverse();
                    return Some(names);
                }
                None => return None,
            }
        }
        None
    }

    /// The path of a module. Of one whose file stands in several, the paths of all; of one of
    /// which it is not known where it stands, the name of its file, and what may say it.
    pub(crate) fn path_of(&self, module: usize) -> String {
        let mut path = String::new();
        self.add_path(module, 0, &mut path);
        path
    }

    fn add_path(&self, module: usize, depth: usize, path: &mut String) {
        let at = &self.modules[module];
        if depth > 100 || path.len() > 10_000 {
            return;
        }
        match at.parents.as_slice() {
            [] if self.is_unplaced(module) => {
                path.push_str(self.files[at.file].name);
                path.push('\0');
                path.push_str(self.unplaced.as_deref().unwrap_or_default());
            }
            [] => {}
            parents => {
                for parent in parents {
                    self.add_path(*parent, depth + 1, path);
                    path.push(';');
                }
            }
        }
        if let Some(name) = at.name {
            path.push_str("::");
            path.push_str(&self.names.print(name));
        }
    }

    /// What may say where a file stands of which nothing is known: calls of macros.
    pub(super) fn set_unplaced(&mut self) {
        let mut all = Vec::new();
        for entry in self.items.iter().filter(|entry| entry.is_compiled) {
            let name = entry.item.name.map(|name| self.names.text(name));
            let is_known = name.is_some_and(|name| name != b"include" && known::is_macro(name));
            if entry.item.kind == Kind::MacroCall && (entry.is_other || !is_known) {
                all.push((self.path_of(entry.module), entry.mentions.digest));
            }
        }
        all.sort();
        let mut hasher = Hasher::new();
        for (path, digest) in all {
            hasher.update(path.as_bytes());
            hasher.update(&digest);
        }
        self.unplaced = Some(hasher.finalize().to_hex().to_string());
    }
}
