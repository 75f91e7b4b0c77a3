//! What macros write that are called in bodies of functions and in values: an impl counts wherever
//! it stands, and so does what is registered. All around such a call is reached as the call is
//! that stands among items.

use super::graph::Place;
use super::rules::Reach;
use crate::source::krate::index::{Entry, Index};
use crate::source::krate::macros::Macros;
use crate::source::macros::prelude::is_of_prelude;
use crate::source::meaning::mentions::{Given, Mentions};
use crate::source::syntax::items::Kind;
use crate::source::text::names::Name;
use std::collections::{HashMap, HashSet};

/// Macros of the crate by what they may write.
struct Writers {
    /// Impls, also by derives and attributes of which nothing is known, or what is registered.
    impls: HashSet<Name>,
    /// What macros of other crates write, which may be impls.
    any: HashSet<Name>,
}

/// Whether an impl may stand in these tokens.
fn has_impl(entry: &Entry, index: &Index) -> bool {
    let lexed = index.files[entry.file].lexed;
    let mut words = entry.item.span.clone();
    words.any(|place| lexed.is_word(place, b"impl"))
}

impl Reach<'_> {
    /// To be called once all else has its names.
    pub(super) fn name_written(&mut self) {
        let index = self.index;
        let calls = |entry: &&Entry| !entry.mentions.given.is_empty();
        if !index.items.iter().any(|entry| calls(&entry)) {
            return;
        }
        let writers = Writers {
            impls: Macros::that(index, |entry| {
                let mut given = entry.mentions.given.iter();
                given.any(|given| given.is_beyond)
                    || entry.mentions.is_marked
                    || has_impl(entry, index)
            }),
            any: Macros::that(index, |entry| {
                let mut given = entry.mentions.given.iter();
                given.any(|given| self.writes_abroad(given.called, &entry.mentions))
            }),
        };
        let mut abroad = HashMap::new();
        for (nth, entry) in index.items.iter().enumerate() {
            let is_other = matches!(entry.item.kind, Kind::Macro | Kind::Import);
            if entry.is_compiled && !is_other {
                for given in &entry.mentions.given {
                    let is_abroad = self.writes_abroad(given.called, &entry.mentions);
                    let place = self.items[nth];
                    self.name_given(entry, given, place, is_abroad, &writers, &mut abroad);
                }
            }
        }
    }

    /// Whether a macro of another crate may write impls.
    fn writes_abroad(&mut self, called: Name, mentions: &Mentions) -> bool {
        self.may_be_abroad(called, mentions)
            && self
                .said_abroad(called)
                .is_none_or(|says| says.writes_impls)
    }

    /// Names what a call may write beyond `place`, where it stands.
    fn name_given(
        &mut self,
        entry: &Entry,
        given: &Given,
        place: Place,
        is_abroad: bool,
        writers: &Writers,
        abroad: &mut HashMap<Name, Place>,
    ) {
        let has = |set: &HashSet<Name>| {
            let mut names = given.names.iter().chain([&given.called]);
            names.any(|name| set.contains(name))
        };
        if has(&writers.any) || (is_abroad && self.said_abroad(given.called).is_none()) {
            self.graph.connect(self.always, place);
        } else if is_abroad || given.is_beyond || has(&writers.impls) {
            let class = self.macros.class(given.called, self.index);
            let mut names = given.names.clone();
            self.macros
                .add_declared(given.called, class, self.index, &mut names);
            self.name_declared(entry, Some(given.called), &names, place);
            if is_abroad {
                let node = *abroad
                    .entry(given.called)
                    .or_insert_with(|| self.named_abroad(given.called));
                self.graph.connect(node, place);
            }
        }
    }

    /// What is reached by all names that a macro of another crate says.
    fn named_abroad(&mut self, called: Name) -> Place {
        let node = self.graph.add_inner();
        let Some(says) = self.said_abroad(called) else {
            return node;
        };
        let names = says.names.iter();
        let mut names: Vec<Name> = names
            .filter(|text| !is_of_prelude(text))
            .filter_map(|text| self.index.names.get(text))
            .collect();
        if says.makes_names {
            names.extend(self.made_of(&says));
        }
        for name in names {
            self.name_any(name, node);
        }
        node
    }
}
