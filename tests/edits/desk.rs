//! The program, written anew and built for each edit.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// In which file what becomes what. Where nothing is replaced, it is appended.
pub type Changes = &'static [(&'static str, &'static str, &'static str)];

/// A variant of the program.
pub struct Edit {
    pub what: &'static str,
    pub changes: Changes,
    pub features: &'static [&'static str],
    /// The functions that run, once each, in alphabetical order.
    pub runs: &'static [&'static str],
}

pub struct Desk {
    /// Where it is built; the place is the same each time, for the sake of incremental builds.
    folder: PathBuf,
    target: PathBuf,
    store: tempfile::TempDir,
    /// Held while the folder is used.
    _lock: fs::File,
}

const FILES: &[&str] = &[
    "Cargo.toml",
    "build.rs",
    "rates/Cargo.toml",
    "rates/build.rs",
    "rates/src/base.rs",
    "rates/src/lib.rs",
    "rates/src/main.rs",
    "rates/title.txt",
    "shared/far/away.rs",
    "shared/mod.rs",
    "src/books.rs",
    "src/curve.rs",
    "src/generic.rs",
    "src/inputs.rs",
    "src/lib.rs",
    "src/macros.rs",
    "src/made.rs",
    "src/main.rs",
    "src/money.rs",
    "src/mote.txt",
    "src/note.txt",
    "src/scripts.rs",
    "src/shapes.rs",
    "src/steps.rs",
    "types/Cargo.toml",
    "types/models/Cargo.toml",
    "types/models/src/lib.rs",
    "types/src/lib.rs",
    "types/src/main.rs",
];

impl Desk {
    pub fn new() -> Self {
        let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join("edits");
        fs::create_dir_all(&place).unwrap();
        let lock = fs::File::create(place.join("lock")).unwrap();
        lock.lock().unwrap();
        Desk {
            folder: place.join("desk"),
            target: place.join("target"),
            store: tempfile::tempdir().unwrap(),
            _lock: lock,
        }
    }

    /// The functions that run in this variant.
    pub fn run(&self, changes: &[(&str, &str, &str)], features: &[&str]) -> Vec<String> {
        let text = self.said(changes, features, &[]);
        let ran = text.lines().filter_map(|line| line.strip_prefix("ran "));
        let mut ran: Vec<String> = ran.map(str::to_owned).collect();
        ran.sort();
        ran
    }

    /// What the variant prints, called with these arguments after the store's folder.
    pub fn said(
        &self,
        changes: &[(&str, &str, &str)],
        features: &[&str],
        arguments: &[&str],
    ) -> String {
        self.said_by("desk", changes, features, arguments)
    }

    /// The same for a package of this name.
    pub fn said_by(
        &self,
        package: &str,
        changes: &[(&str, &str, &str)],
        features: &[&str],
        arguments: &[&str],
    ) -> String {
        self.write(changes);
        self.build(package, features);
        let program = self
            .target
            .join("debug")
            .join(format!("{package}{}", std::env::consts::EXE_SUFFIX));
        let output = Command::new(program)
            .arg(self.store.path())
            .args(arguments)
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{changes:?}: {text}{errors}");
        text.into_owned()
    }

    fn write(&self, changes: &[(&str, &str, &str)]) {
        let workspace = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut names = FILES.to_vec();
        names.extend(
            changes
                .iter()
                .map(|(name, ..)| *name)
                .filter(|name| !FILES.contains(name)),
        );
        // What another variant has added.
        let present = fs::read_dir(self.folder.join("src"));
        for entry in present.into_iter().flatten().flatten() {
            let name = format!("src/{}", entry.file_name().display());
            if !names.contains(&name.as_str()) {
                fs::remove_file(entry.path()).unwrap();
            }
        }
        for name in names {
            let mut text = match FILES.contains(&name) {
                true => fs::read_to_string(workspace.join("tests/edits/desk").join(name)).unwrap(),
                false => String::new(),
            };
            for (_, from, to) in changes.iter().filter(|(file, ..)| *file == name) {
                assert!(text.contains(from), "{name} has no {from:?}");
                text = match from.is_empty() {
                    true => text + to,
                    false => text.replacen(from, to, 1),
                };
            }
            let text = text.replace("@dug@", &workspace.display().to_string().replace('\\', "/"));
            let path = self.folder.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            // What is as it was keeps its time.
            if fs::read_to_string(&path).ok().as_deref() != Some(text.as_str()) {
                fs::write(path, text).unwrap();
            }
        }
        let lock = self.folder.join("Cargo.lock");
        if !lock.exists() {
            fs::copy(workspace.join("Cargo.lock"), lock).unwrap();
        }
    }

    fn build(&self, package: &str, features: &[&str]) {
        let output = Command::new(env!("CARGO"))
            .args([
                "build",
                "--offline",
                "--quiet",
                "--package",
                package,
                "--features",
            ])
            .arg(features.join(","))
            .arg("--target-dir")
            .arg(&self.target)
            .current_dir(&self.folder)
            // What it was asked for of the tests.
            .env_remove("RUSTFLAGS")
            .env_remove("CARGO_ENCODED_RUSTFLAGS")
            .env_remove("CARGO_BUILD_TARGET")
            .env("CARGO_INCREMENTAL", "1")
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
}
