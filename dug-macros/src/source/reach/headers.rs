//! What the headers of blocks say: the types that impls are reached with, and which impls always
//! count, since what they are used for may be written nowhere.

use super::aliases::is_call;
use super::leads::Meaning;
use super::rules::Reach;
use crate::source::krate::index::Block;
use crate::source::macros::known::is_trait_of_std;
use crate::source::macros::prelude::needs_no_import;
use crate::source::syntax::attributes::last_of_path;
use crate::source::syntax::items::Kind;
use crate::source::syntax::parameters::parameters;
use crate::source::text::lexer::{Kind as Token, Lexed};
use crate::source::text::names::Name;

impl Reach<'_> {
    /// A trait's impl is reached with each type that its header names; without one, with each name.
    pub(super) fn name_block(&mut self, nth: usize) {
        let block = &self.index.groups[nth];
        if block.group.declared.is_some() {
            return;
        }
        let names = self.names_of_header(nth, false);
        let followed = self.followed(&names);
        let mut types = followed.clone();
        types.retain(|name| {
            let is_alias = names.contains(name) && self.aliases.has(*name);
            self.of_types.contains(name) || is_alias
        });
        let header = self.names_of_header(nth, true);
        if types.is_empty() {
            let is_trait = |name: &&Name| self.of_traits.contains_key(*name);
            types = header.iter().filter(is_trait).copied().collect();
        }
        if types.is_empty() {
            types = header;
        }
        // What it is for may be any type; or what it is called with is found by its being the only one.
        let is_any = || self.is_for_any(nth, &followed) || self.is_for_others(nth);
        if block.group.for_.is_some() && is_any() {
            self.graph.connect(self.always, self.groups[nth]);
        }
        for name in types {
            match block.group.for_.is_some() || block.mentions.is_marked {
                true => self.name(name, self.groups[nth]),
                false => self.inherent.entry(name).or_default().push(nth),
            }
        }
    }

    /// Whether a header has a type of which is not written what it is: as `<T as Trait>::Name`, where `T`
    /// is no parameter, by a macro, or by a name that nothing written declares; or it is one by an
    /// alias in it, of the names that it was followed by.
    fn is_for_any(&self, nth: usize, followed: &[Name]) -> bool {
        let block = &self.index.groups[nth];
        let lexed = self.index.files[block.file].lexed;
        let (params, after) = parameters(lexed, block.group.names);
        let is_one = |place: usize| {
            let is_projection = lexed.is_word(place, b"as")
                && !lexed
                    .name(place - 1)
                    .is_some_and(|name| params.contains(&name));
            is_projection || is_call(lexed, place)
        };
        let end = self.end_of_types(block, after);
        let types = last_of_path(lexed, trait_of(lexed, after)) + 1..end;
        (after..block.group.header.end).any(is_one)
            || followed.iter().any(|name| self.projections.contains(name))
            || self.has_unknown(lexed, types, &params)
    }

    /// Where the bounds of a header begin.
    fn end_of_types(&self, block: &Block, after: usize) -> usize {
        let lexed = self.index.files[block.file].lexed;
        let end = block.group.header.end;
        let where_ = (after..end).find(|place| lexed.is_word(*place, b"where"));
        where_.unwrap_or(end)
    }

    /// Whether a block is the impl of another crate's trait for a type that is none of this crate.
    fn is_for_others(&self, nth: usize) -> bool {
        let block = &self.index.groups[nth];
        let Some(for_) = block.group.for_ else {
            return false;
        };
        let lexed = self.index.files[block.file].lexed;
        let (_, start) = parameters(lexed, block.group.names);
        let start = trait_of(lexed, start);
        let of_trait = self.meaning_in(block, start);
        if !of_trait.is_foreign {
            return false;
        }
        let root = root_of(lexed, for_ + 1);
        let of_type = self.meaning_in(block, root);
        let kinds = of_type
            .items
            .iter()
            .map(|nth| self.index.items[*nth].item.kind);
        let mut kinds = kinds.peekable();
        let name = |place: usize| lexed.name(last_of_path(lexed, place)).unwrap_or_default();
        let is_here = match kinds.peek() {
            Some(_) => kinds.all(|kind| matches!(kind, Kind::Type | Kind::Trait)),
            // What a macro declares.
            None => {
                let name = self.index.names.get(name(root));
                name.is_some_and(|name| self.of_types.contains(&name) && !self.aliases.has(name))
            }
        };
        if is_here && !of_type.is_foreign {
            return false;
        }
        let is_of_std = |found: &Meaning, place: usize| {
            let mut words = found.all.iter();
            let is_std = |words: &String| {
                let roots = ["::std::", "::core::", "::alloc::"];
                roots.iter().any(|root| words.starts_with(root))
            };
            let is_alone = last_of_path(lexed, place) == place;
            words.all(is_std) || (found.is_lost && is_alone && needs_no_import(name(place)))
        };
        !(is_of_std(&of_trait, start)
            && (is_trait_of_std(name(start)) || needs_no_import(name(start)))
            && is_of_std(&of_type, root)
            && has_others(name(start), name(root)))
    }

    /// What the path that begins here may mean where a block stands.
    fn meaning_in(&self, block: &Block, first: usize) -> Meaning {
        let lexed = self.index.files[block.file].lexed;
        let path = first..last_of_path(lexed, first) + 1;
        let path = path.filter_map(|place| self.index.names.get(lexed.name(place)?));
        let mut found = Meaning::default();
        let path: Vec<Name> = path.collect();
        self.follow_in(block.module, block.outer, &path, &mut found);
        // From `::`, or no path at all.
        let is_root = first >= 2 && lexed.is_path(first - 2);
        found.is_foreign |= is_root || path.is_empty();
        found
    }

    /// The names in the header of a block: of its trait and its type, or with its bounds, too.
    fn names_of_header(&self, nth: usize, with_bounds: bool) -> Vec<Name> {
        let block = &self.index.groups[nth];
        let lexed = self.index.files[block.file].lexed;
        let (params, after) = parameters(lexed, block.group.names);
        let (start, end) = match with_bounds {
            true => (block.group.names, block.group.header.end),
            false => (after, self.end_of_types(block, after)),
        };
        let names = (start..end).filter_map(|place| lexed.name(place));
        let names = names.filter(|name| !params.contains(name));
        let mut names: Vec<Name> = names
            .filter_map(|name| self.index.names.get(name))
            .collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// These names, and what they stand for that may be types.
    fn followed(&self, names: &[Name]) -> Vec<Name> {
        let is_type = |name| self.of_types.contains(&name);
        self.aliases.followed(names, is_type)
    }
}

