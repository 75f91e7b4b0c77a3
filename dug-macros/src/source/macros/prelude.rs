//! Names that are everywhere: what has one of them here is reached by it only where that is certain.

use super::known;

/// What is everywhere: types, traits, functions and derives.
#[rustfmt::skip]
const PRELUDE: &[&str] = &[
    "Err", "None", "Ok", "Some", "alloc", "core", "std", "bool", "char", "f32", "f64", "i8", "i16", "i32", "i64",
    "i128", "isize", "str", "u8", "u16", "u32", "u64", "u128", "usize", "Arc", "Box", "Clone", "Copy", "Debug",
    "Default", "Deserialize", "Eq", "HashMap", "Option", "PartialEq", "Result", "Serialize", "String", "Vec", "derive",
    "serde",
];

/// The rest of what needs no import.
#[rustfmt::skip]
const OF_STD: &[&str] = &[
    "AsMut", "AsRef", "AsyncFn", "AsyncFnMut", "AsyncFnOnce", "DoubleEndedIterator", "Drop", "ExactSizeIterator",
    "Extend", "Fn", "FnMut", "FnOnce", "From", "FromIterator", "Future", "Hash", "Into", "IntoFuture", "IntoIterator",
    "Iterator", "Ord", "PartialOrd", "Send", "Sized", "Sync", "ToOwned", "ToString", "TryFrom", "TryInto", "Unpin",
    "align_of", "align_of_val", "drop", "size_of", "size_of_val",
];

/// Types that are everywhere.
pub(crate) fn is_of_prelude(name: &[u8]) -> bool {
    PRELUDE.iter().any(|known| known.as_bytes() == name)
}

/// What the standard library has under a name that needs no import.
pub(crate) fn needs_no_import(name: &[u8]) -> bool {
    is_of_prelude(name)
        || OF_STD.iter().any(|known| known.as_bytes() == name)
        || known::is_macro(name)
}
