//! What macros of other crates bring with them where they are used: what their sources say of
//! names, files, variables and `cfg`s. Of one whose sources are not found nothing is known: it
//! may mean anything in the crate.

use super::graph::Place;
use super::rules::Reach;
use crate::source::dependencies::packages::Packages;
use crate::source::krate::macros::Class;
use crate::source::macros::known;
use crate::source::macros::library::Says;
use crate::source::meaning::mentions::{Given, Mentions, UNKNOWN};
use crate::source::syntax::paths::{From, Root};
use crate::source::syntax::read::Read;
use crate::source::text::names::{Name, words};
use std::collections::{BTreeSet, HashSet};
use std::rc::Rc;

impl Reach<'_> {
    /// The macros of other crates that this calls.
    pub(super) fn mention_abroad(&mut self, place: Place, mentions: &Mentions) {
        for Given { called, .. } in &mentions.given {
            if self.may_be_abroad(*called, mentions)
                || self.macros.class(*called, self.index) == Class::Any
            {
                let node = self.macro_abroad(*called);
                self.graph.connect(place, node);
            }
        }
        // Of an attribute, some word is the macro, or one that a macro looks at.
        let mut is_known = mentions.marks.is_empty();
        for &name in &mentions.marks {
            let text = self.index.names.text(name);
            if self.packages.declares(text) {
                is_known = true;
                let node = self.macro_abroad(name);
                self.graph.connect(place, node);
            }
        }
        let is_inert =
            |packages: &mut Packages, name: Name| packages.is_inert(self.index.names.text(name));
        is_known = is_known || {
            let mut marks = mentions.marks.iter();
            marks.any(|name| is_inert(self.packages, *name))
        };
        if !is_known && mentions.is_marked {
            let node = self.everything();
            self.graph.connect(place, node);
        }
    }

    /// Whether a macro that is called may be another crate's, if one of this crate has that name.
    pub(super) fn may_be_abroad(&mut self, called: Name, mentions: &Mentions) -> bool {
        let by_path =
            |(root, name): &(Name, Name)| *name == called && self.crates.contains_key(root);
        let is_by_path = mentions.by_path.iter().any(by_path);
        match self.macros.has(called) {
            true => is_by_path || self.is_imported(called),
            false => self.macros.class(called, self.index) == Class::Any,
        }
    }

    /// Whether something of this name is imported from another crate.
    fn is_imported(&mut self, name: Name) -> bool {
        if let Some(known) = self.imported.get(&name) {
            return *known;
        }
        let mut imports = self.index.items.iter().filter_map(|entry| {
            let import = entry.item.import.as_ref();
            import.filter(|_| entry.item.name == Some(name))
        });
        let found = imports.any(|import| {
            let root = import.path.first();
            root.is_some_and(|root| self.crates.contains_key(root))
        });
        self.imported.insert(name, found);
        found
    }

    /// What a macro of this name may say.
    pub(super) fn macro_abroad(&mut self, called: Name) -> Place {
        if let Some(place) = self.abroad.get(&called) {
            return *place;
        }
        let node = self.graph.add_inner();
        self.abroad.insert(called, node);
        match self.said_abroad(called) {
            Some(says) => self.connect_says(node, &says),
            None => {
                let all = self.everything();
                self.graph.connect(node, all);
            }
        }
        node
    }

    /// The same in words; `None`: anything. With the names that it was imported by.
    pub(super) fn said_abroad(&mut self, called: Name) -> Option<Rc<Says>> {
        if let Some(known) = self.said.get(&called) {
            return known.clone();
        }
        let said = self.says(called).map(Rc::new);
        self.said.insert(called, said.clone());
        said
    }

    fn says(&mut self, called: Name) -> Option<Says> {
        let index = self.index;
        let text = |name: &Name| index.names.text(*name);
        // The names that it has where it is declared. Of what is called without being imported, those
        // that say nothing have the name for certain.
        let mut names = BTreeSet::from([text(&called).to_vec()]);
        let mut is_found = known::says_nothing(text(&called));
        let mut is_other = text(&called) == UNKNOWN;
        for entry in &index.items {
            if let (Some(import), true) = (&entry.item.import, entry.item.name == Some(called))
                && let [root, .., last] = &import.path[..]
            {
                names.insert(text(last).to_vec());
                let of = known::of_saying_nothing(text(last));
                is_found |= index.origins.is_root_of(text(root), &of);
                is_other |= match known::says_nothing(text(last)) {
                    true => !index.origins.is_root_of(text(root), &of),
                    false => self.crates.contains_key(root) && !self.packages.declares(text(last)),
                };
            }
        }
        let mut says = Some(Says::default()).filter(|_| !is_other);
        for name in &names {
            // Under one of its names it is found.
            if is_other || known::says_nothing(name) || !self.packages.declares(name) {
                continue;
            }
            is_found = true;
            let more = self.packages.says(name);
            says = says.zip(more).map(|(mut says, more)| {
                says.extend(&more);
                says
            });
        }
        says.filter(|_| is_found)
    }

    fn connect_says(&mut self, node: Place, says: &Says) {
        let names = says.names.iter();
        let mut names: Vec<Name> = names
            .filter_map(|text| self.index.names.get(text))
            .collect();
        if says.makes_names {
            names.extend(self.made_of(says));
        }
        // A macro of this crate may have the name of one of the standard library that is called.
        let calls = says.calls.iter();
        let calls = calls.filter_map(|text| self.index.names.get(text));
        names.extend(calls.filter(|name| self.macros.has(*name)));
        for name in names {
            for to in self.nodes(name).collect::<Vec<_>>() {
                self.graph.connect(node, to);
            }
        }
        for next in &says.roots {
            let from = match next.is_empty() {
                true => From::Anywhere,
                false => From::Crate,
            };
            let next = self.index.names.get(next);
            self.connect_root(node, 0, Root { from, next });
        }
        for read in &says.reads {
            self.read_anywhere(node, read);
        }
        // Their names may be put together from what both crates say.
        if says.reads.contains(&Read::Variables) {
            let words = says.names.iter();
            let words = words.map(|word| String::from_utf8_lossy(word).into_owned());
            for variable in self.reads.variables(words) {
                self.read_anywhere(node, &Read::Environment(variable));
            }
        }
    }

    /// The names of this crate all of whose words a macro of another one says.
    pub(super) fn made_of(&self, says: &Says) -> Vec<Name> {
        let in_words = |name: &[u8]| {
            let words = words(name).into_iter();
            let words = words.map(|word| {
                let is_digit = |byte: &u8| byte.is_ascii_digit();
                word.iter()
                    .copied()
                    .take_while(|byte| !is_digit(byte))
                    .collect::<Vec<u8>>()
            });
            words.filter(|word| !word.is_empty()).collect::<Vec<_>>()
        };
        let said: HashSet<Vec<u8>> = says.names.iter().flat_map(|name| in_words(name)).collect();
        let all = (0..self.named.len()).filter_map(|nth| Name::try_from(nth).ok());
        let is_made = |name: &Name| {
            let nth = *name as usize;
            let is_declared = !self.named[nth].is_empty() || !self.members[nth].is_empty();
            let is_said = |word: &Vec<u8>| said.contains(word);
            is_declared && in_words(self.index.names.text(*name)).iter().all(is_said)
        };
        all.filter(is_made).collect()
    }

    /// What is read beside any file.
    pub(super) fn read_anywhere(&mut self, node: Place, read: &Read) {
        let mut folders = BTreeSet::new();
        for file in 0..self.index.files.len() {
            let folder = self.index.files[file].path.parent();
            if folders.insert(folder.map(std::path::Path::to_owned)) {
                self.read(node, file, read);
            }
            // What does not depend on where it is read is read once.
            if !read.is_beside() {
                break;
            }
        }
    }

    /// All that a macro may mean of which nothing is known.
    pub(super) fn everything(&mut self) -> Place {
        if let Some(place) = self.everything {
            return place;
        }
        let node = self.graph.add_inner();
        self.everything = Some(node);
        for nth in 0..self.index.items.len() {
            if self.index.items[nth].is_compiled {
                let reached = self.reached_as(nth);
                self.graph.connect(node, reached);
            }
        }
        for nth in 0..self.groups.len() {
            self.graph.connect(node, self.groups[nth]);
        }
        let crates: BTreeSet<Name> = self.crates.keys().copied().collect();
        for name in crates {
            if let Some(krate) = self.name_node(name) {
                self.graph.connect(node, krate);
            }
        }
        let variables = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
        let of_package = variables.filter(|name| name.starts_with("CARGO_PKG_"));
        let mut reads: BTreeSet<Read> = of_package.map(Read::Environment).collect();
        reads.insert(Read::Cfg("debug_assertions".to_owned()));
        reads.insert(Read::Cfg("target_feature".to_owned()));
        let cfgs = self.reads.cfgs();
        reads.extend(cfgs.into_iter().map(Read::Cfg));
        reads.insert(Read::Unknown);
        for read in reads {
            self.read_anywhere(node, &read);
        }
        node
    }
}
