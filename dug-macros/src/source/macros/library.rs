//! The macros of other crates, as far as their sources are found on the disk: which there are,
//! and what each may say in its expansion, besides what it is given.

use super::known;
use crate::source::syntax::attributes::attributes;
use crate::source::syntax::items::Kind as ItemKind;
use crate::source::syntax::parser;
use crate::source::syntax::read::{Read, included};
use crate::source::syntax::uses::{Import, What as Brings};
use crate::source::text::keywords::is_keyword;
use crate::source::text::lexer::{Kind, Lexed, Span};
use crate::source::text::literals::{cfg, identifiers, text};
use crate::source::text::names::Names;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};

/// What the expansion of a macro may mention.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Says {
    pub(crate) names: BTreeSet<Vec<u8>>,
    pub(crate) reads: BTreeSet<Read>,
    /// What follows `crate` in paths that begin so; nothing for its end, and for `super`.
    pub(crate) roots: BTreeSet<Vec<u8>>,
    /// Other macros that it calls, of the standard library, too.
    pub(crate) calls: BTreeSet<Vec<u8>>,
    /// Whether it may make names from parts.
    pub(crate) makes_names: bool,
    /// Whether it may write impls.
    pub(crate) writes_impls: bool,
}

impl Says {
    pub(crate) fn extend(&mut self, other: &Says) {
        self.names.extend(other.names.iter().cloned());
        self.reads.extend(other.reads.iter().cloned());
        self.roots.extend(other.roots.iter().cloned());
        self.calls.extend(other.calls.iter().cloned());
        self.makes_names |= other.makes_names;
        self.writes_impls |= other.writes_impls;
    }
}

/// The macros of one crate.
#[derive(Debug, Default)]
pub(crate) struct Library {
    /// Those by example, by their names.
    by_example: HashMap<Vec<u8>, Says>,
    /// Derives, attributes and others that are functions.
    functions: HashSet<Vec<u8>>,
    /// Attributes that derives look at, and that are no macros.
    inert: HashSet<Vec<u8>>,
    /// What the functions may say, which nothing tells apart.
    says: Says,
    /// Other names that imports give: here, and there.
    renamed: Vec<[Vec<u8>; 2]>,
    /// Its files.
    files: Vec<PathBuf>,
}

impl Library {
    pub(crate) fn read(files: &[PathBuf]) -> Self {
        let mut found = Library {
            files: files.to_vec(),
            ..Library::default()
        };
        let sources = files.iter().filter(|path| is_source(path));
        let all: Vec<Vec<u8>> = sources.filter_map(|path| fs::read(path).ok()).collect();
        let has = |part: &str| {
            let is_in = |text: &Vec<u8>| String::from_utf8_lossy(text).contains(part);
            all.iter().any(is_in)
        };
        let is_of_functions = has("proc_macro");
        if !is_of_functions && !has("macro_rules!") {
            return found;
        }
        for text in all {
            found.file(&Lexed::read(text));
        }
        found.rename();
        if is_of_functions {
            found.says = found.says_for_others();
        }
        found
    }

    fn file(&mut self, lexed: &Lexed) {
        let mut names = Names::default();
        for item in parser::parse(lexed, &mut names).items {
            match item.kind {
                ItemKind::Macro => {
                    let mut says = Says::default();
                    say(lexed, item.place + 1..item.span.end, &mut says);
                    let name = lexed.name(item.place).unwrap_or_default().to_vec();
                    self.by_example.entry(name).or_default().extend(&says);
                }
                ItemKind::Function => self.function(lexed, &item.attributes, item.place),
                ItemKind::Import => self.import(item.import.as_ref(), &names),
                _ => {}
            }
        }
        // Macros that are declared where no item is looked for.
        for place in 0..lexed.len() {
            let name = lexed
                .name(place + 2)
                .filter(|_| lexed.sign(place + 1) == b'!');
            if let (true, Some(name)) = (lexed.is_word(place, b"macro_rules"), name)
                && !self.by_example.contains_key(name)
                && lexed.is_open(place + 3)
            {
                let mut says = Says::default();
                say(lexed, lexed.inside(place + 3), &mut says);
                self.by_example.insert(name.to_vec(), says);
            }
        }
    }

