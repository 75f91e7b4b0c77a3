//! What names of types stand for: aliases, imports under other names, and what macros write as such.

use super::rules::Reach;
use crate::source::krate::index::Entry;
use crate::source::krate::macros::Class;
use crate::source::macros::prelude::{is_of_prelude, needs_no_import};
use crate::source::syntax::attributes::last_of_path;
use crate::source::syntax::items::Kind;
use crate::source::syntax::parameters::parameters;
use crate::source::text::lexer::{Lexed, Span};
use crate::source::text::names::Name;
use std::collections::{HashMap, HashSet};

/// What names stand for.
#[derive(Default)]
pub(super) struct Aliases {
    own: HashMap<Name, Vec<Name>>,
    /// What all names that one macro may write stand for alike: in a list for each, there would be the square of them.
    shared: Vec<Vec<Name>>,
    /// Which of these a name has.
    shares: HashMap<Name, Vec<usize>>,
}

impl Aliases {
    fn add<'a>(&mut self, name: Name, others: impl IntoIterator<Item = &'a Name>) {
        self.own.entry(name).or_default().extend(others);
    }

    /// Each of the names may stand for each of the others.
    fn add_all(&mut self, names: &[Name], others: Vec<Name>) {
        for name in names {
            let shares = self.shares.entry(*name).or_default();
            shares.push(self.shared.len());
        }
        self.shared.push(others);
    }

    pub(super) fn has(&self, name: Name) -> bool {
        self.own.contains_key(&name) || self.shares.contains_key(&name)
    }

    /// What the name stands for, at once.
    pub(super) fn of(&self, name: Name) -> impl Iterator<Item = Name> {
        let own = self.own.get(&name).into_iter().flatten();
        let shares = self.shares.get(&name).into_iter().flatten();
        let shared = shares.flat_map(|nth| &self.shared[*nth]);
        own.chain(shared)
            .copied()
            .filter(move |other| *other != name)
    }

    /// These names, and all that they stand for that are aliases, or types.
    pub(super) fn followed(&self, names: &[Name], is_type: impl Fn(Name) -> bool) -> Vec<Name> {
        let mut found = names.to_vec();
        let mut seen: HashSet<Name> = names.iter().copied().collect();
        let mut seen_shared = HashSet::new();
        let mut nth = 0;
        while let Some(name) = found.get(nth) {
            nth += 1;
            let own = self.own.get(name).into_iter().flatten();
            let shares = self.shares.get(name).into_iter().flatten();
            let shares = shares.filter(|nth| seen_shared.insert(**nth));
            let others = own.chain(shares.flat_map(|nth| &self.shared[*nth]));
            let others = others.filter(|other| is_type(**other) || self.has(**other));
            let new: Vec<Name> = others
                .copied()
                .filter(|other| seen.insert(*other))
                .collect();
            found.extend(new);
        }
        found
    }
}

