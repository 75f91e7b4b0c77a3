//! What the tokens of an item mention: identifiers, what macros are given, files,
//! variables of the environment, and `cfg`s.

use super::cosmetic::{self, Ignored};
use crate::source::macros::attributes::{are_seen, is_known_attribute};
use crate::source::macros::known;
use crate::source::syntax::attributes::{first_argument, first_of_path, word};
use crate::source::syntax::items::is_named;
use crate::source::syntax::paths::Root;
use crate::source::syntax::read::Read;
use crate::source::text::lexer::{Kind, Lexed, Span};
use crate::source::text::names::{Name, Names};
use blake3::Hasher;
use std::collections::HashSet;

#[derive(Debug, Default)]
pub(crate) struct Mentions {
    /// Of the tokens that mean something.
    pub(crate) digest: [u8; 32],
    /// Identifiers that may name something of a module; sorted, as are the others.
    pub(crate) names: Vec<Name>,
    /// Those that may name something of a type or a trait: after a dot or a `::`.
    pub(crate) members: Vec<Name>,
    /// Those that are only names of fields and variables.
    pub(crate) fields: Vec<Name>,
    /// Of the first, those that can be no variables: where nothing else has such a name, a derive
    /// or an attribute may have made it. With the name that begins the path, if that is another.
    pub(crate) loose: Vec<(Option<Name>, Name)>,
    /// In the declaration of a macro: what it may declare in turn.
    pub(crate) declared: Vec<Name>,
    /// What macros that may do anything with it are given.
    pub(crate) given: Vec<Given>,
    /// Macros that are called by a path, and the first name of that.
    pub(crate) by_path: Vec<(Name, Name)>,
    /// Identifiers in attributes of which nothing is known.
    pub(crate) marks: Vec<Name>,
    /// Identifiers in the texts of attributes: of modules, too.
    pub(crate) texts: Vec<Name>,
    /// Whether there are such attributes, or derives.
    pub(crate) is_marked: bool,
    pub(crate) reads: Vec<Read>,
    /// Modules at which paths begin.
    pub(crate) roots: Vec<Root>,
}

/// The call of a macro, and what it is given.
#[derive(Debug)]
pub(crate) struct Given {
    pub(crate) called: Name,
    pub(crate) names: Vec<Name>,
    /// Whether it is given an impl, or registers something: that counts beyond where it stands.
    pub(crate) is_beyond: bool,
}

impl Mentions {
    /// All identifiers, whatever they may name.
    pub(crate) fn all(&self) -> Vec<Name> {
        let lists = [&self.names, &self.members, &self.fields];
        let mut all: Vec<Name> = lists.into_iter().flatten().copied().collect();
        all.sort_unstable();
        all.dedup();
        all
    }
}

/// In so many calls of macros it is told apart what each is given.
const DEEPEST: usize = 32;

/// So far is looked back for where a declaration begins.
const LONGEST: usize = 1000;

/// Stands for the name of a macro of which nothing is known.
pub(crate) const UNKNOWN: &[u8] = b"?";

/// What a word can name.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// Something of a module, or a variable.
    Free,
    /// Something of a type or a trait.
    Member,
    Any,
    /// A field, or a variable that is declared: no item.
    Field,
}

/// What a position is inside of.
pub(super) struct Around {
    close: usize,
    pub(super) what: What,
}

pub(super) enum What {
    /// The call of a macro; its place in `given`.
    Macro(usize),
    /// Of an attribute, and whether it is one of those that are known.
    Attribute { is_known: bool },
    /// The list of derives in one that is not known.
    Derives,
    /// The words in it are options, and name nothing; the texts do.
    Options,
    /// Neither do.
    Nothing,
}