    fn import(&mut self, import: Option<&Import>, names: &Names) {
        if let Some(Import {
            path,
            what: Brings::Renamed(here),
        }) = import
            && let Some(there) = path.last()
        {
            let both = [*here, *there].map(|name| names.text(name).to_vec());
            self.renamed.push(both);
        }
    }

    /// A macro says the same under each of its names.
    fn rename(&mut self) {
        for _ in 0..self.renamed.len().min(10) {
            for [here, there] in &self.renamed {
                if let Some(says) = self.by_example.get(there).cloned() {
                    let all = self.by_example.entry(here.clone()).or_default();
                    all.extend(&says);
                }
            }
        }
    }

    fn function(&mut self, lexed: &Lexed, span: &Span, place: usize) {
        for inside in attributes(lexed, span) {
            match lexed.name(inside.start) {
                Some(b"proc_macro" | b"proc_macro_attribute") => {
                    self.functions.extend(lexed.name(place).map(<[u8]>::to_vec));
                }
                Some(b"proc_macro_derive") => {
                    let mut words = (inside.start + 1..inside.end).filter_map(|at| lexed.name(at));
                    self.functions.extend(words.next().map(<[u8]>::to_vec));
                    self.inert.extend(words.map(<[u8]>::to_vec));
                }
                _ => {}
            }
        }
    }

    /// All its macros.
    pub(super) fn names(&self) -> impl Iterator<Item = &Vec<u8>> {
        self.by_example.keys().chain(&self.functions)
    }

    pub(crate) fn declares(&self, name: &[u8]) -> bool {
        self.by_example.contains_key(name) || self.functions.contains(name)
    }

    /// Whether a macro is a function, and may say what others make.
    pub(crate) fn is_function(&self, name: &[u8]) -> bool {
        self.functions.contains(name)
    }

    pub(crate) fn is_inert(&self, name: &[u8]) -> bool {
        self.inert.contains(name)
    }

    /// What a macro may say, with those of the same crate that it calls.
    pub(crate) fn says(&self, name: &[u8]) -> Says {
        let mut found = Says::default();
        let mut waiting = vec![name.to_vec()];
        let mut seen = HashSet::new();
        while let Some(name) = waiting.pop() {
            if !seen.insert(name.clone()) {
                continue;
            }
            if let Some(says) = self.by_example.get(&name) {
                found.extend(says);
                waiting.extend(says.calls.iter().cloned());
                // One that is named may be given to another.
                let named = says.names.iter();
                waiting.extend(
                    named
                        .filter(|name| self.by_example.contains_key(*name))
                        .cloned(),
                );
            }
            if self.functions.contains(&name) {
                found.extend(&self.says);
                found.makes_names = true;
            }
        }
        found.makes_names |= found.calls.iter().any(|name| known::is_gluing(name));
        found.calls.retain(|name| !self.declares(name));
        found
    }

    /// What its functions may put into code, in tokens or as text: also from files that they
    /// include.
    pub(crate) fn says_for_others(&self) -> Says {
        let mut says = Says::default();
        let mut sources = Vec::new();
        for path in &self.files {
            let text = fs::read(path).unwrap_or_default();
            match is_source(path) {
                true => sources.push(Lexed::read(text)),
                false if text.len() < 1_000_000 => identifiers(&text, |word| {
                    says.names.insert(word.to_vec());
                }),
                false => {}
            }
        }
        let hosts = sources.iter().flat_map(others_of_hosts).collect();
        for lexed in &sources {
            say_all(lexed, &hosts, &mut says);
        }
        says
    }
}

fn is_source(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "rs")
}

/// Macros whose arguments are no code that is made.
const OF_HOSTS: &[&str] = &[
    "assert",
    "assert_eq",
    "assert_ne",
    "cfg",
    "concat",
    "debug_assert",
    "env",
    "eprintln",
    "format",
    "format_args",
    "include",
    "include_bytes",
    "include_str",
    "matches",
    "option_env",
    "panic",
    "print",
    "println",
    "todo",
    "unimplemented",
    "unreachable",
    "vec",
    "write",
    "writeln",
];

