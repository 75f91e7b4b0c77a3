//! What the compiler was asked to compile, by its own arguments: a macro is
//! expanded in the compiler's process.

use crate::source::text::lexer::Lexed;
use crate::source::text::literals::cfg;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

/// The crate that is being compiled.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Compilation {
    pub(crate) root: PathBuf,
    /// The folder of the package, which no argument says.
    pub(crate) package: PathBuf,
    /// As it stands in paths.
    pub(crate) name: String,
    /// What `#[cfg]` asks for, as far as it was given by hand; sorted.
    pub(crate) cfgs: Vec<String>,
    /// The crates that sources can name, and the files that they are in.
    pub(crate) externs: Vec<(String, PathBuf)>,
    pub(crate) edition: String,
    pub(crate) is_debug: bool,
    /// What was said of the target's features and processor.
    pub(crate) processor: Vec<String>,
    /// Where the result goes.
    pub(crate) out: Option<PathBuf>,
    /// That of another crate, of which little is known: neither its `cfg`s nor its crates.
    pub(crate) is_other: bool,
}

/// Options whose value is an argument of its own.
const WITH_VALUE: &[&str] = &[
    "--cap-lints",
    "--cfg",
    "--check-cfg",
    "--codegen",
    "--color",
    "--crate-name",
    "--crate-type",
    "--diagnostic-width",
    "--edition",
    "--emit",
    "--error-format",
    "--explain",
    "--extern",
    "--json",
    "--out-dir",
    "--print",
    "--remap-path-prefix",
    "--sysroot",
    "--target",
    "-A",
    "-C",
    "-D",
    "-F",
    "-L",
    "-W",
    "-Z",
    "-l",
    "-o",
];

/// A `cfg` as it is written here, however it was given.
fn as_written(given: String) -> String {
    let lexed = Lexed::read(given.as_bytes().to_vec());
    cfg(&lexed, 0).map_or(given, |(cfg, _)| cfg)
}

impl Compilation {
    /// What these arguments ask for; `None` where none of them is the root of a crate, as in the
    /// server of an editor, and in the example of a doc comment.
    pub(crate) fn from_arguments(arguments: impl Iterator<Item = OsString>) -> Option<Self> {
        let mut arguments = arguments.flat_map(from_file);
        let mut found = Compilation::default();
        let (mut is_debug, mut is_optimized) = (None, false);
        while let Some(argument) = arguments.next() {
            let text = argument.to_string_lossy().into_owned();
            let (name, given) = match text.split_once('=') {
                Some((name, value)) if name.starts_with("--") => (name, Some(value.to_owned())),
                _ if text.starts_with("-C") && text.len() > 2 => ("-C", Some(text[2..].to_owned())),
                _ => (text.as_str(), None),
            };
            if !name.starts_with('-') {
                if is_root(&argument) && found.root.as_os_str().is_empty() {
                    found.root = PathBuf::from(&argument);
                }
                continue;
            }
            let value = match given {
                Some(value) => value,
                None if WITH_VALUE.contains(&name) => {
                    let value = arguments.next().unwrap_or_default();
                    value.to_string_lossy().into_owned()
                }
                None => String::new(),
            };
            match name {
                "--cfg" => found.cfgs.push(as_written(value)),
                "--test" => found.cfgs.push("test".to_owned()),
                "--crate-name" => found.name = value,
                "--edition" => found.edition = value,
                "--out-dir" => found.out = Some(PathBuf::from(value)),
                "--extern" => found.extern_(&value),
                "-O" => is_optimized = true,
                "-C" | "--codegen" => match value.split_once('=') {
                    Some(("opt-level", level)) => is_optimized = level != "0",
                    Some(("debug-assertions", on)) => {
                        is_debug = Some(matches!(on, "on" | "yes" | "y" | "true"));
                    }
                    Some(("target-feature" | "target-cpu" | "panic", _)) => {
                        found.processor.push(value);
                    }
                    None if value == "debug-assertions" => is_debug = Some(true),
                    _ => {}
                },
                _ => {}
            }
        }
        found.is_debug = is_debug.unwrap_or(!is_optimized);
        found.cfgs.sort();
        found.cfgs.dedup();
        (!found.root.as_os_str().is_empty()).then_some(found)
    }

