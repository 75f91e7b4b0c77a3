//! `Cargo.toml`, line by line: what the package is called, which folders it names,
//! and what is asked of a dependency. What is written in unusual ways is not seen.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

#[derive(Debug)]
pub(super) struct Manifest {
    /// The lines that say something, with the section that each is in.
    lines: Vec<(String, String)>,
}

impl Manifest {
    pub(super) fn read(folder: &Path) -> Option<Self> {
        let text = std::fs::read_to_string(folder.join("Cargo.toml")).ok()?;
        Some(Manifest::parse(&text))
    }

    fn parse(text: &str) -> Self {
        let mut section = String::new();
        let mut lines: Vec<(String, String)> = Vec::new();
        let mut open = 0_i32;
        for line in text.lines() {
            let line = without_comment(line).trim();
            let opened = depth(line);
            if open > 0 {
                if let Some((_, last)) = lines.last_mut() {
                    last.push_str(line);
                }
                open += opened;
            } else if line.starts_with('[') {
                section = line.trim_matches(['[', ']']).trim().to_owned();
            } else if !line.is_empty() {
                open = opened;
                lines.push((section.clone(), line.to_owned()));
            }
        }
        Manifest { lines }
    }

    /// The value of a key.
    pub(super) fn value(&self, section: &str, key: &str) -> Option<&str> {
        let mut lines = self.lines.iter().filter(|(found, _)| found == section);
        lines.find_map(|(_, line)| value_of(line, key))
    }

    /// What dug is told in `[package.metadata.dug]`: the texts in a list.
    pub(super) fn list(&self, section: &str, key: &str) -> Vec<String> {
        let lines = self.lines.iter().filter(|(found, _)| found == section);
        let lists = lines.filter_map(|(_, line)| {
            let (name, list) = line.split_once('=')?;
            (name.trim() == key).then(|| list.split('"').skip(1).step_by(2).map(str::to_owned))
        });
        lists.flatten().collect()
    }

    /// The file that the library begins with.
    pub(super) fn root(&self) -> &str {
        self.value("lib", "path").unwrap_or("src/lib.rs")
    }

    /// The manifest of the workspace that the package in this folder is in.
    pub(super) fn workspace(&self, folder: &Path) -> Option<Self> {
        Manifest::read(&self.folder_of_workspace(folder)?)
    }

    fn folder_of_workspace(&self, folder: &Path) -> Option<PathBuf> {
        let named = self.value("package", "workspace");
        let is_own = self
            .lines
            .iter()
            .any(|(section, _)| is_of_workspace(section));
        match named {
            Some(path) => Some(folder.join(path)),
            None if is_own => Some(folder.to_owned()),
            None => {
                let mut above = folder.ancestors().skip(1);
                above
                    .find(|folder| is_workspace(folder))
                    .map(Path::to_owned)
            }
        }
    }

    /// What it says of the package: of which edition it is, and all that its sources may see
    /// where they show such things; what is the workspace's from there.
    pub(super) fn of_package(&self, above: Option<&Self>, shows: bool) -> Vec<String> {
        let mut found = Vec::new();
        let own = self
            .lines
            .iter()
            .filter(|(section, _)| section == "package");
        for (_, line) in own {
            let key = line.split(['=', '.', ' ']).next().unwrap_or_default();
            if key != "edition" && !shows {
                continue;
            }
            found.push(line.clone());
            if is_inherited(line) {
                let value = above.and_then(|above| above.value("workspace.package", key));
                found.extend(value.map(|value| format!("{key} {value}")));
            }
        }
        found
    }

    /// What the workspace says of the dependencies that are its own.
    pub(super) fn inherited(&self, above: Option<&Self>) -> Vec<String> {
        let mut found = Vec::new();
        for (section, line) in &self.lines {
            let (before, last) = section.rsplit_once('.').unwrap_or(("", section));
            if section.contains("dev-dependencies") || !is_inherited(line) {
                continue;
            }
            let key = match (
                before.ends_with("dependencies"),
                last.ends_with("dependencies"),
            ) {
                (true, _) => last,
                (_, true) => line.split(['=', '.', ' ']).next().unwrap_or_default(),
                _ => continue,
            };
            let name = as_crate(key.trim_matches('"'));
            let above = above.into_iter();
            found.extend(above.flat_map(|above| above.of_dependency(&name).collect::<Vec<_>>()));
        }
        found
    }

    /// What is said of profiles in and above a folder, by manifests and by what configures cargo.
    pub(super) fn profiles(folder: &Path) -> Vec<String> {
        let mut found = Vec::new();
        for folder in folder.ancestors() {
            let names = ["Cargo.toml", ".cargo/config.toml", ".cargo/config"];
            for text in names
                .iter()
                .filter_map(|name| std::fs::read_to_string(folder.join(name)).ok())
            {
                let manifest = Manifest::parse(&text);
                let lines = manifest.lines.into_iter();
                found.extend(
                    lines
                        .filter(|(section, _)| {
                            section == "profile" || section.starts_with("profile.")
                        })
                        .filter(|(_, line)| {
                            let is_about = |what: &&str| line.contains(what);
                            ["debug-assertions", "overflow-checks", "panic", "inherits"]
                                .iter()
                                .any(is_about)
                        })
                        .map(|(section, line)| format!("{section} {line}")),
                );
            }
        }
        let variables = std::env::vars().filter(|(name, _)| name.starts_with("CARGO_PROFILE_"));
        found.extend(variables.map(|(name, value)| format!("{name} {value}")));
        found
    }

