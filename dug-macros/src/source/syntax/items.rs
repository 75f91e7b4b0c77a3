//! What one source file declares: its items, blocks and modules.

use super::uses::Import;
use crate::source::text::lexer::{Lexed, Span};
use crate::source::text::names::Name;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Function,
    Method,
    Constant,
    Static,
    Type,
    Alias,
    Trait,
    Macro,
    /// The call of a macro where items stand: it may declare anything.
    MacroCall,
    /// One name that a `use` or an `extern crate` brings in.
    Import,
    /// An `extern` block.
    Foreign,
    /// All of a file that is included where no items stand, or it is not known where.
    Included,
}

#[derive(Debug, Clone)]
pub(crate) struct Item {
    pub(crate) kind: Kind,
    pub(crate) name: Option<Name>,
    /// Attributes, and all that follows, up to the end.
    pub(crate) span: Span,
    /// The part of the span that is attributes.
    pub(crate) attributes: Span,
    /// The token that is its name.
    pub(crate) place: usize,
    /// For a function: where its body opens.
    pub(crate) body: Option<usize>,
    pub(crate) module: usize,
    pub(crate) group: Option<usize>,
    pub(crate) import: Option<Import>,
    /// The function in whose body it stands.
    pub(crate) outer: Option<usize>,
}

/// An impl block, or the declaration of a trait.
#[derive(Debug)]
pub(crate) struct Group {
    /// Attributes, and what stands before the braces.
    pub(crate) header: Span,
    pub(crate) attributes: Span,
    /// Where the names of the header begin: after `impl`, `trait`.
    pub(crate) names: usize,
    /// For a trait's impl: the `for`.
    pub(crate) for_: Option<usize>,
    /// For a trait: its own item.
    pub(crate) declared: Option<usize>,
    pub(crate) module: usize,
    /// The function in whose body it stands.
    pub(crate) outer: Option<usize>,
}

#[derive(Debug)]
pub(crate) struct Module {
    pub(crate) name: Option<Name>,
    /// In this file.
    pub(crate) parent: Option<usize>,
    /// The token that is its name.
    pub(crate) place: usize,
    /// Of the module, inner and outer.
    pub(crate) attributes: Vec<Span>,
    /// The function in whose body it stands.
    pub(crate) outer: Option<usize>,
    /// Whether its items stand in another file.
    pub(crate) is_elsewhere: bool,
}

/// What one file declares.
#[derive(Debug, Default)]
pub(crate) struct Parsed {
    pub(crate) items: Vec<Item>,
    pub(crate) groups: Vec<Group>,
    /// The first is the file itself.
    pub(crate) modules: Vec<Module>,
}

impl Item {
    /// Tokens that may declare anything.
    pub(super) fn unknown(
        span: Span,
        module: usize,
        group: Option<usize>,
        outer: Option<usize>,
    ) -> Self {
        Item {
            kind: Kind::MacroCall,
            attributes: span.start..span.start,
            place: span.start,
            module,
            group,
            outer,
            ..Item::included(span)
        }
    }

    /// All of a file.
    pub(crate) fn included(span: Span) -> Self {
        Item {
            kind: Kind::Included,
            name: None,
            span,
            attributes: 0..0,
            place: 0,
            body: None,
            module: 0,
            group: None,
            import: None,
            outer: None,
        }
    }
}

/// Whether what stands here is the name of an item, by the word before it.
pub(crate) fn is_named(lexed: &Lexed, place: usize) -> bool {
    let back = |back: usize| place.checked_sub(back);
    let word = |at: usize| back(at).and_then(|place| lexed.name(place));
    let sign = |at: usize| back(at).map_or(0, |place| lexed.sign(place));
    // `*const u8`, and not what follows `$(..)*`.
    let is_pointer = || sign(2) == b'*' && sign(3) != b')' && sign(4) != b')';
    match word(1) {
        Some(b"const") => !is_pointer(),
        Some(b"mut" | b"ref") => word(2) == Some(b"static"),
        Some(word) => matches!(
            word,
            b"enum" | b"fn" | b"mod" | b"static" | b"struct" | b"trait" | b"type" | b"union"
        ),
        None => false,
    }
}

/// Whether a macro of this name takes items by their `cfg`s: all are read.
pub(crate) fn is_choice(name: &[u8]) -> bool {
    matches!(name, b"cfg_if" | b"cfg_select")
}