/// Looks at the tokens of these spans; `own` is the one that says how the item is called.
/// `parameters` hide what else has their names.
pub(crate) fn look(
    lexed: &Lexed,
    spans: &[Span],
    own: Option<usize>,
    parameters: &[&[u8]],
    ignored: &Ignored,
    names: &mut Names,
) -> Mentions {
    let mut kept = Vec::new();
    let mut hasher = Hasher::new();
    let mut found = Mentions::default();
    let mut all = spans.iter();
    let whole = all.any(|span| are_seen(lexed, span.clone(), &ignored.origins));
    for span in spans {
        kept.clear();
        let seen = match whole {
            true => std::slice::from_ref(span),
            false => &[],
        };
        cosmetic::meaning(lexed, span.clone(), seen, ignored, &mut kept);
        cosmetic::digest(lexed, &kept, &mut hasher);
        cosmetic::digest_of_input(lexed, &kept, span.start, ignored, &mut hasher);
        let mut looker = Looker {
            lexed,
            ignored,
            names,
            own,
            parameters,
            is_macro: span
                .clone()
                .take(20)
                .any(|place| lexed.is_word(place, b"macro_rules")),
            around: Vec::new(),
            seen: HashSet::new(),
            found: &mut found,
        };
        for &place in &kept {
            looker.token(place);
        }
    }
    if whole {
        for span in spans.iter().filter(|span| !span.is_empty()) {
            // What stands before the token after the last belongs to the next item.
            cosmetic::docs(lexed, span.start..span.end - 1, &mut hasher);
        }
    }
    found.digest = *hasher.finalize().as_bytes();
    let declares = !found.declared.is_empty();
    for given in found
        .given
        .iter()
        .filter(|given| declares || given.is_beyond)
    {
        found.declared.extend(&given.names);
    }
    for names in [
        &mut found.declared,
        &mut found.names,
        &mut found.members,
        &mut found.fields,
        &mut found.marks,
    ] {
        names.sort_unstable();
        names.dedup();
    }
    for given in &mut found.given {
        given.names.sort_unstable();
        given.names.dedup();
    }
    found.reads.sort_unstable();
    found.reads.dedup();
    found.loose.sort_unstable();
    found.loose.dedup();
    found.roots.sort_unstable();
    found.roots.dedup();
    found
}

pub(super) struct Looker<'a> {
    pub(super) lexed: &'a Lexed,
    pub(super) ignored: &'a Ignored,
    pub(super) names: &'a mut Names,
    own: Option<usize>,
    parameters: &'a [&'a [u8]],
    /// In the declaration of a macro.
    pub(super) is_macro: bool,
    pub(super) around: Vec<Around>,
    /// The names before.
    seen: HashSet<Name>,
    pub(super) found: &'a mut Mentions,
}