/// Where the path of the trait begins in a header, after its parameters.
fn trait_of(lexed: &Lexed, after: usize) -> usize {
    after + usize::from(lexed.sign(after) == b':') * 2
}

/// Where the path of the type begins that decides whether an impl is of this crate: behind references
/// and boxes.
fn root_of(lexed: &Lexed, mut place: usize) -> usize {
    loop {
        let is_box =
            || matches!(lexed.text(place), b"Box" | b"Pin") && lexed.sign(place + 1) == b'<';
        match lexed.text(place) {
            b"&" | b"mut" | b"dyn" => place += 1,
            b":" => place += 2,
            _ if lexed.kind(place) == Some(Token::Lifetime) => place += 1,
            _ if is_box() => place += 2,
            _ => return place,
        }
    }
}

/// Whether the standard library itself has an impl of a trait of its own for one of its types, whatever the
/// arguments: so these are not left to the compiler.
fn has_others(of_trait: &[u8], of_type: &[u8]) -> bool {
    let is_float = matches!(of_type, b"f32" | b"f64");
    let is_integer = matches!(
        of_type,
        b"i8"
            | b"i16"
            | b"i32"
            | b"i64"
            | b"i128"
            | b"isize"
            | b"u8"
            | b"u16"
            | b"u32"
            | b"u64"
            | b"u128"
            | b"usize"
    );
    let operator = of_trait.strip_suffix(b"Assign").unwrap_or(of_trait);
    match operator {
        b"From" | b"Into" | b"TryFrom" | b"TryInto" | b"Borrow" | b"BorrowMut" => true,
        b"PartialEq" | b"PartialOrd" => {
            is_float || is_integer || matches!(of_type, b"bool" | b"char" | b"str" | b"String")
        }
        b"Add" | b"Sub" | b"Mul" | b"Div" | b"Rem" | b"Sum" | b"Product" => is_float || is_integer,
        b"BitAnd" | b"BitOr" | b"BitXor" | b"Shl" | b"Shr" => is_integer,
        b"Extend" | b"FromIterator" => matches!(of_type, b"String" | b"Vec"),
        _ => false,
    }
}
