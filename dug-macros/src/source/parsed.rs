//! What one source file declares: its items, blocks and modules.

use super::lexer::{Lexed, Span};
use super::names::Name;
use super::uses::Import;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
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
pub(super) struct Item {
    pub(super) kind: Kind,
    pub(super) name: Option<Name>,
    /// Attributes, and all that follows, up to the end.
    pub(super) span: Span,
    /// The part of the span that is attributes.
    pub(super) attributes: Span,
    /// The token that is its name.
    pub(super) place: usize,
    /// For a function: where its body opens.
    pub(super) body: Option<usize>,
    pub(super) module: usize,
    pub(super) group: Option<usize>,
    pub(super) import: Option<Import>,
    /// The function in whose body it stands.
    pub(super) outer: Option<usize>,
}

/// An impl block, or the declaration of a trait.
#[derive(Debug)]
pub(super) struct Group {
    /// Attributes, and what stands before the braces.
    pub(super) header: Span,
    pub(super) attributes: Span,
    /// Where the names of the header begin: after `impl`, `trait`.
    pub(super) names: usize,
    /// For a trait's impl: the `for`.
    pub(super) for_: Option<usize>,
    /// For a trait: its own item.
    pub(super) declared: Option<usize>,
    pub(super) module: usize,
    /// The function in whose body it stands.
    pub(super) outer: Option<usize>,
}

#[derive(Debug)]
pub(super) struct Module {
    pub(super) name: Option<Name>,
    /// In this file.
    pub(super) parent: Option<usize>,
    /// The token that is its name.
    pub(super) place: usize,
    /// Of the module, inner and outer.
    pub(super) attributes: Vec<Span>,
    /// The function in whose body it stands.
    pub(super) outer: Option<usize>,
    /// Whether its items stand in another file.
    pub(super) is_elsewhere: bool,
}

/// What one file declares.
#[derive(Debug, Default)]
pub(super) struct Parsed {
    pub(super) items: Vec<Item>,
    pub(super) groups: Vec<Group>,
    /// The first is the file itself.
    pub(super) modules: Vec<Module>,
}

impl Item {
    /// All of a file.
    pub(super) fn included(lexed: &Lexed) -> Self {
        Item {
            kind: Kind::Included,
            name: None,
            span: 0..lexed.len(),
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

/// Whether a macro of this name takes items by their `cfg`s: all are read.
pub(super) fn is_choice(name: &[u8]) -> bool {
    matches!(name, b"cfg_if" | b"cfg_select")
}
