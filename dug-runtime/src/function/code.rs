//! What tells versions of a function's code apart, outside this process.

use super::{Definition, Function, program};
use crate::registry;
use blake3::Hasher;
use std::sync::OnceLock;

/// Code fingerprints by the paths of functions.
type Pretend = fn(&str) -> Option<[u8; 32]>;

/// See [`pretend_code`].
static PRETENDED: OnceLock<Pretend> = OnceLock::new();

/// For tests: from now on, `pretend` gives the code fingerprints of functions, by their paths, in
/// the place of their own. Tells whether it is the first to be set.
pub fn pretend_code(pretend: fn(&str) -> Option<[u8; 32]>) -> bool {
    PRETENDED.set(pretend).is_ok()
}

/// For what the program is compiled.
pub(crate) const TARGET: &str = env!("DUG_TARGET");

/// What the macro knows of the code of an item.
#[derive(Debug, Clone, Copy)]
pub struct Code {
    /// A digest of the item's own tokens: spacing, comments and doc comments play no part.
    pub item: [u8; 32],
    /// A digest of all sources of its crate, unless the item stands for itself (`code = item`)
    /// or they cannot be found.
    pub sources: Option<[u8; 32]>,
    /// Whether the sources cannot be found: then all of the program counts.
    pub is_unknown: bool,
    /// All that it reaches, itself as well; in the place of the others.
    pub deep: Option<Deep>,
}

/// What an item reaches in its crate.
#[derive(Debug, Clone, Copy)]
pub struct Deep {
    /// A digest of it.
    pub digest: [u8; 32],
    /// The table of the crate, by its key.
    pub table: u64,
    /// Where in the table the item is.
    pub place: u32,
}

impl Function {
    /// Stands for the code of this function, and of what it may reach in its crate: another
    /// fingerprint, another function, whatever its path.
    pub(crate) fn code_fingerprint(&self) -> [u8; 32] {
        let make = || {
            let types = self.types.iter().copied();
            self.definition
                .code_fingerprint(self.path(), &types.collect::<Vec<_>>())
        };
        match PRETENDED.get() {
            Some(_) => make(),
            None => *self.code_fingerprint.get_or_init(make),
        }
    }

    /// Stands for the code and for the type of the results.
    pub(crate) fn version_digest(&self) -> [u8; 32] {
        let make = || version_digest(&self.code_fingerprint(), self.result_type());
        match PRETENDED.get() {
            Some(_) => make(),
            None => *self.version_digest.get_or_init(make),
        }
    }

    /// Whether results are told apart by how they were computed, not by their content.
    pub(crate) fn is_by_graph(&self) -> bool {
        self.definition.by_graph
    }
}

impl Definition {
    /// The fingerprint of the code of an instantiation with these types, whose path is `path`.
    pub(crate) fn code_fingerprint(&self, path: &str, types: &[&str]) -> [u8; 32] {
        if let Some(pretended) = PRETENDED.get().and_then(|pretend| pretend(path)) {
            return pretended;
        }
        let mut hasher = Hasher::new();
        match &self.code.deep {
            Some(deep) => {
                hasher.update(b"dug deep");
                hasher.update(&deep.digest);
                counted(&mut hasher, TARGET.as_bytes());
            }
            None => {
                hasher.update(b"dug code");
                hasher.update(&self.code.item);
                let sources = self.code.sources.as_ref();
                optional(&mut hasher, sources.map(<[u8; 32]>::as_slice));
            }
        }
        optional(&mut hasher, self.version.map(str::as_bytes));
        if self.code.is_unknown || registry::has_alike(self) {
            hasher.update(program::digest());
        }
        hasher.update(&(types.len() as u64).to_le_bytes());
        for name in types {
            counted(&mut hasher, name.as_bytes());
            if self.code.deep.is_some() {
                super::parts::of_type(name, |digest| counted(&mut hasher, digest));
            }
        }
        *hasher.finalize().as_bytes()
    }
}

/// Stands for a code and a type of results.
pub(crate) fn version_digest(code: &[u8; 32], result_type: &str) -> [u8; 32] {
    let mut hasher = Hasher::new();
    hasher.update(b"dug version");
    hasher.update(code);
    hasher.update(result_type.as_bytes());
    *hasher.finalize().as_bytes()
}

/// No two sequences of parts feed a hasher alike.
fn counted(hasher: &mut Hasher, bytes: &[u8]) {
    hasher.update(&(bytes.len() as u64).to_le_bytes());
    hasher.update(bytes);
}

fn optional(hasher: &mut Hasher, bytes: Option<&[u8]>) {
    hasher.update(&[u8::from(bytes.is_some())]);
    if let Some(bytes) = bytes {
        counted(hasher, bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::function::{Operations, Path};
    use std::collections::HashSet;

    fn fingerprint(code: Code, version: Option<&'static str>, types: &[&'static str]) -> [u8; 32] {
        let definition = Box::leak(Box::new(Definition {
            name: "f",
            path: Path {
                within: || "",
                levels: 0,
                name: "f",
            },
            fixed_path: None,
            file: "f.rs",
            line: 1,
            column: 1,
            version,
            code,
            by_graph: false,
        }));
        let operations = Operations::in_memory(Err("a test"));
        Function::instance(definition, operations, types.into()).code_fingerprint()
    }

    #[test]
    fn each_part_tells_codes_apart() {
        let item = Code {
            item: [1; 32],
            sources: None,
            is_unknown: false,
            deep: None,
        };
        let other = Code {
            item: [2; 32],
            ..item
        };
        let of_crate = |digest| Code {
            sources: Some([digest; 32]),
            ..item
        };
        let unknown = Code {
            is_unknown: true,
            ..item
        };
        let deep = |digest| Code {
            deep: Some(Deep {
                digest: [digest; 32],
                table: 0,
                place: 0,
            }),
            ..item
        };
        let all = [
            fingerprint(deep(1), None, &[]),
            fingerprint(deep(2), None, &[]),
            fingerprint(deep(1), Some("1"), &[]),
            fingerprint(item, None, &[]),
            fingerprint(other, None, &[]),
            fingerprint(unknown, None, &[]),
            fingerprint(of_crate(1), None, &[]),
            fingerprint(of_crate(2), None, &[]),
            fingerprint(item, Some("1"), &[]),
            fingerprint(item, Some("2"), &[]),
            fingerprint(of_crate(1), Some("1"), &[]),
            fingerprint(item, None, &["u8"]),
            fingerprint(item, None, &["u16"]),
            fingerprint(item, None, &["u8", "u16"]),
            fingerprint(item, None, &["u8u16"]),
        ];
        assert_eq!(HashSet::from(all).len(), all.len());
        assert_eq!(all[3], fingerprint(item, None, &[]));
    }

    #[test]
    fn the_fingerprint_is_the_same_in_all_builds() {
        let code = Code {
            item: [1; 32],
            sources: Some([2; 32]),
            is_unknown: false,
            deep: None,
        };
        let fingerprint = fingerprint(code, Some("3"), &["u8"]);
        let hex: String = fingerprint
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        assert_eq!(
            hex,
            "13c5d55db0c08ee51f17dbc8d764c6e719ac605c59e3c7f74cedb729ae5fd9e1"
        );
    }
}