impl Reach<'_> {
    /// Gathers what names stand for.
    pub(super) fn learn(&mut self) {
        let index = self.index;
        for entry in index.items.iter().filter(|entry| entry.is_compiled) {
            let Some(name) = entry.item.name else {
                continue;
            };
            match entry.item.kind {
                Kind::Alias if entry.group.is_none() => {
                    self.of_types.insert(name);
                    self.aliases.add(name, &entry.mentions.names);
                }
                Kind::Type => {
                    self.of_types.insert(name);
                    self.of_own_types.insert(name);
                }
                Kind::MacroCall => {
                    let text = |name: &Name| index.names.text(*name);
                    let names = entry.mentions.all().into_iter();
                    let names = names.filter(|name| !is_of_prelude(text(name)));
                    self.of_types.extend(names);
                    let (called, given) = (entry.item.name, &entry.mentions.names);
                    let everywhere = self.macros.everywhere(entry, called, given, index);
                    self.of_types.extend(everywhere);
                    self.learn_written(entry, called, &entry.mentions.all());
                }
                Kind::Import => {
                    let import = entry.item.import.as_ref();
                    let last = import.and_then(|import| import.path.last());
                    if let Some(last) = last.filter(|last| **last != name) {
                        self.aliases.add(name, [last]);
                    }
                }
                _ => {}
            }
        }
        // What a body calls an alias, an impl in it may be for.
        let bodies = index.groups.iter().filter(|block| block.is_compiled);
        let mut bodies: Vec<usize> = bodies.filter_map(|block| block.outer).collect();
        bodies.sort_unstable();
        bodies.dedup();
        for body in bodies {
            let entry = &index.items[body];
            for given in &entry.mentions.given {
                self.learn_written(entry, Some(given.called), &given.names);
            }
        }
        self.learn_unknown();
    }

    /// What a macro that is called in an item may give other names to.
    fn learn_written(&mut self, entry: &Entry, called: Option<Name>, given: &[Name]) {
        let index = self.index;
        let is_any = self.class_of(entry, called) == Class::Any;
        let called = called.map_or(Vec::new(), |called| {
            self.macros.called(called, given, index)
        });
        let mut texts: Vec<&Entry> = self.macros.entries(&called, index).collect();
        texts.push(entry);
        let mut names = Vec::new();
        let (mut takes_any, mut is_unknown) = (is_any, false);
        for text in &texts {
            let lexed = index.files[text.file].lexed;
            for (place, of) in written(lexed, text.item.span.clone()) {
                match lexed.name(place) {
                    Some(name) => names.extend(index.names.get(name)),
                    None => takes_any = true,
                }
                is_unknown |= of.clone().any(|place| is_call(lexed, place));
            }
        }
        if names.is_empty() && !takes_any {
            return;
        }
        let says = texts.iter().flat_map(|text| text.mentions.all());
        let mut stand_for: Vec<Name> = says.chain(given.iter().copied()).collect();
        if takes_any {
            let types = types_in(index.files[entry.file].lexed, entry.item.span.clone());
            let types: HashSet<Name> = types.filter_map(|name| index.names.get(name)).collect();
            let all = match called.len() > 1 {
                true => &stand_for,
                false => given,
            };
            names.extend(all.iter().filter(|name| !types.contains(name)));
        }
        if is_any {
            let calls = texts.iter().flat_map(|text| &text.mentions.given);
            let calls = calls.map(|given| given.called).chain(entry.item.name);
            let mut abroad: Vec<Name> = calls.filter(|name| !self.macros.has(*name)).collect();
            abroad.sort_unstable();
            abroad.dedup();
            for name in abroad {
                match self.said_abroad(name) {
                    Some(says) => {
                        let says = says.names.iter();
                        stand_for.extend(says.filter_map(|name| index.names.get(name)));
                    }
                    None => is_unknown = true,
                }
            }
        }
        stand_for.sort_unstable();
        stand_for.dedup();
        is_unknown |= texts.iter().any(|text| {
            let lexed = index.files[text.file].lexed;
            has_as(lexed, text.item.span.clone())
        });
        names.retain(|name| !is_of_prelude(index.names.text(*name)));
        self.of_types.extend(&names);
        if is_unknown {
            self.projections.extend(&names);
        }
        self.aliases.add_all(&names, stand_for);
    }

    /// Finds the aliases of types that nothing written declares.
    fn learn_unknown(&mut self) {
        let index = self.index;
        self.may_make_types = index.items.iter().any(|entry| {
            let is_call = entry.item.kind == Kind::MacroCall;
            let class = || self.class_of(entry, entry.item.name);
            entry.is_compiled && (entry.mentions.is_marked || (is_call && class() != Class::Plain))
        }) || index.groups.iter().any(|block| block.mentions.is_marked)
            || index.modules.iter().any(|module| module.mentions.is_marked);
        loop {
            let before = self.of_others.len();
            for entry in index.items.iter().filter(|entry| entry.is_compiled) {
                let import = entry.item.import.as_ref();
                let root = import.and_then(|import| import.path.first());
                if root.is_some_and(|root| self.is_crate(*root) || self.of_others.contains(root)) {
                    self.of_others.extend(entry.item.name);
                }
            }
            if self.of_others.len() == before {
                break;
            }
        }
        for entry in index.items.iter().filter(|entry| entry.is_compiled) {
            let is_unknown = match (&entry.item.import, entry.item.kind) {
                (Some(import), _) => {
                    import.path.last() != entry.item.name.as_ref() && !self.is_known(&import.path)
                }
                (None, Kind::Alias) if entry.group.is_none() => {
                    let lexed = index.files[entry.file].lexed;
                    let (params, after) = parameters(lexed, entry.item.place + 1);
                    self.has_unknown(lexed, after..entry.item.span.end, &params)
                }
                _ => false,
            };
            self.projections
                .extend(entry.item.name.filter(|_| is_unknown));
        }
    }

    /// Whether a path in these tokens leads to what nothing written declares.
    pub(super) fn has_unknown(&self, lexed: &Lexed, span: Span, params: &[&[u8]]) -> bool {
        paths(lexed, span).into_iter().any(|path| {
            let is_own = lexed.name(path.start).is_some_and(|name| {
                params.contains(&name) || (name == b"Self" && lexed.is_keyword(path.start))
            });
            let names = path.filter_map(|place| self.index.names.get(lexed.name(place)?));
            !is_own && !self.is_known(&names.collect::<Vec<_>>())
        })
    }

    /// Whether what a path leads to is declared by something that is written, or certainly of another
    /// crate.
    fn is_known(&self, path: &[Name]) -> bool {
        let (Some(first), Some(last)) = (path.first(), path.last()) else {
            return true;
        };
        !self.may_make_types
            || self.of_types.contains(last)
            || self.aliases.has(*last)
            || self.free.contains(last)
            || (path.len() == 1 && needs_no_import(self.index.names.text(*last)))
            || self.is_crate(*first)
            || self.of_others.contains(first)
    }
}

