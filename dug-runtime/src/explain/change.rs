//! What is different between two codes of a function: pure.

use crate::store::{Code, Piece};
use serde::Serialize;
use std::collections::HashMap;

/// Something of the code of a function that is not what it was.
///
/// ```
/// use dug::{CodeChange, CodePart, PartChange};
///
/// let part = CodePart::new("fn", "discount", "src/curve.rs");
/// let change = CodeChange::Part { part, how: PartChange::Changed };
/// assert_eq!(change.to_string(), "helper fn discount (src/curve.rs) changed");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[non_exhaustive]
pub enum CodeChange {
    /// The tracked item itself.
    Own,
    /// What the names in the tracked item mean, or what a macro around it sees of it; the item is as it was.
    Meaning,
    /// Something that it reaches.
    Part {
        /// What.
        part: CodePart,
        /// What became of it.
        how: PartChange,
    },
    /// The option `version`.
    Version {
        /// What it was.
        then: Option<String>,
        /// What it is.
        now: Option<String>,
    },
    /// For what the program is compiled.
    Target {
        /// What it was.
        then: String,
        /// What it is.
        now: String,
    },
    /// The type of the results.
    ResultType {
        /// What it was.
        then: String,
        /// What it is.
        now: String,
    },
    /// Any source of its crate, where these count as a whole.
    Sources,
}

/// Something that the code of a function reaches.
///
/// ```
/// let part = dug::CodePart::new("const", "RATE", "src/curve.rs");
/// assert_eq!(part.to_string(), "const RATE (src/curve.rs)");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[non_exhaustive]
pub struct CodePart {
    /// `fn`, `method`, `const`, `type`, `impl`, `macro`, `crate`, `cfg`, `env`, `file` and the like.
    pub kind: String,
    /// Its name; empty for what has none, as an import by glob.
    pub name: String,
    /// In which file it stands; empty for what is in none, as another crate.
    pub file: String,
}

impl CodePart {
    /// A part of this kind and name, in this file.
    ///
    /// ```
    /// let part = dug::CodePart::new("crate", "serde", "");
    /// assert_eq!(part.to_string(), "crate serde");
    /// ```
    #[must_use]
    pub fn new(kind: &str, name: &str, file: &str) -> Self {
        CodePart {
            kind: kind.to_owned(),
            name: name.to_owned(),
            file: file.to_owned(),
        }
    }
}

/// What became of a part.
///
/// ```
/// assert_eq!(dug::PartChange::Gone.to_string(), "is gone");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[non_exhaustive]
pub enum PartChange {
    /// It is not what it was.
    Changed,
    /// It was not there, or was not reached.
    Added,
    /// It is not there, or is not reached.
    Gone,
}

/// The code of a function as it is in this program.
pub(super) struct Now {
    pub(super) code: Code,
    /// The folder in which the files of its parts lie.
    pub(super) root: String,
    /// Then the item around it counts as its own.
    pub(super) is_cell: bool,
}

/// What is different, sorted.
pub(super) fn changes(then: &Code, now: &Now) -> Vec<CodeChange> {
    let Now {
        code: now,
        root,
        is_cell,
    } = now;
    let mut changes = Vec::new();
    let (a, b) = (&then.ran, &now.ran);
    let own = |code: &Code| code.ran.own.as_ref().map(|own| own.digest);
    let own_differs = matches!((own(then), own(now)), (Some(then), Some(now)) if then != now);
    if a.item != b.item {
        changes.push(CodeChange::Own);
    } else if own_differs && a.version == b.version {
        // The version stands at the item: where it is another, so is what its own digest says.
        let around = b.own.as_ref().filter(|_| *is_cell);
        changes.push(
            around.map_or(CodeChange::Meaning, |around| CodeChange::Part {
                part: part_of(around, root),
                how: PartChange::Changed,
            }),
        );
    }
    if a.version != b.version {
        changes.push(CodeChange::Version {
            then: a.version.clone(),
            now: b.version.clone(),
        });
    }
    if a.target != b.target {
        changes.push(CodeChange::Target {
            then: a.target.clone(),
            now: b.target.clone(),
        });
    }
    let are_known = !a.result_type.is_empty() && !b.result_type.is_empty();
    if are_known && a.result_type != b.result_type {
        changes.push(CodeChange::ResultType {
            then: a.result_type.clone(),
            now: b.result_type.clone(),
        });
    }
    if a.sources.is_some() && a.sources != b.sources {
        changes.push(CodeChange::Sources);
    }
    if let (Some(then), Some(now)) = (&then.parts, &now.parts) {
        changes.extend(changed_parts(then, now, root));
    }
    changes.sort();
    changes.dedup();
    changes
}

