//! What texts mention: code, files and folders, where they are given to macros and attributes.

use super::mentions::{Around, Looker, Role, What};
use crate::source::syntax::paths::{From, Root};
use crate::source::syntax::read::Read;
use crate::source::text::literals::{identifiers, text};

impl Looker<'_> {
    /// A text names what is between braces in it; in attributes and macros it may name more.
    pub(super) fn text(&mut self, place: usize) {
        let lexed = self.lexed;
        let inner = text(lexed, place);
        let inner = inner.as_bytes();
        if let Some(Around {
            what: What::Nothing,
            ..
        }) = self.around.last()
        {
            return;
        }
        if !self.around.is_empty() && may_be_code(inner) {
            if inner.starts_with(b"crate::") || inner.starts_with(b"super::") {
                let from = From::Anywhere;
                self.found.roots.push(Root { from, next: None });
            }
            identifiers(inner, |name| {
                if name == b"impl" {
                    self.is_beyond();
                }
                self.add(name, Role::Any);
                let name = self.names.add(name);
                self.found.texts.push(name);
            });
        } else if inner.contains(&b'{') {
            for braced in inner.split(|byte| *byte == b'{').skip(1) {
                let end = braced.iter().position(|byte| *byte == b'}');
                if let Some(end) = end {
                    identifiers(&braced[..end], |name| self.add(name, Role::Any));
                }
            }
        }
        let has = |is_one: fn(&u8) -> bool| inner.iter().any(is_one);
        let is_name = inner.len() < 200 && !has(|byte| matches!(byte, b'\n' | b' ' | b'{'));
        if is_name && !self.around.is_empty() && has(|byte| matches!(byte, b'.' | b'/')) {
            self.found.reads.push(Read::Perhaps(text(lexed, place)));
        }
        let is_unknown = |around: &Around| {
            let of = &around.what;
            matches!(of, What::Macro(_) | What::Attribute { is_known: false })
        };
        // `.` and `/` are other things as a rule.
        if is_name && has(u8::is_ascii_alphanumeric) && self.around.iter().any(is_unknown) {
            self.found.reads.push(Read::Folder(text(lexed, place)));
        }
    }
}

/// Whether a text that is given to a macro may be code, and no words for people.
fn may_be_code(text: &[u8]) -> bool {
    let trimmed = text.trim_ascii();
    let has = |sign: &[u8]| trimmed.windows(sign.len()).any(|window| window == sign);
    !trimmed.iter().any(u8::is_ascii_whitespace)
        || trimmed.iter().any(|sign| b"(<>=+*&|".contains(sign))
        || has(b"::")
        || has(b"..")
}
