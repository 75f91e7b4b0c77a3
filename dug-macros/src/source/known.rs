//! Attributes, derives and macros of other crates of which is known that they make
//! and use nothing but what they are given, under the names that they are given.

/// Attributes that declare no other names, or whose names are those of their derive.
const ATTRIBUTES: &[&str] = &[
    "allow",
    "automatically_derived",
    "backtrace",
    "bench",
    "cfg",
    "cfg_attr",
    "cold",
    "collapse_debuginfo",
    "const_trait",
    "coverage",
    "crate_name",
    "crate_type",
    "debugger_visualizer",
    "default",
    "deny",
    "deprecated",
    "derive",
    "diagnostic",
    "doc",
    "error",
    "expect",
    "export_name",
    "feature",
    "ffi_const",
    "ffi_pure",
    "forbid",
    "from",
    "fundamental",
    "global_allocator",
    "ignore",
    "inline",
    "instruction_set",
    "instrument",
    "lang",
    "link",
    "link_name",
    "link_ordinal",
    "link_section",
    "macro_export",
    "macro_use",
    "marker",
    "may_dangle",
    "must_use",
    "naked",
    "no_builtins",
    "no_core",
    "no_implicit_prelude",
    "no_link",
    "no_main",
    "no_mangle",
    "no_std",
    "non_exhaustive",
    "optimize",
    "panic_handler",
    "path",
    "proc_macro",
    "proc_macro_attribute",
    "proc_macro_derive",
    "recursion_limit",
    "register_tool",
    "repr",
    "rustfmt",
    "serde",
    "should_panic",
    "source",
    "target_feature",
    "test",
    "thread_local",
    "track_caller",
    "tracked",
    "type_length_limit",
    "unsafe",
    "untracked",
    "used",
    "warn",
    "windows_subsystem",
];

/// Derives that make impls of traits for the type, and nothing else.
const DERIVES: &[&str] = &[
    "Add",
    "AddAssign",
    "Arbitrary",
    "AsMut",
    "AsRef",
    "AsRefStr",
    "Clone",
    "Constructor",
    "Copy",
    "Debug",
    "Default",
    "Deref",
    "DerefMut",
    "Deserialize",
    "Display",
    "Div",
    "Eq",
    "Error",
    "From",
    "FromStr",
    "Hash",
    "Index",
    "IndexMut",
    "Into",
    "IntoIterator",
    "JsonSchema",
    "Mul",
    "Neg",
    "Not",
    "Ord",
    "PartialEq",
    "PartialOrd",
    "Pod",
    "Rem",
    "Serialize",
    "Sub",
    "Sum",
    "Zeroable",
];

/// Crates whose derives are among these; none of another one is known by its name alone.
const CRATES_OF_DERIVES: &[&str] = &[
    "alloc",
    "arbitrary",
    "bytemuck",
    "core",
    "derive_more",
    "schemars",
    "serde",
    "serde_derive",
    "std",
    "strum",
    "strum_macros",
    "thiserror",
    "zerocopy",
    "zeroize",
];

/// Macros whose identifiers mean what they mean outside of it.
const MACROS: &[&str] = &[
    "addr_of",
    "addr_of_mut",
    "anyhow",
    "array",
    "assert",
    "assert_eq",
    "assert_matches",
    "assert_ne",
    "bail",
    "bitflags",
    "cell",
    "cfg",
    "cfg_if",
    "collect",
    "column",
    "compile_error",
    "concat",
    "const_assert",
    "const_assert_eq",
    "dbg",
    "debug",
    "debug_assert",
    "debug_assert_eq",
    "debug_assert_ne",
    "ensure",
    "env",
    "eprint",
    "eprintln",
    "error",
    "event",
    "file",
    "format",
    "format_args",
    "forward_to_deserialize_any",
    "include",
    "include_bytes",
    "include_str",
    "indexmap",
    "indexset",
    "indoc",
    "info",
    "is_x86_feature_detected",
    "izip",
    "join",
    "json",
    "lazy_static",
    "line",
    "log",
    "matches",
    "module_path",
    "node",
    "offset_of",
    "option_env",
    "panic",
    "pin",
    "print",
    "println",
    "ready",
    "register",
    "select",
    "smallvec",
    "span",
    "stringify",
    "submit",
    "thread_local",
    "todo",
    "trace",
    "try_join",
    "tweak",
    "unimplemented",
    "unreachable",
    "untweak",
    "vec",
    "warn",
    "with_context",
    "write",
    "writeln",
];

fn is_in(list: &[&str], name: &[u8]) -> bool {
    list.iter().any(|known| known.as_bytes() == name)
}

pub(super) fn is_attribute(name: &[u8]) -> bool {
    name.starts_with(b"rustc_") || is_in(ATTRIBUTES, name)
}