/// Those of them whose names something else has: a macro that is declared or imported here.
fn others_of_hosts(lexed: &Lexed) -> HashSet<Vec<u8>> {
    let mut found = HashSet::new();
    for place in 0..lexed.len() {
        let words = match lexed.text(place) {
            b"macro_rules" => place + 2..place + 3,
            b"use" => {
                let end = (place..lexed.len()).find(|at| lexed.sign(*at) == b';');
                place + 1..end.unwrap_or(place + 1)
            }
            b"macro_use" if lexed.is_word(place + 2, b"extern") => {
                found.extend(OF_HOSTS.iter().map(|name| name.as_bytes().to_vec()));
                continue;
            }
            _ => continue,
        };
        let names = words.filter(|at| !lexed.is_path(at + 1));
        let names = names.filter_map(|at| lexed.name(at));
        found.extend(names.map(<[u8]>::to_vec));
    }
    found
}

/// What functions that make code may put into it: what other macros are given, and texts.
fn say_all(lexed: &Lexed, others: &HashSet<Vec<u8>>, says: &mut Says) {
    // All up to here is said already.
    let mut said = 0;
    for place in 0..lexed.len() {
        match lexed.kind(place) {
            Some(Kind::Text) => say_text(lexed, place, says),
            Some(Kind::Word) if lexed.sign(place + 1) == b'!' && lexed.is_open(place + 2) => {
                let name = lexed.text(place);
                let is_of_hosts =
                    OF_HOSTS.iter().any(|known| known.as_bytes() == name) && !others.contains(name);
                if !is_of_hosts && name != b"macro_rules" && place >= said {
                    let inside = lexed.inside(place + 2);
                    said = inside.end;
                    say(lexed, inside, says);
                }
            }
            _ => {}
        }
    }
}

/// A text that may be, or become, code.
fn say_text(lexed: &Lexed, place: usize, says: &mut Says) {
    let text = text(lexed, place);
    let is_one_word = !text.contains(char::is_whitespace);
    let has_signs = text.contains(['(', ')', '{', '}', '[', ':', ';', '=', '!', '#', '.']);
    if text.len() > 100_000 || !(is_one_word || has_signs) {
        return;
    }
    let inner = Lexed::read(text.clone().into_bytes());
    say(&inner, 0..inner.len(), says);
    identifiers(text.as_bytes(), |word| {
        if !is_keyword(word) {
            says.names.insert(word.to_vec());
        }
    });
}

/// What tokens mention that an expansion may put where a macro is called.
fn say(lexed: &Lexed, span: Span, says: &mut Says) {
    for place in span {
        match lexed.kind(place) {
            Some(Kind::Text) => {
                let text = text(lexed, place);
                says.writes_impls |= text.contains("impl");
                if text.contains("crate::") || text.contains("super::") {
                    says.roots.insert(Vec::new());
                }
                identifiers(text.as_bytes(), |word| {
                    if !is_keyword(word) {
                        says.names.insert(word.to_vec());
                    }
                });
            }
            Some(Kind::Word) => word(lexed, place, says),
            _ => {}
        }
    }
}

fn word(lexed: &Lexed, place: usize, says: &mut Says) {
    let Some(name) = lexed.name(place) else {
        return;
    };
    let sign = |back: usize| place.checked_sub(back).map_or(0, |place| lexed.sign(place));
    if name == b"cfg" || name == b"cfg_attr" {
        let open = place + 1 + usize::from(lexed.sign(place + 1) == b'!');
        if lexed.is_open(open) {
            cfgs(lexed, lexed.inside(open), says);
        }
    }
    if matches!(name, b"crate" | b"super") && sign(1) != b'$' && lexed.is_path(place + 1) {
        let next = lexed.name(place + 3).filter(|_| lexed.is_path(place + 4));
        let next = next.filter(|_| name == b"crate").unwrap_or_default();
        says.roots.insert(next.to_vec());
    }
    says.writes_impls |= name == b"impl";
    if lexed.is_of_pattern(place) || lexed.is_keyword(place) {
        return;
    }
    let open = place + 2;
    if lexed.sign(place + 1) == b'!' && lexed.is_open(open) {
        match name {
            b"env" | b"option_env" => {
                says.reads.insert(match lexed.kind(open + 1) {
                    Some(Kind::Text) => Read::Environment(text(lexed, open + 1)),
                    _ => Read::Variables,
                });
            }
            b"include" | b"include_str" | b"include_bytes" => {
                let read = included(lexed, lexed.inside(open)).unwrap_or(Read::Unknown);
                says.reads.insert(read);
            }
            _ => {}
        }
        says.calls.insert(name.to_vec());
    } else if !is_elsewhere(lexed, place) {
        says.names.insert(name.to_vec());
    }
}

