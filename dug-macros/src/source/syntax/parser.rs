//! The items of one source file: where each begins and ends, what it is called,
//! and which block or module it stands in. Items inside function bodies are items
//! of their own, and part of that body as well.
//!
//! Nothing here fails: what is not understood is passed over, token by token.

use super::attributes::inner_attributes;
use super::items::{Group, Item, Kind, Module, Parsed, is_choice};
use super::uses::Import;
use crate::source::text::lexer::{Kind as Token, Lexed, Span};
use crate::source::text::names::Names;

/// So deep are items looked for in others.
const DEEPEST: usize = 64;

/// Where items are looked for.
#[derive(Clone, Copy)]
struct Place {
    module: usize,
    group: Option<usize>,
    outer: Option<usize>,
}

pub(crate) fn parse(lexed: &Lexed, names: &mut Names) -> Parsed {
    let mut parser = Parser {
        lexed,
        names,
        found: Parsed::default(),
        depth: 0,
    };
    parser.found.modules.push(Module {
        name: None,
        parent: None,
        place: 0,
        attributes: Vec::new(),
        outer: None,
        is_elsewhere: false,
    });
    let place = Place {
        module: 0,
        group: None,
        outer: None,
    };
    parser.items(0..lexed.len(), place);
    parser.found
}

struct Parser<'a> {
    lexed: &'a Lexed,
    names: &'a mut Names,
    found: Parsed,
    /// In how many items the place is.
    depth: usize,
}

