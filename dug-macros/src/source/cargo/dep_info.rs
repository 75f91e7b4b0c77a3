//! What the compiler has written of another crate beside it: which files it was made from,
//! and which variables of the environment it has read (`name-0123abcd.d`).

use std::fs;
use std::path::{Path, PathBuf};

#[derive(Debug, Default, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct DepInfo {
    pub(crate) files: Vec<PathBuf>,
    pub(crate) variables: Vec<(String, Option<String>)>,
}

impl DepInfo {
    /// Of the crate in this file: `deps/libname-0123abcd.rlib`.
    pub(crate) fn beside(library: &Path) -> Option<Self> {
        let stem = library.file_stem()?.to_str()?;
        let stem = stem.strip_prefix("lib").unwrap_or(stem);
        DepInfo::read(&library.with_file_name(format!("{stem}.d")))
    }

    /// All that is written of several, where there are some.
    pub(crate) fn together<'a>(all: impl Iterator<Item = &'a Self>) -> Option<Self> {
        let mut all: Vec<&Self> = all.collect();
        all.sort();
        all.dedup();
        let files = all.iter().flat_map(|built| &built.files);
        let variables = all.iter().flat_map(|built| &built.variables);
        (!all.is_empty()).then(|| DepInfo {
            files: files.cloned().collect(),
            variables: variables.cloned().collect(),
        })
    }

    /// Of some crate of this name, in the folder where crates are put.
    pub(crate) fn named(folder: &Path, name: &str) -> Vec<Self> {
        let begin = format!("{name}-");
        let entries = fs::read_dir(folder).into_iter().flatten().flatten();
        let mut paths: Vec<PathBuf> = entries
            .map(|entry| entry.path())
            .filter(|path| {
                let file = path.file_name().unwrap_or_default().to_string_lossy();
                let hash = file.strip_prefix(&begin);
                hash.and_then(|hash| hash.strip_suffix(".d"))
                    .is_some_and(|hash| !hash.contains('-'))
            })
            .collect();
        paths.sort();
        paths
            .iter()
            .filter_map(|path| DepInfo::read(path))
            .collect()
    }

    fn read(path: &Path) -> Option<Self> {
        Some(DepInfo::parse(&fs::read_to_string(path).ok()?))
    }

    fn parse(text: &str) -> Self {
        let mut found = DepInfo::default();
        for line in text.lines() {
            if let Some(variable) = line.strip_prefix("# env-dep:") {
                let (name, value) = match variable.split_once('=') {
                    Some((name, value)) => (name, Some(value.to_owned())),
                    None => (variable, None),
                };
                found.variables.push((name.to_owned(), value));
            } else if let Some(file) = line.strip_suffix(':')
                && !line.starts_with('#')
            {
                found.files.push(PathBuf::from(file.replace("\\ ", " ")));
            }
        }
        found.variables.sort();
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_and_variables_are_read() {
        let found = DepInfo::parse(
            "deps/a-1.d: a/src/lib.rs a/with\\ space.txt\n\na/src/lib.rs:\na/with\\ space.txt:\n\n# env-dep:A=1=2\n# env-dep:B\n",
        );
        let files = ["a/src/lib.rs", "a/with space.txt"].map(PathBuf::from);
        assert_eq!(found.files, files);
        let value = Some("1=2".to_owned());
        assert_eq!(
            found.variables,
            [("A".to_owned(), value), ("B".to_owned(), None)]
        );
    }
}
