//! Attributes, derives and macros of the standard library and of other crates of which is
//! known that they make and use nothing but what they are given, under the names that
//! they are given; with the crates of which it is known.

/// Stands for `std`, `core`, `alloc` and the compiler.
pub(crate) const STD: &str = "std";

/// Stands for the derives that read an attribute.
pub(super) const HELPER: &str = "derive";

type Known = (&'static [&'static str], &'static [&'static str]);

/// Attributes that declare no other names, or whose names are those of their derive.
#[rustfmt::skip]
const ATTRIBUTES: &[Known] = &[
    (&[HELPER], &["backtrace", "default", "error", "from", "serde", "source", "untracked"]),
    (&[STD], &[
        "allow", "automatically_derived", "bench", "cfg", "cfg_attr", "cold", "collapse_debuginfo",
        "const_trait", "coverage", "crate_name", "crate_type", "debugger_visualizer", "deny", "deprecated",
        "derive", "doc", "expect", "export_name", "feature", "ffi_const", "ffi_pure", "forbid",
        "fundamental", "global_allocator", "ignore", "inline", "instruction_set", "lang", "link", "link_name",
        "link_ordinal", "link_section", "macro_export", "macro_use", "marker", "may_dangle", "must_use", "naked",
        "no_builtins", "no_core", "no_implicit_prelude", "no_link", "no_main", "no_mangle", "no_std",
        "non_exhaustive", "optimize", "panic_handler", "path", "proc_macro", "proc_macro_attribute",
        "proc_macro_derive", "recursion_limit", "register_tool", "repr", "should_panic",
        "target_feature", "test", "thread_local", "track_caller", "type_length_limit", "unsafe", "used",
        "warn", "windows_subsystem",
    ]),
    (&["dug", "dug_macros"], &["tracked", "untracked"]),
    (&["actix_web", "async_std", "tokio", "tokio_macros"], &["main", "test"]),
    (&["tracing", "tracing_attributes"], &["instrument"]),
];

/// Derives that make impls of traits for the type, and nothing else.
#[rustfmt::skip]
const DERIVES: &[Known] = &[
    (&[STD], &["Clone", "Copy", "Debug", "Default", "Eq", "Hash", "Ord", "PartialEq", "PartialOrd"]),
    (&["arbitrary", "derive_arbitrary"], &["Arbitrary"]),
    (&["bytemuck", "bytemuck_derive"], &["Pod", "Zeroable"]),
    (&["derive_more", "derive_more_impl"], &[
        "Add", "AddAssign", "AsMut", "AsRef", "Constructor", "Debug", "Deref", "DerefMut", "Display", "Div", "Error",
        "From", "FromStr", "Index", "IndexMut", "Into", "IntoIterator", "Mul", "Neg", "Not", "Rem", "Sub", "Sum",
    ]),
    (&["parse_display"], &["Display", "FromStr"]),
    (&["schemars", "schemars_derive"], &["JsonSchema"]),
    (&["serde", "serde_derive"], &["Deserialize", "Serialize"]),
    (&["strum", "strum_macros"], &["AsRefStr", "Display"]),
    (&["thiserror", "thiserror_impl"], &["Error"]),
];

/// Macros whose identifiers mean what they mean outside of it.
#[rustfmt::skip]
const MACROS: &[Known] = &[
    (&[STD], &[
        "addr_of", "addr_of_mut", "assert", "assert_eq", "assert_matches", "assert_ne", "cfg", "cfg_select", "column",
        "compile_error", "concat", "concat_bytes", "const_format_args", "dbg", "debug_assert", "debug_assert_eq",
        "debug_assert_matches", "debug_assert_ne", "env", "eprint", "eprintln", "file", "format", "format_args",
        "format_args_nl", "include", "include_bytes", "include_str",
        "line", "matches", "module_path", "offset_of", "option_env", "panic", "pin",
        "print", "println", "ready", "stringify", "thread_local", "todo", "try", "unimplemented", "unreachable",
        "vec", "write", "writeln",
    ]),
    (&["anyhow", "eyre", "color_eyre"], &["anyhow", "bail", "ensure", "eyre"]),
    (&["bitflags"], &["bitflags"]),
    (&["cfg_if"], &["cfg_if"]),
    (&["dug", "dug_macros"], &["cell", "node", "register", "tweak", "untweak"]),
    (&["futures", "futures_util", "tokio"], &["join", "pin", "ready", "select", "try_join"]),
    (&["indexmap"], &["indexmap", "indexset"]),
    (&["indoc"], &["indoc"]),
    (&["inventory"], &["collect", "submit"]),
    (&["itertools"], &["izip"]),
    (&["lazy_static"], &["lazy_static"]),
    (&["log"], &["debug", "error", "info", "log", "trace", "warn"]),
    (&["matches", "assert_matches"], &["assert_matches"]),
    (&["ndarray"], &["array"]),
    (&["serde"], &["forward_to_deserialize_any"]),
    (&["serde_json"], &["json"]),
    (&["smallvec"], &["smallvec"]),
    (&["static_assertions"], &["const_assert", "const_assert_eq"]),
    (&["tracing"], &["debug", "error", "event", "info", "span", "trace", "warn"]),
];

/// Macros that make names from those that they are given.
const GLUING: &[Known] = &[
    (&[STD], &["concat_idents"]),
    (&["paste", "pastey"], &["expr", "item", "paste"]),
];

/// Macros of the compiler that mention nothing of their own; what they are given may name what
/// the linker knows.
const OF_ASSEMBLY: &[Known] = &[(&[STD], &["asm", "global_asm", "naked_asm"])];

/// Of these is also known that they have no macros beside those above which have the names of
/// such of other crates.
const PLAIN: &[&str] = &["rayon"];

