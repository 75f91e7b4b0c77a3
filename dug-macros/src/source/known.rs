//! Attributes, derives and macros of other crates of which is known that they make
//! and use nothing but what they are given, under the names that they are given.

/// Attributes that declare no other names, or whose names are those of their derive.
const ATTRIBUTES: &[&str] = &[
    "allow", "automatically_derived", "backtrace", "bench", "cfg", "cfg_attr", "cold", "default",
    "deny", "deprecated", "derive", "diagnostic", "doc", "error", "expect", "export_name",
    "forbid", "from", "global_allocator", "ignore", "inline", "instrument", "link", "link_name",
    "link_section", "macro_export", "macro_use", "must_use", "no_mangle", "non_exhaustive",
    "panic_handler", "path", "proc_macro", "proc_macro_attribute", "proc_macro_derive",
    "recursion_limit", "repr", "rustfmt", "serde", "should_panic", "source", "target_feature",
    "test", "track_caller", "tracked", "unsafe", "untracked", "used", "warn",
];

/// Derives that make impls of traits for the type, and nothing else.
const DERIVES: &[&str] = &[
    "Add", "AddAssign", "Arbitrary", "AsMut", "AsRef", "AsRefStr", "Clone", "Constructor", "Copy",
    "Debug", "Default", "Deref", "DerefMut", "Deserialize", "Display", "Div", "Eq", "Error",
    "From", "FromStr", "Hash", "Index", "IndexMut", "Into", "IntoIterator", "JsonSchema", "Mul",
    "Neg", "Not", "Ord", "PartialEq", "PartialOrd", "Pod", "Rem", "Serialize", "Sub", "Sum",
    "Zeroable",
];

/// Macros whose identifiers mean what they mean outside of it.
const MACROS: &[&str] = &[
    "addr_of", "addr_of_mut", "anyhow", "array", "assert", "assert_eq", "assert_matches",
    "assert_ne", "bail", "cell", "cfg", "cfg_if", "column", "compile_error", "concat",
    "const_assert", "const_assert_eq", "dbg", "debug", "debug_assert", "debug_assert_eq",
    "debug_assert_ne", "ensure", "env", "eprint", "eprintln", "error", "event", "file", "format",
    "format_args", "include", "include_bytes", "include_str", "indoc", "info", "is_x86_feature_detected",
    "izip", "join", "json", "lazy_static", "line", "log", "matches", "module_path", "node",
    "offset_of", "option_env", "panic", "pin", "print", "println", "ready", "register", "select",
    "smallvec", "span", "stringify", "submit", "thread_local", "todo", "trace", "try_join", "tweak",
    "unimplemented", "unreachable", "untweak", "vec", "warn", "with_context", "write", "writeln",
];

fn is_in(list: &[&str], name: &[u8]) -> bool {
    list.iter().any(|known| known.as_bytes() == name)
}

pub(super) fn is_attribute(name: &[u8]) -> bool {
    is_in(ATTRIBUTES, name)
}

pub(super) fn is_derive(name: &[u8]) -> bool {
    is_in(DERIVES, name)
}

pub(super) fn is_macro(name: &[u8]) -> bool {
    is_in(MACROS, name)
}

/// Traits of the standard library whose methods are called without their names.
const TRAITS: &[&str] = &[
    "Add", "AddAssign", "Any", "AsFd", "AsMut", "AsRawFd", "AsRef", "Binary", "BitAnd", "BitOr",
    "BitXor", "Borrow", "BorrowMut", "BufRead", "BuildHasher", "Clone", "Debug", "Default",
    "Deref", "DerefMut", "Display", "Div", "DoubleEndedIterator", "Drop", "Eq", "Error",
    "ExactSizeIterator", "Extend", "Fn", "FnMut", "FnOnce", "From", "FromIterator", "FromStr",
    "Future", "FusedIterator", "Hash", "Hasher", "Index", "IndexMut", "Into", "IntoFuture",
    "IntoIterator", "Iterator", "IsTerminal", "LowerExp", "LowerHex", "Mul", "MulAssign", "Neg",
    "Not", "Octal", "Ord", "PartialEq", "PartialOrd", "Pattern", "Pointer", "Product",
    "RangeBounds", "Read", "Rem", "Seek", "Shl", "Shr", "SliceIndex", "Sub", "SubAssign", "Sum",
    "Termination", "ToOwned", "ToSocketAddrs", "ToString", "TryFrom", "TryInto", "UpperExp",
    "UpperHex", "Wake", "Write",
];

pub(super) fn is_trait(name: &[u8]) -> bool {
    is_in(TRAITS, name) || name.ends_with(b"Ext")
}