/// The paths in these tokens, without arguments; no names of what is bound, as in `Item = u8`.
fn paths(lexed: &Lexed, span: Span) -> Vec<Span> {
    let mut found = Vec::new();
    let mut place = span.start;
    while place < span.end {
        let last = last_of_path(lexed, place);
        let is_root = matches!(lexed.text(place), b"crate" | b"self" | b"super" | b"Self");
        let is_one = lexed.name(place).is_some() && (is_root || !lexed.is_keyword(place));
        let is_bound = lexed.sign(last + 1) == b'=' && !lexed.is_joint(last + 1);
        // `a::<u8>`
        let last = last - usize::from(lexed.name(last).is_none() && last > place) * 3;
        if is_one && !is_bound {
            found.push(place..last + 1);
        }
        place = if is_one { last + 1 } else { place + 1 };
    }
    found
}

/// Whether a macro is called here.
pub(super) fn is_call(lexed: &Lexed, place: usize) -> bool {
    lexed.name(place).is_some() && lexed.sign(place + 1) == b'!' && lexed.is_open(place + 2)
}

/// Where the names of aliases stand that these tokens write, by `type` or `use`, with what they stand
/// for. Types in impls and traits have no names of their own.
fn written(lexed: &Lexed, span: Span) -> Vec<(usize, Span)> {
    let mut found = Vec::new();
    let mut place = span.start;
    while place < span.end {
        let end = || {
            let mut rest = place..span.end;
            rest.find(|at| lexed.sign(*at) == b';').unwrap_or(span.end)
        };
        let is_word = lexed.is_keyword(place) && (place == 0 || lexed.sign(place - 1) != b'$');
        match lexed.text(place) {
            b"impl" | b"trait" if is_word => {
                let mut rest = place..span.end;
                let open = rest.find(|at| matches!(lexed.sign(*at), b'{' | b';'));
                place = match open.filter(|open| lexed.sign(*open) == b'{') {
                    Some(open) => lexed.after(open),
                    None => place + 1,
                };
                continue;
            }
            b"type" if is_word => found.push((place + 1, place..end())),
            b"use" if is_word => {
                let of = place..end();
                let names = of.clone().filter(|at| {
                    lexed.is_word(at.saturating_sub(1), b"as") || lexed.sign(*at) == b'$'
                });
                found.extend(names.map(|at| (at, of.clone())));
            }
            _ => {}
        }
        place += 1;
    }
    found
}

/// Whether these tokens may have a projection, `<T as Trait>::Name`.
fn has_as(lexed: &Lexed, span: Span) -> bool {
    let mut words = span.filter(|place| lexed.is_word(*place, b"as"));
    words.any(|place| {
        let mut back = (place.saturating_sub(100)..place).rev();
        let ends =
            back.find(|at| matches!(lexed.sign(*at), b';' | b'<') || lexed.is_word(*at, b"use"));
        ends.is_some_and(|at| lexed.sign(at) == b'<')
    })
}

/// The names of the types that stand in these tokens.
fn types_in(lexed: &Lexed, span: Span) -> impl Iterator<Item = &[u8]> {
    let is_type = |place: &usize| {
        matches!(lexed.text(*place), b"enum" | b"struct" | b"union") && lexed.name(*place).is_some()
    };
    span.filter(is_type)
        .filter_map(|place| lexed.name(place + 1))
}
