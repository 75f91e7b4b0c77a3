//! Which crate a macro, derive or attribute comes from, where that is certain. What is
//! known of one by its name holds only then.
//!
//! The compiler refuses a name that a glob brings in and that an import, another crate,
//! or the standard library gives as well; so a glob can only add names.

use super::known;
use crate::source::syntax::attributes::first_of_path;
use crate::source::text::lexer::Lexed;
use std::collections::{HashMap, HashSet};

/// The crates that sources can name, and what they are: only those of which that is certain.
pub(crate) type Crates = HashMap<String, String>;

pub(crate) const OF_DUG: &[&str] = &["dug", "dug_macros"];

/// Tools whose attributes are for themselves, or for messages.
pub(crate) const TOOLS: &[&str] = &["clippy", "diagnostic", "rustdoc", "rustfmt"];

/// A crate of which something is known; `None` for all others.
pub(crate) type Origin = Option<Vec<u8>>;

#[derive(Debug, Default)]
pub(crate) struct Origins {
    pub(crate) crates: HashMap<Vec<u8>, Vec<u8>>,
    /// The modules of each of the index, as they are declared.
    pub(crate) declared: Vec<Vec<usize>>,
    /// What imports bring in by name: in a module, and in the crate.
    pub(crate) imported: HashMap<(usize, Vec<u8>), Vec<Origin>>,
    pub(crate) all_imported: HashMap<Vec<u8>, Vec<Origin>>,
    /// The crates that modules import by glob.
    pub(crate) globs: HashMap<usize, Vec<Origin>>,
    /// The modules that globs may bring anything into.
    pub(crate) is_open: Vec<bool>,
    /// What `#[macro_use]` brings in.
    pub(crate) used: Vec<Origin>,
    /// What that may hide of the standard library: of crates of which nothing is known. `None` for
    /// anything.
    pub(crate) hidden: Option<HashSet<Vec<u8>>>,
    /// The names of modules.
    pub(crate) modules: HashSet<Vec<u8>>,
    /// The tools whose names nothing else has.
    pub(crate) tools: Vec<&'static str>,
    /// The macros of the crate.
    pub(crate) own: HashSet<Vec<u8>>,
    /// Whether what the standard library has is known without imports everywhere, so that the compiler
    /// refuses globs with such names.
    pub(crate) has_prelude: bool,
    /// Whether macros may declare macros.
    pub(crate) makes_macros: bool,
    /// Other names of the macros of the compiler.
    pub(crate) renamed: HashMap<Vec<u8>, Vec<u8>>,
    /// The modules that what is looked at stands in.
    pub(crate) here: Vec<usize>,
}

impl Origins {
    /// Those of a module that has crates of logs, and a `warn!` of its own.
    #[cfg(test)]
    pub(crate) fn of_logs() -> Self {
        let crates = ["log", "tracing", known::STD].map(|name| name.as_bytes().to_vec());
        Origins {
            crates: crates.clone().into_iter().zip(crates).collect(),
            declared: vec![vec![0]],
            here: vec![0],
            tools: TOOLS.to_vec(),
            has_prelude: true,
            is_open: vec![false],
            hidden: Some(HashSet::new()),
            own: HashSet::from([b"warn".to_vec()]),
            ..Origins::default()
        }
    }

    /// From now on, what is asked about stands in this module.
    pub(crate) fn enter(&mut self, module: usize) {
        self.here.clone_from(&self.declared[module]);
    }

    /// In all of these.
    pub(crate) fn enter_all(&mut self, modules: impl Iterator<Item = usize>) {
        self.here = modules
            .flat_map(|module| self.declared[module].clone())
            .collect();
    }

    /// From now on, nothing is known of where that stands.
    pub(crate) fn leave(&mut self) {
        self.here.clear();
    }