/// Whether a word goes on a path from `$crate`, `::` or the standard library: it names nothing
/// of the crate that calls the macro.
fn is_elsewhere(lexed: &Lexed, place: usize) -> bool {
    let mut first = place;
    while first >= 2 && lexed.is_path(first - 2) {
        if first == 2 || lexed.name(first - 3).is_none() {
            // A path from `::`, if nothing ends before it.
            let before = first.checked_sub(3).map_or(0, |at| lexed.sign(at));
            return !matches!(before, b'>' | b')' | b']');
        }
        first -= 3;
    }
    let root = lexed.name(first).unwrap_or_default();
    let is_own = root == b"crate" && first > 0 && lexed.sign(first - 1) == b'$';
    let is_root = first == place && lexed.is_path(place + 1);
    let is_of_std = matches!(root, b"std" | b"core" | b"alloc");
    (first < place || is_root) && (is_own || is_of_std)
}

fn cfgs(lexed: &Lexed, span: Span, says: &mut Says) {
    let mut place = span.start;
    while place < span.end {
        if let Some((cfg, last)) = cfg(lexed, place).filter(|_| !lexed.is_open(place + 1)) {
            place = last;
            says.reads.insert(Read::Cfg(cfg));
        }
        place += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(source: &str, of: &str) -> (String, Says) {
        let mut library = Library::default();
        let lexed = Lexed::read(source.as_bytes().to_vec());
        library.file(&lexed);
        library.rename();
        say_all(&lexed, &others_of_hosts(&lexed), &mut library.says);
        let says = library.says(of.as_bytes());
        let names = says.names.iter().map(|name| String::from_utf8_lossy(name));
        (names.collect::<Vec<_>>().join(" "), says)
    }

    #[test]
    fn what_macros_say_is_found() {
        for (source, expected) in [
            (
                "macro_rules! m { ($x:expr) => { crate::hidden($x) } }",
                "hidden",
            ),
            (
                "macro_rules! m { () => { 1 } } macro_rules! n { () => { hidden() } } pub mod a { pub use crate::n as m; }",
                "hidden",
            ),
            (
                "macro_rules! m { () => { $crate::a::b(::std::c(), std::d, ::e::f) } }",
                "",
            ),
            (
                "macro_rules! m { () => { $crate::n!(q) } } macro_rules! n { ($x:ident) => { $x.go() } }",
                "go q",
            ),
            (
                "#[proc_macro] pub fn m(_: T) -> T { other(); quote!(crate::hidden()) }",
                "hidden",
            ),
            (
                "use quote::quote as vec; #[proc_macro] pub fn m(_: T) -> T { vec!(crate::hidden()); format!(\"no code\") }",
                "hidden",
            ),
            (
                "#[proc_macro_derive(m, attributes(x))] pub fn f() { \"crate::hidden()\".parse().unwrap(); \"no code\" }",
                "hidden",
            ),
        ] {
            assert_eq!(names(source, "m").0, expected, "{source}");
        }
        let source = "macro_rules! m { () => { env!(\"A\"); cfg!(feature = \"b\"); include_str!(\"c\"); d!() } }";
        let says = names(source, "m").1;
        let expected = [
            Read::Cfg("feature=\"b\"".to_owned()),
            Read::Environment("A".to_owned()),
            Read::File(None, "c".to_owned()),
        ];
        assert_eq!(says.reads.into_iter().collect::<Vec<_>>(), expected);
        let others = says.calls.iter().filter(|name| !known::is_macro(name));
        assert_eq!(others.collect::<Vec<_>>(), [b"d"]);
        // Where the macro is called, something else may have the name.
        assert!(says.calls.contains(&b"cfg"[..]));
    }
}
