//! What the compiler was asked to compile, by its own arguments: a macro is
//! expanded in the compiler's process.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

/// The crate that is being compiled.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Compilation {
    pub(super) root: PathBuf,
    /// What `#[cfg]` asks for, as far as it was given by hand; sorted.
    pub(super) cfgs: Vec<String>,
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

impl Compilation {
    /// What these arguments ask for; `None` where none of them is the root of a crate, as in the
    /// server of an editor, and in the example of a doc comment.
    pub(super) fn from_arguments(arguments: impl Iterator<Item = OsString>) -> Option<Self> {
        let mut arguments = arguments.flat_map(from_file);
        let (mut root, mut cfgs) = (None, Vec::new());
        while let Some(argument) = arguments.next() {
            let text = argument.to_string_lossy();
            if text == "--cfg" {
                cfgs.extend(
                    arguments
                        .next()
                        .map(|cfg| cfg.to_string_lossy().into_owned()),
                );
            } else if let Some(cfg) = text.strip_prefix("--cfg=") {
                cfgs.push(cfg.to_owned());
            } else if text == "--test" {
                cfgs.push("test".to_owned());
            } else if WITH_VALUE.contains(&&*text) {
                arguments.next();
            } else if !text.starts_with('-') && is_root(&argument) {
                root.get_or_insert_with(|| PathBuf::from(&argument));
            }
        }
        cfgs.sort();
        cfgs.dedup();
        Some(Compilation { root: root?, cfgs })
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
            "--edition=2024",
            "src/lib.rs",
            "--cfg",
            "feature=\"b\"",
            "--test",
            "--check-cfg",
            "cfg(docsrs,test)",
            "--cfg=a",
            "-o",
            "y.rs",
            "--cfg",
            "a",
        ]);
        let cfgs = ["a", "feature=\"b\"", "test"].map(str::to_owned).into();
        let root = PathBuf::from("src/lib.rs");
        assert_eq!(found, Some(Compilation { root, cfgs }));
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
        let root = PathBuf::from("src/main.rs");
        let cfgs = vec!["feature=\"b c\"".to_owned()];
        assert_eq!(found, Some(Compilation { root, cfgs }));
    }
}
