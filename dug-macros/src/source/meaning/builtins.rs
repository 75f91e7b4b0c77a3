//! What the macros of the compiler are asked for: `cfg`s, variables of the environment,
//! files. Also where another macro is given their names.

use super::mentions::{Around, Looker, What};
use crate::source::syntax::attributes::next_comma;
use crate::source::syntax::read::{Read, included};
use crate::source::text::lexer::{Kind, Span};
use crate::source::text::literals::{cfg, text};

impl Looker<'_> {
    /// What the macro of this name is asked for in the brackets that open here, if it is one of these.
    pub(super) fn asks(&mut self, name: &[u8], open: usize) {
        let lexed = self.lexed;
        match self.ignored.origins.builtin(name) {
            b"cfg" => self.cfgs(lexed.inside(open)),
            b"cfg_select" => self.arms(lexed.inside(open)),
            b"env" | b"option_env" => {
                let read = match lexed.kind(open + 1) {
                    Some(Kind::Text) => Read::Environment(text(lexed, open + 1)),
                    _ => Read::Variables,
                };
                self.found.reads.push(read);
            }
            b"include" => self.include(lexed.inside(open), Read::File),
            b"include_str" | b"include_bytes" => self.include(lexed.inside(open), Read::Bytes),
            _ => {}
        }
    }

    /// What the compiler reads may be asked for by a name that a macro is given.
    pub(super) fn given_builtin(&mut self, place: usize) {
        let lexed = self.lexed;
        let in_macro = |around: &Around| matches!(around.what, What::Macro(_));
        if !self.is_macro && !self.around.iter().any(in_macro) {
            return;
        }
        let origins = &self.ignored.origins;
        let is_call = lexed.sign(place + 1) == b'(';
        match origins.builtin(lexed.name(place).unwrap_or_default()) {
            b"cfg" | b"cfg_attr" if is_call => self.cfgs(lexed.inside(place + 1)),
            _ if is_call || lexed.is_path(place + 1) => {}
            b"cfg" | b"cfg_attr" | b"cfg_select" => self.found.reads.push(Read::Cfgs),
            b"env" | b"option_env" => self.found.reads.push(Read::Variables),
            b"include" | b"include_str" | b"include_bytes" => {
                self.found.reads.push(Read::Unknown);
            }
            _ => {}
        }
    }

    /// The predicates before the arms of a `cfg_select!`.
    fn arms(&mut self, span: Span) {
        let lexed = self.lexed;
        let mut place = span.start;
        while place < span.end {
            let start = place;
            let arrow = |at: usize| lexed.sign(at) == b'=' && lexed.sign(at + 1) == b'>';
            while place < span.end && !arrow(place) {
                place = if lexed.is_open(place) {
                    lexed.after(place)
                } else {
                    place + 1
                };
            }
            self.cfgs(start..place);
            place += 2;
            place = match lexed.sign(place) {
                b'{' => lexed.after(place),
                _ => next_comma(lexed, place, span.end),
            };
            place += usize::from(lexed.sign(place) == b',');
        }
    }

    /// The predicates in the parentheses of a `cfg`.
    pub(super) fn cfgs(&mut self, span: Span) {
        let lexed = self.lexed;
        // A part of them is given to a macro.
        if span.clone().any(|place| lexed.sign(place) == b'$') {
            self.found.reads.push(Read::Cfgs);
        }
        let mut place = span.start;
        while place < span.end {
            let name = lexed.name(place);
            let is_open = lexed.is_open(place + 1);
            match name {
                Some(_) if is_open => {}
                _ => {
                    if let Some((cfg, last)) = cfg(lexed, place) {
                        place = last;
                        self.found.reads.push(Read::Cfg(cfg));
                    }
                }
            }
            place += 1;
        }
    }

    fn include(&mut self, span: Span, read: fn(Option<String>, String) -> Read) {
        self.found.reads.push(match included(self.lexed, span) {
            Some(Read::File(variable, name)) => read(variable, name),
            found => found.unwrap_or(Read::Unknown),
        });
    }
}