impl Parser<'_> {
    fn items(&mut self, span: Span, here: Place) {
        self.deeper(span, here, |parser, span| {
            let mut place = span.start;
            while place < span.end {
                let next = parser.item(place, here);
                place = next.unwrap_or(0).max(place + 1);
            }
        });
    }

    /// Looks for items that stand in others; too deep, all is one that may declare anything.
    fn deeper(&mut self, span: Span, here: Place, look: impl FnOnce(&mut Self, Span)) {
        if self.depth < DEEPEST {
            self.depth += 1;
            look(self, span);
            self.depth -= 1;
        } else if !span.is_empty() {
            let all = Item::unknown(span, here.module, here.group, here.outer);
            self.found.items.push(all);
        }
    }

    /// Items inside a body: where a statement may begin.
    fn body(&mut self, span: Span, here: Place) {
        self.deeper(span, here, |parser, span| parser.statements(span, here));
    }

    fn statements(&mut self, span: Span, here: Place) {
        let mut begins = true;
        let mut place = span.start;
        while place < span.end {
            let next = begins.then(|| self.item(place, here)).flatten();
            if let Some(next) = next {
                place = next.max(place + 1);
                continue;
            }
            let sign = |ahead: usize| self.lexed.sign(place + ahead);
            // Inner attributes stand before the statements.
            if begins && sign(0) == b'#' && sign(1) == b'!' && sign(2) == b'[' {
                place = self.lexed.after(place + 2);
                continue;
            }
            begins = matches!(sign(0), b'{' | b'}' | b';');
            place += 1;
        }
    }

    /// The item that begins here, if one does; the place after it.
    fn item(&mut self, start: usize, here: Place) -> Option<usize> {
        let lexed = self.lexed;
        let mut at = start;
        while lexed.sign(at) == b'#' {
            if lexed.sign(at + 1) == b'!' && lexed.sign(at + 2) == b'[' && here.outer.is_none() {
                let after = lexed.after(at + 2);
                self.found.modules[here.module].attributes.push(at..after);
                return Some(after);
            }
            if lexed.sign(at + 1) != b'[' {
                return None;
            }
            at = lexed.after(at + 1);
        }
        let attributes = start..at;
        at = self.modifiers(at);
        lexed.name(at)?;
        let word = lexed.text(at);
        let named = lexed.name(at + 1).is_some();
        let mut new = Item {
            kind: Kind::Function,
            name: None,
            span: start..at,
            attributes,
            place: at + 1,
            body: None,
            module: here.module,
            group: here.group,
            import: None,
            outer: here.outer,
        };
        match word {
            b"fn" if named => {
                if here.group.is_some() {
                    new.kind = Kind::Method;
                }
                let (body, end) = self.end(at + 2);
                new.body = body;
                let item = self.with_inner(at + 2, body.unwrap_or(end), new, end, here);
                if let Some(open) = body {
                    let outer = Some(item);
                    self.body(
                        lexed.inside(open),
                        Place {
                            group: None,
                            outer,
                            ..here
                        },
                    );
                }
                Some(end)
            }
            b"struct" | b"enum" if named => self.declared(Kind::Type, at, new, here),
            b"union"
                if named
                    && (matches!(lexed.sign(at + 2), b'{' | b'<')
                        || lexed.is_word(at + 2, b"where")) =>
            {
                self.declared(Kind::Type, at, new, here)
            }
            b"const" if named && lexed.sign(at + 2) == b':' => {
                self.value(Kind::Constant, at, new, here)
            }
            b"static" => {
                let at = at + usize::from(lexed.is_word(at + 1, b"mut"));
                (lexed.name(at + 1).is_some() && lexed.sign(at + 2) == b':')
                    .then(|| self.value(Kind::Static, at, new, here))?
            }
            b"type" if named => {
                new.kind = Kind::Alias;
                let end = self.semicolon(at);
                self.with_inner(at + 2, end, new, end, here);
                Some(end)
            }
            b"trait" if named => self.trait_(at, new, here),
            b"impl" => self.block(at, new, here),
            b"mod" if named => Some(self.module(at, &new, here)),
            b"use" if lexed.sign(at + 1) != b'<' => {
                let end = self.semicolon(at);
                new.place = at;
                for import in super::uses::read(lexed, at + 1..end, self.names) {
                    self.import(&new, import, end);
                }
                Some(end)
            }
            b"extern" => self.foreign(at, new, here),
            b"macro_rules" if lexed.sign(at + 1) == b'!' && lexed.name(at + 2).is_some() => {
                new.place = at + 2;
                self.macro_(at + 3, new)
            }
            b"macro" if named => self.macro_(at + 2, new),
            _ if here.outer.is_none() => self.call(at, new),
            _ => None,
        }
    }

    /// After visibility, `unsafe`, `async` and the like.
    fn modifiers(&self, mut at: usize) -> usize {
        let lexed = self.lexed;
        loop {
            let next = lexed.name(at + 1);
            let skip = match lexed.name(at) {
                Some(b"pub") if lexed.sign(at + 1) == b'(' => lexed.after(at + 1) - at,
                Some(b"pub") => 1,
                Some(b"const")
                    if matches!(next, Some(b"fn" | b"unsafe" | b"async" | b"extern")) =>
                {
                    1
                }
                Some(b"extern") if next == Some(b"fn") => 1,
                Some(b"extern")
                    if lexed.kind(at + 1) == Some(Token::Text) && lexed.is_word(at + 2, b"fn") =>
                {
                    2
                }
                Some(b"unsafe" | b"async" | b"default" | b"safe" | b"auto" | b"gen")
                    if next.is_some() =>
                {
                    1
                }
                _ => return at,
            };
            at += skip;
        }
    }

    fn add(&mut self, mut item: Item, end: usize) -> usize {
        item.span.end = end;
        if item.name.is_none() {
            let lexed = self.lexed;
            let name = lexed.name(item.place);
            let name = name.filter(|_| !lexed.is_keyword(item.place));
            item.name = name.map(|name| self.names.add(name));
        }
        self.found.items.push(item);
        self.found.items.len() - 1
    }

    /// Where the item whose name or header is before `at` ends, and where its braces open.
    fn end(&self, mut at: usize) -> (Option<usize>, usize) {
        let lexed = self.lexed;
        while at < lexed.len() {
            match lexed.sign(at) {
                b';' => return (None, at + 1),
                b'{' => {
                    let after = lexed.after(at);
                    // A constant as a parameter of a type, not the body.
                    if !matches!(lexed.sign(after), b'>' | b',') {
                        return (Some(at), after);
                    }
                    at = after;
                }
                b'(' | b'[' => at = lexed.after(at),
                b'}' | b')' | b']' => return (None, at),
                _ => at += 1,
            }
        }
        (None, at)
    }

    /// After the `;` that ends an item.
    fn semicolon(&self, mut at: usize) -> usize {
        let lexed = self.lexed;
        while at < lexed.len() {
            match lexed.sign(at) {
                b';' => return at + 1,
                b'{' | b'(' | b'[' => at = lexed.after(at),
                b'}' | b')' | b']' => return at,
                _ => at += 1,
            }
        }
        at
    }

    fn declared(&mut self, kind: Kind, at: usize, mut new: Item, here: Place) -> Option<usize> {
        new.kind = kind;
        let (_, end) = self.end(at + 2);
        self.with_inner(at + 2, end, new, end, here);
        Some(end)
    }

    /// Adds an item, and those in the constants that its types mention.
    fn with_inner(
        &mut self,
        start: usize,
        stop: usize,
        new: Item,
        end: usize,
        here: Place,
    ) -> usize {
        let item = self.add(new, end);
        let here = Place {
            group: None,
            outer: Some(item),
            ..here
        };
        self.body(start..stop, here);
        item
    }

    fn value(&mut self, kind: Kind, at: usize, mut new: Item, here: Place) -> Option<usize> {
        new.kind = kind;
        new.place = at + 1;
        let end = self.semicolon(at);
        let item = self.add(new, end);
        let outer = Some(item);
        self.body(
            at + 2..end,
            Place {
                group: None,
                outer,
                ..here
            },
        );
        Some(end)
    }

    fn trait_(&mut self, at: usize, mut new: Item, here: Place) -> Option<usize> {
        new.kind = Kind::Trait;
        let (open, end) = self.end(at + 2);
        let header = new.span.start..open.unwrap_or(end);
        let attributes = new.attributes.clone();
        new.group = open.map(|_| self.found.groups.len());
        let declared = self.add(new, header.end);
        let open = match open {
            Some(open) => open,
            None => return Some(end),
        };
        self.found.groups.push(Group {
            header,
            attributes,
            names: at + 2,
            for_: None,
            declared: Some(declared),
            module: here.module,
            outer: here.outer,
        });
        self.members(open, here);
        Some(end)
    }

    /// What stands in the braces of the last group.
    fn members(&mut self, open: usize, here: Place) {
        let group = Some(self.found.groups.len() - 1);
        let here = Place {
            group,
            outer: None,
            ..here
        };
        self.items(self.lexed.inside(open), here);
    }

    fn block(&mut self, at: usize, new: Item, here: Place) -> Option<usize> {
        let (open, end) = self.end(at + 1);
        let open = open?;
        let lexed = self.lexed;
        let mut for_ = None;
        let mut place = at + 1;
        while place < open && !lexed.is_word(place, b"where") {
            let binds =
                lexed.sign(place + 1) == b'<' && lexed.kind(place + 2) == Some(Token::Lifetime);
            if lexed.is_word(place, b"for") && !binds {
                for_ = Some(place);
            }
            place = match lexed.is_open(place) {
                true => lexed.after(place),
                false => place + 1,
            };
        }
        self.found.groups.push(Group {
            header: new.span.start..open,
            attributes: new.attributes,
            names: at + 1,
            for_,
            declared: None,
            module: here.module,
            outer: here.outer,
        });
        self.members(open, here);
        Some(end)
    }

    fn module(&mut self, at: usize, new: &Item, here: Place) -> usize {
        let lexed = self.lexed;
        let name = lexed.name(at + 1).map(|name| self.names.add(name));
        let (open, end) = self.end(at + 2);
        let inner = open.map(|open| inner_attributes(lexed, open));
        self.found.modules.push(Module {
            name,
            parent: Some(here.module),
            place: at + 1,
            attributes: [Some(new.attributes.clone()), inner]
                .into_iter()
                .flatten()
                .collect(),
            outer: here.outer,
            is_elsewhere: open.is_none(),
        });
        if let Some(open) = open {
            let module = self.found.modules.len() - 1;
            let here = Place {
                module,
                group: None,
                outer: None,
            };
            self.items(lexed.inside(open), here);
        }
        end
    }

    fn import(&mut self, new: &Item, import: Import, end: usize) {
        self.found.items.push(Item {
            kind: Kind::Import,
            name: import.name(),
            span: new.span.start..end,
            attributes: new.attributes.clone(),
            import: Some(import),
            ..new.clone()
        });
    }

    /// `extern crate a as b;`, and blocks.
    fn foreign(&mut self, at: usize, mut new: Item, here: Place) -> Option<usize> {
        let lexed = self.lexed;
        if lexed.is_word(at + 1, b"crate") {
            let end = self.semicolon(at);
            for import in super::uses::read(lexed, at + 2..end, self.names) {
                self.import(&new, import, end);
            }
            return Some(end);
        }
        let open = at + 1 + usize::from(lexed.kind(at + 1) == Some(Token::Text));
        if lexed.sign(open) != b'{' {
            return None;
        }
        let end = lexed.after(open);
        new.kind = Kind::Foreign;
        new.group = here.group;
        self.add(new, end);
        Some(end)
    }

    fn macro_(&mut self, mut open: usize, mut new: Item) -> Option<usize> {
        let lexed = self.lexed;
        new.kind = Kind::Macro;
        if lexed.sign(open) == b'(' && lexed.sign(lexed.after(open)) == b'{' {
            open = lexed.after(open);
        }
        if !lexed.is_open(open) {
            return None;
        }
        let end = lexed.after(open);
        let end = end + usize::from(lexed.sign(end) == b';');
        self.add(new, end);
        Some(end)
    }

    /// The call of a macro, where items stand.
    fn call(&mut self, at: usize, mut new: Item) -> Option<usize> {
        let lexed = self.lexed;
        let mut last = at;
        while lexed.is_path(last + 1) && lexed.name(last + 3).is_some() {
            last += 3;
        }
        let open = last + 2 + usize::from(lexed.name(last + 2).is_some());
        if lexed.sign(last + 1) != b'!' || !lexed.is_open(open) {
            return None;
        }
        let end = lexed.after(open);
        let end = end + usize::from(lexed.sign(end) == b';');
        new.kind = Kind::MacroCall;
        new.place = last;
        let here = Place {
            module: new.module,
            group: new.group,
            outer: None,
        };
        self.add(new, end);
        // `cfg_if! { if #[cfg(..)] { items } else { items } }`
        if lexed.name(last).is_some_and(is_choice) {
            let mut place = open + 1;
            while place < lexed.close(open) {
                if lexed.sign(place) == b'{' {
                    self.items(lexed.inside(place), here);
                }
                place = match lexed.is_open(place) {
                    true => lexed.after(place),
                    false => place + 1,
                };
            }
        }
        Some(end)
    }
}