    /// Whether what the path that ends in this word names comes from one of these crates for certain.
    pub(crate) fn comes_from(&self, lexed: &Lexed, last: usize, crates: &[&str]) -> bool {
        let is_one = |origin: &Origin| {
            let of = |name: &&str| origin.as_deref() == Some(name.as_bytes());
            crates.iter().any(of)
        };
        // Without an index nothing is known.
        let Some(name) = lexed.name(last).filter(|_| !self.here.is_empty()) else {
            return false;
        };
        let first = first_of_path(lexed, last);
        if first != last {
            return self.is_root_of(lexed.name(first).unwrap_or_default(), crates);
        }
        if self.own.contains(name) || crates.is_empty() {
            return false;
        }
        let elsewhere = self.all_imported.get(name);
        let is_used =
            |origin: &Origin| is_one(origin) || origin.as_deref().is_some_and(known::is_crate);
        let is_of_all = !self.makes_macros
            && self.used.iter().all(is_used)
            && elsewhere.is_none_or(|all| all.iter().all(is_one));
        let is_hidden = self.hidden.as_ref().is_none_or(|all| all.contains(name));
        self.here.iter().all(|module| {
            if let Some(imported) = self.imported.get(&(*module, name.to_vec())) {
                return imported.iter().all(is_one);
            }
            if crates.contains(&known::STD) {
                return !is_hidden && (self.has_prelude || !self.is_open[*module]);
            }
            // The compiler refuses no other of such a name.
            if crates.contains(&known::HELPER) {
                return !self.is_open[*module] && !is_hidden;
            }
            let globs = self.globs.get(module);
            globs.is_some_and(|globs| globs.iter().any(is_one))
                || (is_of_all && !self.is_open[*module])
        })
    }

    /// Whether the path that begins here is that of a tool for certain.
    pub(super) fn is_of_tool(&self, lexed: &Lexed, first: usize) -> bool {
        let mut tools = self.tools.iter();
        lexed.is_path(first + 1) && tools.any(|tool| lexed.is_word(first, tool.as_bytes()))
    }

    /// Whether paths that begin with this name lead to one of these crates for certain.
    pub(crate) fn is_root_of(&self, root: &[u8], crates: &[&str]) -> bool {
        let origin = self.crates.get(root);
        origin.is_some_and(|origin| crates.iter().any(|name| origin == name.as_bytes()))
    }

    /// The same, where what is known would leave something out: a macro of the crate may hide what
    /// the standard library has.
    pub(crate) fn is_of_std(&self, lexed: &Lexed, last: usize) -> bool {
        let is_path = first_of_path(lexed, last) != last;
        self.comes_from(lexed, last, &[known::STD]) && (is_path || !self.makes_macros)
    }

    /// Whether a macro is one of this crate: by its name, or a path that begins in it.
    pub(crate) fn is_own(&self, lexed: &Lexed, last: usize) -> bool {
        let root = lexed.name(first_of_path(lexed, last)).unwrap_or_default();
        let is_here = first_of_path(lexed, last) == last
            || matches!(root, b"crate" | b"self" | b"super")
            || self.modules.contains(root);
        is_here && lexed.name(last).is_some_and(|name| self.own.contains(name))
    }

    pub(crate) fn is_known_macro(&self, lexed: &Lexed, last: usize) -> bool {
        let name = lexed.name(last).unwrap_or_default();
        !self.is_own(lexed, last) && self.comes_from(lexed, last, &known::of_macro(name))
    }

    /// Whether a macro is not that of which something is known by its name, nor one of this crate.
    pub(crate) fn is_other(&self, lexed: &Lexed, last: usize) -> bool {
        let name = lexed.name(last).unwrap_or_default();
        let is_known = self.comes_from(lexed, last, &known::of_saying_nothing(name));
        let has_name = known::says_nothing(name) || self.own.contains(name);
        has_name && !is_known && !self.is_own(lexed, last)
    }

    /// The macro of the compiler that has this name.
    pub(crate) fn builtin<'a>(&'a self, name: &'a [u8]) -> &'a [u8] {
        self.renamed.get(name).map_or(name, Vec::as_slice)
    }
}