    /// `name=path`, after options such as `priv:`.
    fn extern_(&mut self, value: &str) {
        let (name, path) = value.split_once('=').unwrap_or((value, ""));
        let name = name.rsplit_once(':').map_or(name, |(_, name)| name);
        self.externs.push((name.to_owned(), PathBuf::from(path)));
    }

    pub(crate) fn folder(&self) -> &Path {
        match self.root.parent() {
            Some(parent) if parent != Path::new("") => parent,
            _ => Path::new("."),
        }
    }
}

fn is_root(argument: &OsStr) -> bool {
    let path = Path::new(argument);
    let folder = path.parent().and_then(Path::file_name).unwrap_or_default();
    // Where rustdoc gathers examples.
    let of_rustdoc = folder.to_string_lossy().starts_with("rustdoctest");
    path.extension() == Some(OsStr::new("rs")) && !of_rustdoc
}

/// The arguments in a file, one a line, where `@file` stands for them.
fn from_file(argument: OsString) -> Vec<OsString> {
    let lines = || {
        let path = argument.to_str()?.strip_prefix('@')?;
        let text = std::fs::read_to_string(path).ok()?;
        Some(text.lines().map(OsString::from).collect())
    };
    lines().unwrap_or_else(|| vec![argument])
}

/// Variables that say where things are on this machine, and nothing else.
const PLACES: &[&str] = &[
    "CARGO",
    "CARGO_HOME",
    "CARGO_MAKEFLAGS",
    "CARGO_MANIFEST_DIR",
    "CARGO_MANIFEST_PATH",
    "CARGO_TARGET_DIR",
    "CARGO_TARGET_TMPDIR",
    "CARGO_WORKSPACE_DIR",
    "HOME",
    "NUM_JOBS",
    "OUT_DIR",
    "PWD",
    "RUSTC",
];

/// Whether a variable of the environment says where something is on this machine.
pub(crate) fn is_place(name: &str) -> bool {
    PLACES.contains(&name) || name.starts_with("CARGO_BIN_EXE_")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(arguments: &[&str]) -> Option<Compilation> {
        Compilation::from_arguments(arguments.iter().map(OsString::from))
    }

    #[test]
    fn the_root_and_the_cfgs_are_found() {
        let found = read(&[
            "--crate-name",
            "x",
            "--extern",
            "a=deps/liba-1.rmeta",
            "--extern=priv,noprelude:b",
            "-C",
            "debug-assertions=off",
            "-Copt-level=0",
            "--edition=2024",
            "src/lib.rs",
            "--cfg",
            "feature = \"b\"",
            "--test",
            "--check-cfg",
            "cfg(docsrs,test)",
            "--cfg=a",
            "-o",
            "y.rs",
            "--cfg",
            "a",
        ]);
        let cfgs = ["a", "feature=\"b\"", "test"].map(str::to_owned);
        let externs = [("a", "deps/liba-1.rmeta"), ("b", "")];
        let expected = Compilation {
            root: PathBuf::from("src/lib.rs"),
            name: "x".to_owned(),
            cfgs: cfgs.into(),
            externs: externs
                .map(|(name, path)| (name.to_owned(), path.into()))
                .into(),
            edition: "2024".to_owned(),
            ..Compilation::default()
        };
        assert_eq!(found, Some(expected));
        assert_eq!(read(&["--edition", "2024", "-"]), None);
        assert_eq!(read(&["-o", "x.rs"]), None);
        assert_eq!(read(&["/tmp/rustdoctestAbC/doctest_bundle_2024.rs"]), None);
    }

    #[test]
    fn arguments_may_stand_in_a_file() {
        let path = std::env::temp_dir().join(format!("dug-arguments-{}", std::process::id()));
        std::fs::write(&path, "--cfg\nfeature=\"b c\"\nsrc/main.rs\n").unwrap();
        let found = read(&[&format!("@{}", path.display())]);
        std::fs::remove_file(path).unwrap();
        let expected = Compilation {
            root: PathBuf::from("src/main.rs"),
            cfgs: vec!["feature=\"b c\"".to_owned()],
            is_debug: true,
            ..Compilation::default()
        };
        assert_eq!(found, Some(expected));
    }
}
