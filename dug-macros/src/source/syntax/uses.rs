//! What a `use` brings in, name by name.

use crate::source::text::lexer::{Lexed, Span};
use crate::source::text::names::{Name, Names};

/// In so many braces are imports told apart.
const DEEPEST: usize = 64;

/// One leaf of a tree of imports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Import {
    pub(crate) path: Vec<Name>,
    pub(crate) what: What,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum What {
    /// By the last name of the path.
    Plain,
    /// `as name`
    Renamed(Name),
    /// `as _`: a trait, for its methods.
    Unnamed,
    Glob,
}

impl Import {
    /// The name that it brings in.
    pub(super) fn name(&self) -> Option<Name> {
        match self.what {
            What::Plain => self.path.last().copied(),
            What::Renamed(name) => Some(name),
            What::Unnamed | What::Glob => None,
        }
    }
}

/// The imports in what stands between `use` and `;`.
pub(crate) fn read(lexed: &Lexed, span: Span, names: &mut Names) -> Vec<Import> {
    let mut found = Vec::new();
    tree(lexed, span, 0, &mut Vec::new(), names, &mut found);
    found
}

fn tree(
    lexed: &Lexed,
    span: Span,
    braces: usize,
    path: &mut Vec<Name>,
    names: &mut Names,
    found: &mut Vec<Import>,
) {
    let depth = path.len();
    let mut place = span.start;
    let mut what = What::Plain;
    let mut begun = false;
    while place < span.end {
        match lexed.sign(place) {
            b',' | b';' => {
                leaf(path, what, begun, found);
                path.truncate(depth);
                (what, begun) = (What::Plain, false);
                place += 1;
            }
            b'*' => {
                (what, begun) = (What::Glob, true);
                place += 1;
            }
            b'{' if braces == DEEPEST => {
                (what, begun) = (What::Glob, true);
                place = lexed.after(place);
            }
            b'{' => {
                tree(lexed, lexed.inside(place), braces + 1, path, names, found);
                path.truncate(depth);
                begun = false;
                place = lexed.after(place);
            }
            _ => {
                match lexed.name(place) {
                    Some(b"as") => {
                        let name = lexed.name(place + 1).unwrap_or(b"_");
                        what = match name {
                            b"_" => What::Unnamed,
                            name => What::Renamed(names.add(name)),
                        };
                        place += 1;
                    }
                    // The module itself, by its own name.
                    Some(b"self") if begun || depth > 0 => begun = true,
                    Some(name) => {
                        path.push(names.add(name));
                        begun = true;
                    }
                    None => {}
                }
                place += 1;
            }
        }
    }
    leaf(path, what, begun, found);
    path.truncate(depth);
}

fn leaf(path: &[Name], what: What, begun: bool, found: &mut Vec<Import>) {
    if begun {
        found.push(Import {
            path: path.to_vec(),
            what,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn imports(source: &str) -> Vec<String> {
        let mut names = Names::default();
        let lexed = Lexed::read(source.as_bytes().to_vec());
        let found = read(&lexed, 0..lexed.len(), &mut names);
        let print = |import: Import| {
            let path = import.path.iter().map(|name| names.print(*name));
            let path = path.collect::<Vec<_>>().join("::");
            match import.what {
                What::Plain => path,
                What::Renamed(name) => format!("{path} as {}", names.print(name)),
                What::Unnamed => format!("{path} as _"),
                What::Glob => format!("{path}::*"),
            }
        };
        found.into_iter().map(print).collect()
    }

    #[test]
    fn trees_are_read_leaf_by_leaf() {
        let tree = "a::{self, b::{c as d, e::*}, f as _, self as g}, crate::h;";
        let leaves = [
            "a",
            "a::b::c as d",
            "a::b::e::*",
            "a::f as _",
            "a as g",
            "crate::h",
        ];
        assert_eq!(imports(tree), leaves);
        assert_eq!(imports("::x::y;"), ["x::y"]);
        assert_eq!(imports("self::z;"), ["self::z"]);
        assert_eq!(imports("super::*;"), ["super::*"]);
        assert_eq!(imports("{a, b};"), ["a", "b"]);
    }
}