impl Looker<'_> {
    fn token(&mut self, place: usize) {
        while self
            .around
            .last()
            .is_some_and(|around| place >= around.close)
        {
            self.around.pop();
        }
        let lexed = self.lexed;
        match lexed.kind(place) {
            Some(Kind::Word) => self.word(place),
            Some(Kind::Text) => self.text(place),
            Some(Kind::Sign) if lexed.sign(place) == b'#' => {
                let open = place + 1 + usize::from(lexed.sign(place + 1) == b'!');
                if lexed.sign(open) == b'[' {
                    self.attribute(open);
                }
            }
            _ => {}
        }
    }

    /// Whether a word stands where an item is named, or in the header of a block.
    fn is_declared(&self, place: usize) -> bool {
        let lexed = self.lexed;
        let word = |back: usize| place.checked_sub(back).and_then(|place| lexed.name(place));
        let binds = |word: Option<&[u8]>| matches!(word, Some(b"as" | b"ref"));
        if is_named(lexed, place) || binds(word(1)) || (word(1) == Some(b"mut") && binds(word(2))) {
            return true;
        }
        // Back to an `impl` or `use` that has not ended.
        let mut at = place;
        // In how many brackets, as around the length of an array, that close before the place.
        let mut depth = 0_usize;
        while let Some(before) = at.checked_sub(1) {
            match (lexed.sign(before), lexed.name(before)) {
                (b']', _) => (depth, at) = (depth + 1, before),
                (b'[', _) => (depth, at) = (depth.saturating_sub(1), before),
                (b';', _) if depth > 0 => at = before,
                (b'{', _) if before > 0 && lexed.sign(before - 1) == b':' => at = before,
                _ if place - at > LONGEST => return true,
                (b'{' | b'}' | b';', _) => return false,
                (_, Some(b"impl" | b"use")) => return true,
                _ => at = before,
            }
        }
        false
    }

    /// What a word names by where it stands.
    fn role(&self, place: usize) -> Role {
        let lexed = self.lexed;
        let of_macro =
            |around: &Around| matches!(around.what, What::Macro(_) | What::Attribute { .. });
        // A macro may put anything before it and after it.
        if self.is_macro || self.around.iter().any(of_macro) {
            return Role::Any;
        }
        let before = |back: usize| place.checked_sub(back).map_or(0, |place| lexed.sign(place));
        let is_path = lexed.is_path(place + 1);
        match before(1) {
            b'.' if before(2) != b'.' => match lexed.sign(place + 1) == b'(' || is_path {
                true => Role::Member,
                false => Role::Field,
            },
            b':' if before(2) == b':' => Role::Any,
            _ if lexed.sign(place + 1) == b':' && !is_path => {
                let is_small = lexed
                    .text(place)
                    .first()
                    .is_some_and(u8::is_ascii_lowercase);
                if is_small { Role::Field } else { Role::Free }
            }
            _ => Role::Free,
        }
    }

    pub(super) fn add(&mut self, name: &[u8], role: Role) {
        if role == Role::Free && self.parameters.contains(&name) {
            return;
        }
        let name = self.names.add(name);
        if matches!(role, Role::Free | Role::Any) {
            self.found.names.push(name);
        }
        if matches!(role, Role::Member | Role::Any) {
            self.found.members.push(name);
        }
        if role == Role::Field {
            self.found.fields.push(name);
        }
        for around in &self.around {
            match around.what {
                What::Macro(nth) => self.found.given[nth].names.push(name),
                What::Attribute { is_known: false } => self.found.marks.push(name),
                What::Attribute { is_known: true }
                | What::Derives
                | What::Options
                | What::Nothing => {}
            }
        }
    }

    fn word(&mut self, place: usize) {
        let lexed = self.lexed;
        let Some(name) = lexed.name(place) else {
            return;
        };
        let calls = lexed.sign(place + 1) == b'!' && lexed.is_open(place + 2);
        if self.is_macro && calls && place > 0 && lexed.sign(place - 1) == b'$' {
            // A macro that it is given may declare anything with it.
            let given = lexed.inside(place + 2);
            let given = given.filter(|place| !lexed.is_keyword(*place));
            let given = given.filter_map(|place| lexed.name(place));
            let given = given.map(|name| self.names.add(name)).collect::<Vec<_>>();
            self.found.declared.extend(given);
        }
        let of_macro = self.is_macro || !self.around.is_empty();
        let root = Root::at(lexed, place, of_macro, self.names);
        self.found.roots.extend(root);
        let is_rules = name == b"macro_rules" && lexed.sign(place + 1) == b'!';
        if lexed.is_of_pattern(place) || self.own == Some(place) || is_rules {
            return;
        }
        if matches!(
            self.around.last(),
            Some(Around {
                what: What::Options | What::Nothing,
                ..
            })
        ) {
            return;
        }
        if name == b"impl" {
            self.is_beyond();
        }
        let origins = &self.ignored.origins;
        // What is certainly of the standard library names nothing here.
        if calls && !of_macro && known::is_of_std(name) && origins.is_of_std(lexed, place) {
            return self.asks(name, place + 2);
        }
        if let Some(Around {
            what: What::Derives,
            ..
        }) = self.around.last()
            && origins.comes_from(lexed, place, &known::of_derive(name))
        {
            // Of one that is known beside others nothing is made.
            let name = self.names.add(name);
            return self.found.names.push(name);
        }
        let role = self.role(place);
        if !lexed.is_keyword(place) {
            self.add(name, role);
        }
        self.add_loose(place, role);
        if self.is_macro && self.is_declared(place) {
            let name = self.names.add(name);
            self.found.declared.push(name);
        }
        let is_unknown =
            |around: &Around| matches!(around.what, What::Attribute { is_known: false });
        if name == b"derive"
            && self.around.last().is_some_and(is_unknown)
            && lexed.is_open(place + 1)
        {
            let close = lexed.close(place + 1);
            let what = What::Derives;
            self.around.push(Around { close, what });
        }
        if lexed.sign(place + 1) != b'!' || lexed.is_keyword(place) {
            self.given_builtin(place);
            return;
        }
        let open = place + 2 + usize::from(lexed.name(place + 2).is_some());
        if !lexed.is_open(open) {
            return;
        }
        let first = lexed.name(first_of_path(lexed, place)).unwrap_or_default();
        if first != name {
            let called = (self.names.add(first), self.names.add(name));
            self.found.by_path.push(called);
        }
        self.asks(name, open);
        let origins = &self.ignored.origins;
        let is_beyond = known::registers(name);
        if is_beyond || !origins.is_known_macro(lexed, place) {
            // Of another that only has the name of one that is known, or of one here, nothing is known.
            let is_other = origins.is_other(lexed, place) || self.around.len() >= DEEPEST;
            self.found.given.push(Given {
                called: self.names.add(if is_other { UNKNOWN } else { name }),
                names: Vec::new(),
                is_beyond,
            });
            if self.around.len() <= DEEPEST {
                self.around.push(Around {
                    close: lexed.close(open),
                    what: What::Macro(self.found.given.len() - 1),
                });
            }
        }
    }

    /// The macros around are given an impl.
    pub(super) fn is_beyond(&mut self) {
        for around in &self.around {
            if let What::Macro(nth) = around.what {
                self.found.given[nth].is_beyond = true;
            }
        }
    }

    fn attribute(&mut self, open: usize) {
        let lexed = self.lexed;
        let inside = lexed.inside(open);
        let name = word(lexed, &inside).unwrap_or_default();
        match name {
            b"cfg" => self.cfgs(inside.clone()),
            b"cfg_attr" => self.cfgs(inside.start..first_argument(lexed, inside.start + 1)),
            _ => {}
        }
        let is_known = is_known_attribute(lexed, inside, &self.ignored.origins);
        self.found.is_marked |= !is_known;
        let what = match name {
            b"serde" if is_known => What::Options,
            b"cfg" => What::Nothing,
            b"tracked" if is_known => What::Nothing,
            _ => What::Attribute { is_known },
        };
        let close = lexed.close(open);
        self.around.push(Around { close, what });
    }

    /// A variable is declared before it is used, and most have small letters.
    fn add_loose(&mut self, place: usize, role: Role) {
        let lexed = self.lexed;
        let text = lexed.name(place).unwrap_or_default();
        let Some(name) = self.names.get(text).filter(|_| !lexed.is_keyword(place)) else {
            return;
        };
        let is_new = self.seen.insert(name);
        let is_used = lexed.is_path(place + 1)
            || matches!(lexed.sign(place + 1), b'(' | b'[' | b'.' | b'?' | b'!');
        let is_small = !text.iter().any(u8::is_ascii_uppercase);
        if !matches!(role, Role::Free | Role::Any) || (is_small && !(is_new && is_used)) {
            return;
        }
        let first = first_of_path(lexed, place);
        let first = Some(first).filter(|first| !lexed.is_keyword(*first));
        let first = first.and_then(|first| lexed.name(first));
        let first = first.filter(|first| *first != text);
        let first = first.map(|first| self.names.add(first));
        self.found.loose.push((first, name));
    }
}
