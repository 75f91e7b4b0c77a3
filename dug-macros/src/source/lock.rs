//! `Cargo.lock`: which packages there are, and which depend on which.

use super::manifest::as_crate;
use std::collections::HashMap;
use std::path::Path;

#[derive(Debug, Default)]
pub(super) struct Lock {
    pub(super) packages: Vec<Package>,
    by_name: HashMap<String, Vec<usize>>,
}

#[derive(Debug, Default)]
pub(super) struct Package {
    pub(super) name: String,
    pub(super) version: String,
    /// None for what is in a folder; with the checksum.
    pub(super) source: Option<String>,
    /// `name` or `name version`
    dependencies: Vec<String>,
}

impl Lock {
    pub(super) fn read(folder: &Path) -> Option<Self> {
        let text = std::fs::read_to_string(folder.join("Cargo.lock")).ok()?;
        Some(Lock::parse(&text))
    }

    fn parse(text: &str) -> Self {
        let mut lock = Lock::default();
        let mut in_list = false;
        for line in text.lines() {
            let line = line.trim();
            if line == "[[package]]" {
                lock.packages.push(Package::default());
                in_list = false;
                continue;
            }
            let Some(package) = lock.packages.last_mut() else {
                continue;
            };
            if in_list {
                in_list = line != "]";
                package.dependencies.extend(quoted(line));
            } else if let Some((key, value)) = line.split_once(" = ") {
                match (key, quoted(value)) {
                    ("name", Some(value)) => package.name = value,
                    ("version", Some(value)) => package.version = value,
                    ("source", Some(value)) => package.source = Some(value),
                    ("checksum", Some(value)) => {
                        let source = package.source.get_or_insert_default();
                        *source = format!("{source} {value}");
                    }
                    ("dependencies", _) => in_list = value.trim() == "[",
                    _ => {}
                }
            }
        }
        for (place, package) in lock.packages.iter().enumerate() {
            let name = as_crate(&package.name);
            lock.by_name.entry(name).or_default().push(place);
        }
        lock
    }

    pub(super) fn all(&self) -> Vec<usize> {
        (0..self.packages.len()).collect()
    }

    /// The packages of this name that `own` depends on, or else all of this name.
    pub(super) fn named(&self, own: &str, name: &str) -> Vec<usize> {
        let all = self.by_name.get(name).cloned().unwrap_or_default();
        let owns = self.by_name.get(&as_crate(own)).into_iter().flatten();
        let dependencies = owns.flat_map(|place| self.dependencies(*place));
        let direct: Vec<usize> = dependencies.filter(|place| all.contains(place)).collect();
        match direct.is_empty() {
            true => all,
            false => direct,
        }
    }

    fn dependencies(&self, place: usize) -> impl Iterator<Item = usize> {
        self.packages[place]
            .dependencies
            .iter()
            .flat_map(move |named| {
                let mut parts = named.split(' ');
                let name = as_crate(parts.next().unwrap_or_default());
                let version = parts.next().unwrap_or_default();
                let all = self.by_name.get(&name).into_iter().flatten().copied();
                all.filter(move |place| {
                    version.is_empty() || self.packages[*place].version == version
                })
            })
    }

    /// These packages and all that they depend on, but for those named.
    pub(super) fn closure(&self, mut waiting: Vec<usize>, without: &[&str]) -> Vec<usize> {
        let mut seen = vec![false; self.packages.len()];
        let mut found = Vec::new();
        while let Some(place) = waiting.pop() {
            let name = as_crate(&self.packages[place].name);
            if std::mem::replace(&mut seen[place], true) || without.contains(&name.as_str()) {
                continue;
            }
            found.push(place);
            waiting.extend(self.dependencies(place));
        }
        found
    }
}

fn quoted(text: &str) -> Option<String> {
    let (_, rest) = text.split_once('"')?;
    let (inner, _) = rest.split_once('"')?;
    Some(inner.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_depends_on_what_is_read() {
        let lock = Lock::parse(
            r#"
version = 4

[[package]]
name = "own"
version = "0.1.0"
dependencies = [
 "a-b 1.0.0",
 "dug",
]

[[package]]
name = "a-b"
version = "1.0.0"
source = "registry"
checksum = "12"
dependencies = [
 "c",
]

[[package]]
name = "a-b"
version = "2.0.0"
source = "registry"

[[package]]
name = "c"
version = "3.0.0"
source = "git"

[[package]]
name = "dug"
version = "1.0.0"
dependencies = [
 "own",
]
"#,
        );
        assert_eq!(lock.named("own", "a_b"), [1]);
        assert_eq!(lock.named("other", "a_b"), [1, 2]);
        assert_eq!(lock.packages[1].source.as_deref(), Some("registry 12"));
        let mut all = lock.closure(vec![0], &["dug"]);
        all.sort_unstable();
        assert_eq!(all, [0, 1, 3]);
    }
}