/// Macros that the compiler itself expands, to what is read or to spacing.
const BUILTIN: &[&str] = &[
    "cfg",
    "cfg_select",
    "concat",
    "env",
    "include",
    "include_bytes",
    "include_str",
    "option_env",
    "stringify",
];

fn is_in(list: &[&str], name: &[u8]) -> bool {
    list.iter().any(|known| known.as_bytes() == name)
}

fn has(list: &[Known], name: &[u8]) -> bool {
    list.iter().any(|(_, names)| is_in(names, name))
}

/// The crates whose macro of this name is known.
fn crates(list: &[Known], name: &[u8]) -> Vec<&'static str> {
    let all = list.iter().filter(|(_, names)| is_in(names, name));
    all.flat_map(|(crates, _)| crates.iter().copied()).collect()
}

/// Whether the compiler refuses another attribute of this name.
pub(super) fn is_reserved(name: &[u8]) -> bool {
    let is_macro = matches!(name, b"bench" | b"derive" | b"global_allocator" | b"test");
    !is_macro && of_attribute(name).contains(&STD)
}

pub(super) fn of_attribute(name: &[u8]) -> Vec<&'static str> {
    match name.starts_with(b"rustc_") {
        true => vec![STD],
        false => crates(ATTRIBUTES, name),
    }
}

pub(crate) fn is_derive(name: &[u8]) -> bool {
    has(DERIVES, name)
}

pub(crate) fn of_derive(name: &[u8]) -> Vec<&'static str> {
    crates(DERIVES, name)
}

/// Whether a derive, of those that make nothing but impls, looks at doc comments.
pub(super) fn sees_docs(name: &[u8]) -> bool {
    name == b"JsonSchema"
}

pub(crate) fn is_macro(name: &[u8]) -> bool {
    is_of_processor(name) || has(MACROS, name)
}

pub(crate) fn of_macro(name: &[u8]) -> Vec<&'static str> {
    match is_of_processor(name) {
        true => vec![STD],
        false => crates(MACROS, name),
    }
}

/// Whether a macro of the standard library has this name.
pub(crate) fn is_of_std(name: &[u8]) -> bool {
    of_macro(name).contains(&STD)
}

/// `is_x86_feature_detected` and the like.
fn is_of_processor(name: &[u8]) -> bool {
    name.starts_with(b"is_") && name.ends_with(b"_feature_detected")
}

/// Whether a macro of this name registers what it is given, for others to find by its type.
pub(crate) fn registers(name: &[u8]) -> bool {
    name == b"submit"
}

/// Whether macros of this name that are known mention nothing of their own.
pub(crate) fn says_nothing(name: &[u8]) -> bool {
    is_macro(name) || has(GLUING, name) || has(OF_ASSEMBLY, name)
}

/// The crates of which that is known.
pub(crate) fn of_saying_nothing(name: &[u8]) -> Vec<&'static str> {
    let others = [GLUING, OF_ASSEMBLY].concat();
    [of_macro(name), crates(&others, name)].concat()
}

/// The names of macros that write assembly.
pub(crate) fn of_assembly() -> impl Iterator<Item = &'static str> {
    OF_ASSEMBLY
        .iter()
        .flat_map(|(_, names)| names.iter().copied())
}

/// Whether a macro of this name writes assembly.
pub(crate) fn is_of_assembly(name: &[u8]) -> bool {
    has(OF_ASSEMBLY, name)
}

pub(crate) fn is_gluing(name: &[u8]) -> bool {
    has(GLUING, name)
}

pub(crate) fn is_builtin(name: &[u8]) -> bool {
    is_in(BUILTIN, name)
}

/// Whether something is known of a crate.
pub(crate) fn is_crate(name: &[u8]) -> bool {
    let lists = [ATTRIBUTES, DERIVES, MACROS, GLUING].concat();
    is_in(PLAIN, name) || lists.iter().any(|(crates, _)| is_in(crates, name))
}

/// The known crates.
pub(crate) fn crates_of_all() -> impl Iterator<Item = &'static str> {
    let lists = [ATTRIBUTES, DERIVES, MACROS, GLUING].into_iter().flatten();
    let all = lists.flat_map(|(crates, _)| crates.iter().copied());
    all.filter(|name| !matches!(*name, STD | HELPER))
}

/// By their own names.
#[cfg(test)]
pub(crate) fn all_crates() -> super::origins::Crates {
    crates_of_all()
        .map(|name| (name.to_owned(), name.to_owned()))
        .collect()
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
    ("BitAndAssign", &["bitand_assign"]), ("BitOrAssign", &["bitor_assign"]),
    ("BitXorAssign", &["bitxor_assign"]), ("RemAssign", &["rem_assign"]),
    ("ShlAssign", &["shl_assign"]), ("ShrAssign", &["shr_assign"]),
    ("AsHandle", &[]), ("AsRawHandle", &[]), ("AsRawSocket", &[]), ("AsSocket", &[]), ("FromRawFd", &[]),
    ("GlobalAlloc", &[]), ("IntoRawFd", &[]),
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
pub(crate) fn methods(name: &[u8]) -> &'static [&'static str] {
    let found = TRAITS.iter().find(|(known, _)| known.as_bytes() == name);
    found.map_or(&[], |(_, methods)| methods)
}

/// Whether a trait of the standard library has this name.
pub(crate) fn is_trait_of_std(name: &[u8]) -> bool {
    TRAITS.iter().any(|(known, _)| known.as_bytes() == name)
}

/// Whether something of the standard library may be a trait whose methods are called without it.
pub(crate) fn is_trait(name: &[u8]) -> bool {
    let found = TRAITS.iter().find(|(known, _)| known.as_bytes() == name);
    found.map_or(name.ends_with(b"Ext"), |(_, methods)| methods.is_empty())
}