fn changed_parts(then: &[Piece], now: &[Piece], root: &str) -> Vec<CodeChange> {
    let mut then: Vec<&Piece> = then.iter().collect();
    let mut now: Vec<&Piece> = now.iter().collect();
    // What has only moved is no change.
    pair(&mut then, &mut now, |a, b| {
        (&a.kind, &a.name, a.digest) == (&b.kind, &b.name, b.digest)
    });
    let mut changes = Vec::new();
    let here = pair(&mut then, &mut now, |a, b| {
        (&a.kind, &a.name, &a.file) == (&b.kind, &b.name, &b.file)
    });
    let moved = pair(&mut then, &mut now, |a, b| {
        (&a.kind, &a.name) == (&b.kind, &b.name)
    });
    let changed = here.into_iter().chain(moved);
    let kinds = [
        (PartChange::Changed, changed.collect::<Vec<_>>()),
        (PartChange::Gone, then),
        (PartChange::Added, now),
    ];
    for (how, pieces) in kinds {
        for piece in pieces {
            let part = part_of(piece, root);
            changes.push(CodeChange::Part { part, how });
        }
    }
    changes
}

fn part_of(piece: &Piece, root: &str) -> CodePart {
    CodePart::new(&piece.kind, &piece.name, &from(root, &piece.file))
}

/// Where a file lies, without detours. What a build script has written is in no folder of the crate.
fn from(root: &str, file: &str) -> String {
    if file.is_empty() || file.starts_with("OUT_DIR/") {
        return file.to_owned();
    }
    let mut folders: Vec<&str> = root.split_terminator('/').collect();
    let mut rest = file;
    while let Some(above) = rest.strip_prefix("../")
        && folders.last().is_some_and(|last| *last != "..")
    {
        folders.pop();
        rest = above;
    }
    folders.push(rest);
    folders.join("/")
}

/// Takes away, one by one, what is in both; gives what was taken, as it is now.
fn pair<'a>(
    then: &mut Vec<&'a Piece>,
    now: &mut Vec<&'a Piece>,
    same: impl Fn(&Piece, &Piece) -> bool,
) -> Vec<&'a Piece> {
    let mut paired = Vec::new();
    let mut left = Vec::with_capacity(now.len());
    let mut by_name: HashMap<(&str, &str), Vec<&'a Piece>> = HashMap::new();
    for piece in then.drain(..) {
        by_name
            .entry((&piece.kind, &piece.name))
            .or_default()
            .push(piece);
    }
    for piece in now.drain(..) {
        let others = by_name.get_mut(&(piece.kind.as_str(), piece.name.as_str()));
        let place = others
            .as_ref()
            .and_then(|others| others.iter().position(|other| same(other, piece)));
        match (others, place) {
            (Some(others), Some(place)) => {
                others.remove(place);
                paired.push(piece);
            }
            _ => left.push(piece),
        }
    }
    *now = left;
    *then = by_name.into_values().flatten().collect();
    then.sort();
    paired
}

#[cfg(test)]
mod tests {
    use super::*;

    fn piece(kind: &str, name: &str, file: &str, digest: u8) -> Piece {
        Piece {
            kind: kind.to_owned(),
            name: name.to_owned(),
            file: file.to_owned(),
            digest: [digest; 16],
        }
    }

    #[test]
    fn files_are_called_as_they_are_found() {
        for (root, file, found) in [
            ("a/src/", "b/c.rs", "a/src/b/c.rs"),
            ("a/src/", "../b.txt", "a/b.txt"),
            ("src/", "../../b.txt", "../b.txt"),
            ("../a/", "../../b.txt", "../../b.txt"),
            ("", "b.rs", "b.rs"),
            ("/", "b.rs", "/b.rs"),
            ("a/src/", "OUT_DIR/b.rs", "OUT_DIR/b.rs"),
            ("a/src/", "", ""),
        ] {
            assert_eq!(from(root, file), found, "{root} {file}");
        }
    }

    #[test]
    fn moves_are_no_changes_and_all_else_is_named() {
        let then = [
            piece("fn", "edited", "a.rs", 1),
            piece("fn", "moved", "a.rs", 2),
            piece("fn", "moved and edited", "a.rs", 3),
            piece("fn", "twice", "a.rs", 4),
            piece("fn", "twice", "b.rs", 5),
            piece("const", "gone", "a.rs", 6),
            piece("use", "", "a.rs", 1),
            piece("files", "", "", 1),
            piece("file", "c.rs", "c.rs", 1),
        ];
        let now = [
            piece("fn", "edited", "a.rs", 7),
            piece("fn", "moved", "b.rs", 2),
            piece("fn", "moved and edited", "b.rs", 8),
            piece("fn", "twice", "a.rs", 4),
            piece("fn", "twice", "b.rs", 9),
            piece("crate", "new", "", 6),
            piece("files", "", "", 2),
            piece("file", "c.rs", "c.rs", 2),
        ];
        let mut texts: Vec<String> = changed_parts(&then, &now, "src/")
            .iter()
            .map(ToString::to_string)
            .collect();
        texts.sort();
        assert_eq!(
            texts,
            [
                "const gone (src/a.rs) is gone",
                "crate new is new",
                "file src/c.rs changed",
                "files beside the sources changed",
                "helper fn edited (src/a.rs) changed",
                "helper fn moved and edited (src/b.rs) changed",
                "helper fn twice (src/b.rs) changed",
                "use (src/a.rs) is gone",
            ]
        );
        assert!(changed_parts(&then, &then, "").is_empty());
    }
}
