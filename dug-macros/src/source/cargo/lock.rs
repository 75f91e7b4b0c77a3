//! `Cargo.lock`: which packages there are, and which depend on which.

use super::manifest::as_crate;
use std::collections::HashMap;
use toml::de::{DeTable, DeValue};

#[derive(Debug, Default)]
pub(crate) struct Lock {
    pub(crate) packages: Vec<Package>,
    by_name: HashMap<String, Vec<usize>>,
}

#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Package {
    pub(crate) name: String,
    pub(crate) version: String,
    /// None for what is in a folder; with the checksum.
    pub(crate) source: Option<String>,
    /// `name` or `name version`
    named: Vec<String>,
    /// The places of what it depends on.
    dependencies: Vec<usize>,
}

impl Lock {
    /// What these files say, taken together.
    pub(crate) fn parse(texts: &[String]) -> Self {
        let mut lock = Lock::default();
        for text in texts {
            let (table, _) = DeTable::parse_recoverable(text);
            let packages = table.get_ref().get("package");
            let packages = packages.and_then(|list| list.get_ref().as_array());
            for package in packages.into_iter().flatten() {
                let package = Package::read(package.get_ref());
                if texts.len() == 1 || !lock.packages.contains(&package) {
                    lock.packages.push(package);
                }
            }
        }
        for (place, package) in lock.packages.iter().enumerate() {
            let name = as_crate(&package.name);
            lock.by_name.entry(name).or_default().push(place);
        }
        for place in 0..lock.packages.len() {
            let named = std::mem::take(&mut lock.packages[place].named);
            let all = named.iter().flat_map(|named| {
                let mut parts = named.split(' ');
                let name = parts.next().unwrap_or_default();
                lock.of(&as_crate(name), parts.next())
            });
            lock.packages[place].dependencies = all.collect();
        }
        lock
    }

    pub(super) fn all(&self) -> Vec<usize> {
        (0..self.packages.len()).collect()
    }

    /// The packages of this name, as that of a crate, and this version.
    pub(crate) fn of(&self, name: &str, version: Option<&str>) -> Vec<usize> {
        let all = self.by_name.get(name).into_iter().flatten().copied();
        let is_of = |place: &usize| version.is_none_or(|it| self.packages[*place].version == it);
        all.filter(is_of).collect()
    }

    /// The packages of this name that `own` depends on, or else all of this name.
    pub(crate) fn named(&self, own: &str, name: &str) -> Vec<usize> {
        let direct = self.direct(&self.of(&as_crate(own), None), name);
        match direct.is_empty() {
            true => self.of(name, None),
            false => direct,
        }
    }

    /// The packages of this name that any of `owns` depends on.
    pub(crate) fn direct(&self, owns: &[usize], name: &str) -> Vec<usize> {
        let all = self.of(name, None);
        let dependencies = owns
            .iter()
            .flat_map(|own| &self.packages[*own].dependencies);
        let direct = dependencies.filter(|place| all.contains(place));
        direct.copied().collect()
    }

    /// These packages and all that they depend on, but for those named.
    pub(crate) fn closure(&self, mut waiting: Vec<usize>, without: &[&str]) -> Vec<usize> {
        let mut seen = vec![false; self.packages.len()];
        let mut found = Vec::new();
        while let Some(place) = waiting.pop() {
            let package = &self.packages[place];
            let is_seen = std::mem::replace(&mut seen[place], true);
            if is_seen || without.contains(&as_crate(&package.name).as_str()) {
                continue;
            }
            found.push(place);
            waiting.extend(&package.dependencies);
        }
        found
    }

    /// Those of these packages that are in no folder, and what they lead to through such.
    pub(crate) fn released(&self, mut waiting: Vec<usize>, without: &[&str]) -> Vec<usize> {
        let mut seen = vec![false; self.packages.len()];
        let mut found = Vec::new();
        while let Some(place) = waiting.pop() {
            let package = &self.packages[place];
            let is_seen = std::mem::replace(&mut seen[place], true);
            let is_without = without.contains(&as_crate(&package.name).as_str());
            if is_seen || is_without || package.source.is_none() {
                continue;
            }
            found.push(place);
            waiting.extend(&package.dependencies);
        }
        found
    }

    /// The packages whose names, as those of crates, are this one but for `_`.
    pub(crate) fn like(&self, name: &str) -> Vec<usize> {
        let plain = |name: &str| name.replace(['_', '-'], "");
        let name = plain(name);
        let is_like = |place: &usize| plain(&self.packages[*place].name) == name;
        (0..self.packages.len()).filter(is_like).collect()
    }

    /// These packages and all that depend on them.
    pub(crate) fn dependents(&self, places: &[usize]) -> Vec<usize> {
        let mut above = vec![Vec::new(); self.packages.len()];
        for (place, package) in self.packages.iter().enumerate() {
            for dependency in &package.dependencies {
                above[*dependency].push(place);
            }
        }
        let mut seen = vec![false; self.packages.len()];
        let mut waiting = places.to_vec();
        while let Some(place) = waiting.pop() {
            if !std::mem::replace(&mut seen[place], true) {
                waiting.extend(&above[place]);
            }
        }
        (0..seen.len()).filter(|place| seen[*place]).collect()
    }
}

impl Package {
    /// What one entry says.
    fn read(package: &DeValue<'_>) -> Self {
        let value = |key: &str| package.get(key).map(|value| value.get_ref());
        let text = |key: &str| value(key).and_then(DeValue::as_str).map(str::to_owned);
        let named = value("dependencies").and_then(DeValue::as_array);
        let named = named.into_iter().flatten();
        let named = named.filter_map(|named| named.get_ref().as_str().map(str::to_owned));
        let source = match (text("source"), text("checksum")) {
            (Some(source), Some(checksum)) => Some(format!("{source} {checksum}")),
            (source, checksum) => source.or(checksum),
        };
        Package {
            name: text("name").unwrap_or_default(),
            version: text("version").unwrap_or_default(),
            source,
            named: named.collect(),
            dependencies: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOCK: &str = r#"
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
"#;

    #[test]
    fn what_depends_on_what_is_read() {
        let lock = Lock::parse(&[LOCK.to_owned()]);
        assert_eq!(lock.named("own", "a_b"), [1]);
        assert_eq!(lock.named("other", "a_b"), [1, 2]);
        assert_eq!(lock.of("a_b", Some("2.0.0")), [2]);
        assert_eq!(lock.packages[1].source.as_deref(), Some("registry 12"));
        let mut all = lock.closure(vec![0], &["dug"]);
        all.sort_unstable();
        assert_eq!(all, [0, 1, 3]);
        assert_eq!(lock.dependents(&[3]), [0, 1, 3, 4]);
        assert_eq!(lock.dependents(&[2]), [2]);
    }

    #[test]
    fn files_are_taken_together() {
        let other = "[[package]]\nname = 'c'\nversion = '3.0.0'\nsource = 'git'\n[[package]]\nname = 'a-b'\nversion = '3.0.0'\n";
        let lock = Lock::parse(&[LOCK.to_owned(), other.to_owned()]);
        assert_eq!(lock.packages.len(), 6);
        assert_eq!(lock.of("a_b", None), [1, 2, 5]);
    }
}