    /// What is said of the dependency that sources call by this name.
    pub(super) fn of_dependency(&self, name: &str) -> impl Iterator<Item = String> {
        self.lines.iter().filter_map(move |(section, line)| {
            let (before, last) = section.rsplit_once('.').unwrap_or(("", section));
            let is_of_all = last.ends_with("dependencies");
            let is_of_one =
                before.ends_with("dependencies") && as_crate(last.trim_matches('"')) == name;
            let key = line.split(['=', '.', ' ']).next().unwrap_or_default();
            let is_named = as_crate(key.trim_matches('"')) == name;
            (is_of_one || (is_of_all && is_named)).then(|| line.clone())
        })
    }

    /// All that may change what the package does.
    pub(super) fn effects(&self) -> impl Iterator<Item = &str> {
        let is_of = |section: &str| {
            !section.starts_with("package") && !section.contains("dev-dependencies")
        };
        let lines = self.lines.iter().filter(move |(section, _)| is_of(section));
        lines.map(|(_, line)| line.as_str())
    }

    /// The folders that are named anywhere.
    fn paths(&self) -> impl Iterator<Item = &str> {
        self.lines.iter().flat_map(|(_, line)| {
            let parts = line.match_indices("path").filter_map(|(place, _)| {
                let rest = line[place + 4..].trim_start().strip_prefix('=')?;
                let rest = rest.trim_start().strip_prefix('"')?;
                rest.split('"').next()
            });
            parts.collect::<Vec<_>>()
        })
    }
}

/// The folders of all packages that these manifests name, and those that they name in turn.
pub(super) fn folders(starts: &[PathBuf]) -> HashMap<String, PathBuf> {
    let mut found = HashMap::new();
    let mut seen: Vec<PathBuf> = Vec::new();
    let mut waiting = starts.to_vec();
    while let Some(folder) = waiting.pop() {
        let Ok(folder) = std::fs::canonicalize(folder) else {
            continue;
        };
        if seen.contains(&folder) {
            continue;
        }
        seen.push(folder.clone());
        let Some(manifest) = Manifest::read(&folder) else {
            continue;
        };
        waiting.extend(manifest.paths().map(|path| folder.join(path)));
        // Its workspace may say where what it depends on is.
        if manifest.lines.iter().any(|(_, line)| is_inherited(line)) {
            waiting.extend(manifest.folder_of_workspace(&folder));
        }
        for section in ["package", "lib"] {
            if let Some(name) = manifest.value(section, "name") {
                found.insert(as_crate(name), folder.clone());
            }
        }
    }
    found
}

pub(super) fn is_workspace(folder: &Path) -> bool {
    let manifest = Manifest::read(folder);
    manifest.is_some_and(|manifest| {
        let mut sections = manifest.lines.iter().map(|(section, _)| section.as_str());
        sections.any(is_of_workspace)
    })
}

fn is_of_workspace(section: &str) -> bool {
    section == "workspace" || section.starts_with("workspace.")
}

/// `x.workspace = true`, `x = { workspace = true }`
fn is_inherited(line: &str) -> bool {
    let line: String = line.split_whitespace().collect();
    line.contains("workspace=true")
}

/// The name of a package as that of its crate.
pub(super) fn as_crate(name: &str) -> String {
    name.replace('-', "_")
}

fn value_of<'a>(line: &'a str, key: &str) -> Option<&'a str> {
    let (name, value) = line.split_once('=')?;
    let value = value.trim().trim_matches(['"', '\'']);
    (name.trim() == key).then_some(value)
}

/// A `#` in a text begins no comment.
fn without_comment(line: &str) -> &str {
    let mut quote = None;
    for (place, character) in line.char_indices() {
        match (quote, character) {
            (None, '#') => return &line[..place],
            (None, '"' | '\'') => quote = Some(character),
            (Some(open), character) if open == character => quote = None,
            _ => {}
        }
    }
    line
}

/// How many brackets are left open.
fn depth(line: &str) -> i32 {
    let of = |character| match character {
        '[' | '{' => 1,
        ']' | '}' => -1,
        _ => 0,
    };
    line.chars().map(of).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn manifests_are_read_line_by_line() {
        let manifest = Manifest::parse(
            r##"
[package]
name = "a-b" # "x"
[package.metadata.dug]
ignore = ["note", # why
  "say"]
[lib]
path = "code/lib.rs"
[dependencies]
c-d = { path = "../c", features = [
  "x",
] }
e = "1"
[target.'cfg(unix)'.dependencies.f]
version = "2"
"##,
        );
        assert_eq!(manifest.value("package", "name"), Some("a-b"));
        assert_eq!(
            manifest.list("package.metadata.dug", "ignore"),
            ["note", "say"]
        );
        assert_eq!(manifest.root(), "code/lib.rs");
        let of = |name| manifest.of_dependency(name).collect::<Vec<_>>();
        assert_eq!(of("c_d"), [r#"c-d = { path = "../c", features = ["x",] }"#]);
        assert_eq!(of("e"), [r#"e = "1""#]);
        assert_eq!(of("f"), [r#"version = "2""#]);
        assert_eq!(
            manifest.paths().collect::<Vec<_>>(),
            ["code/lib.rs", "../c"]
        );
    }
}