pub(super) fn is_derive(name: &[u8]) -> bool {
    is_in(DERIVES, name)
}

/// Whether a derive, of those that make nothing but impls, looks at doc comments.
pub(super) fn sees_docs(name: &[u8]) -> bool {
    name == b"JsonSchema"
}

/// Whether all derives of a crate that are among those above are what they are taken for.
pub(super) fn is_of_derives(krate: &[u8]) -> bool {
    is_in(CRATES_OF_DERIVES, krate)
}

pub(super) fn is_macro(name: &[u8]) -> bool {
    is_in(MACROS, name)
}

/// Macros of the compiler that are not among the others.
const BUILTIN: &[&str] = &[
    "asm",
    "cfg_select",
    "compile_error",
    "concat_bytes",
    "concat_idents",
    "const_format_args",
    "debug_assert_matches",
    "format_args_nl",
    "global_asm",
    "log_syntax",
    "macro_rules",
    "naked_asm",
    "trace_macros",
    "try",
    "unreachable_unchecked",
];

/// Whether a macro is the compiler's or the standard library's, or known as well as these.
pub(super) fn is_builtin(name: &[u8]) -> bool {
    let is_of_processor = name.starts_with(b"is_") && name.ends_with(b"_feature_detected");
    is_of_processor || is_in(BUILTIN, name) || is_macro(name)
}

/// Traits of the standard library, and the methods that are called by their names where the
/// trait is imported; all items of the module may where none are given.
#[rustfmt::skip]
const TRAITS: &[(&str, &[&str])] = &[
    ("Add", &["add"]), ("AddAssign", &["add_assign"]), ("Any", &["type_id"]), ("AsMut", &["as_mut"]),
    ("AsRef", &["as_ref"]), ("BitAnd", &["bitand"]), ("BitOr", &["bitor"]), ("BitXor", &["bitxor"]),
    ("Borrow", &["borrow"]), ("BorrowMut", &["borrow_mut"]), ("BuildHasher", &["build_hasher", "hash_one"]),
    ("Clone", &["clone", "clone_from"]), ("Debug", &["fmt"]), ("Default", &["default"]),
    ("Deref", &["deref"]), ("DerefMut", &["deref_mut"]), ("Display", &["fmt"]), ("Div", &["div"]),
    ("DivAssign", &["div_assign"]), ("Drop", &["drop"]), ("Extend", &["extend"]), ("From", &["from"]),
    ("FromIterator", &["from_iter"]), ("FromStr", &["from_str"]), ("Index", &["index"]),
    ("IndexMut", &["index_mut"]), ("Into", &["into"]), ("IntoIterator", &["into_iter"]),
    ("LowerExp", &["fmt"]), ("LowerHex", &["fmt"]), ("Mul", &["mul"]), ("MulAssign", &["mul_assign"]),
    ("Neg", &["neg"]), ("Not", &["not"]), ("Rem", &["rem"]), ("Shl", &["shl"]), ("Shr", &["shr"]),
    ("Sub", &["sub"]), ("SubAssign", &["sub_assign"]), ("ToOwned", &["to_owned"]),
    ("ToString", &["to_string"]), ("TryFrom", &["try_from"]), ("TryInto", &["try_into"]),
    ("AsFd", &[]), ("AsRawFd", &[]), ("Binary", &[]), ("BufRead", &[]), ("DoubleEndedIterator", &[]),
    ("Eq", &[]), ("Error", &[]), ("ExactSizeIterator", &[]), ("Fn", &[]), ("FnMut", &[]),
    ("FnOnce", &[]), ("FusedIterator", &[]), ("Future", &[]), ("Hash", &[]), ("Hasher", &[]),
    ("IntoFuture", &[]), ("IsTerminal", &[]), ("Iterator", &[]), ("Octal", &[]), ("Ord", &[]),
    ("PartialEq", &[]), ("PartialOrd", &[]), ("Pattern", &[]), ("Pointer", &[]), ("Product", &[]),
    ("RangeBounds", &[]), ("Read", &[]), ("Seek", &[]), ("SliceIndex", &[]), ("Sum", &[]),
    ("Termination", &[]), ("ToSocketAddrs", &[]), ("UpperExp", &[]), ("UpperHex", &[]), ("Wake", &[]),
    ("Write", &[]),
];

/// The methods of a trait of the standard library that are called by name.
pub(super) fn methods(name: &[u8]) -> &'static [&'static str] {
    let found = TRAITS.iter().find(|(known, _)| known.as_bytes() == name);
    found.map_or(&[], |(_, methods)| methods)
}

/// Whether something of the standard library may be a trait whose methods are called without it.
pub(super) fn is_trait(name: &[u8]) -> bool {
    let found = TRAITS.iter().find(|(known, _)| known.as_bytes() == name);
    found.map_or(name.ends_with(b"Ext"), |(_, methods)| methods.is_empty())
}
