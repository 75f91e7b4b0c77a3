//! What may be read where names are put together from parts: files, and variables of the
//! environment.

use super::sources::{Content, File, Sources, relative};
use super::{is_file, is_made_anew, is_shown};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};

/// So many files of one folder are looked at.
const MOST: usize = 20_000;

/// All files that texts may name, alone or with others before and behind them: from one of
/// these folders, all that stands beside them there, and all in and below a folder that a text
/// begins with. With what each is called from `home`.
pub(crate) fn files(
    texts: &BTreeSet<String>,
    folders: &BTreeSet<PathBuf>,
    home: &Path,
) -> BTreeMap<String, PathBuf> {
    let mut found = BTreeSet::new();
    for folder in folders {
        let beside = fs::read_dir(folder).into_iter().flatten().flatten();
        found.extend(
            beside
                .map(|entry| entry.path())
                .filter(|path| is_file(path)),
        );
    }
    let mut walked = HashSet::new();
    for text in texts {
        let is_path = text.contains(['/', '.']) && !text.contains(['\n', '{']);
        if !is_path || text.len() > 300 {
            continue;
        }
        let absolute = Path::new(text);
        if absolute.is_absolute() && is_file(absolute) {
            found.insert(absolute.to_owned());
        }
        let text = text.trim_start_matches('/');
        for folder in folders {
            let path = folder.join(text);
            if is_file(&path) {
                found.insert(path);
            } else if let Some((begin, _)) = text.rsplit_once('/') {
                walk(&folder.join(begin), &mut walked, &mut found);
            }
        }
    }
    let mut all = BTreeMap::new();
    for path in found.iter().filter_map(|path| fs::canonicalize(path).ok()) {
        all.insert(relative(&path, home), path);
    }
    all
}

/// All files in and below a folder.
pub(crate) fn below(folder: &Path) -> BTreeSet<PathBuf> {
    let (mut walked, mut found) = (HashSet::new(), BTreeSet::new());
    walk(folder, &mut walked, &mut found);
    found
}

fn walk(folder: &Path, walked: &mut HashSet<PathBuf>, found: &mut BTreeSet<PathBuf>) {
    let Ok(folder) = fs::canonicalize(folder) else {
        return;
    };
    // What can be made anew counts where it is named, and only there.
    if !walked.insert(folder.clone()) || is_shown(&folder) || is_made_anew(&folder) {
        return;
    }
    for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
        let path = entry.path();
        let is_hidden = entry.file_name().to_string_lossy().starts_with('.');
        if is_hidden || found.len() > MOST {
            continue;
        }
        if path.is_dir() {
            walk(&path, walked, found);
        } else if is_file(&path) {
            found.insert(path);
        }
    }
}

/// What files say: of sources, what means something in them.
pub(crate) struct Contents<'a> {
    sources: HashMap<PathBuf, (&'a str, &'a File)>,
}

impl<'a> Contents<'a> {
    pub(crate) fn of(sources: &'a Sources) -> Self {
        let all = sources.files.iter();
        let code = all.filter(|(_, file)| matches!(file.content, Content::Code(_)));
        let placed = code.filter_map(|((name, _), file)| {
            Some((fs::canonicalize(&file.path).ok()?, (name.as_str(), file)))
        });
        Contents {
            sources: placed.collect(),
        }
    }

    /// The digest of what the file with this canonical path says; `of_code` where it is a source.
    pub(crate) fn digest(
        &self,
        path: &Path,
        of_code: impl FnOnce(&str, &File) -> [u8; 32],
    ) -> [u8; 32] {
        match self.sources.get(path) {
            Some((name, file)) => of_code(name, file),
            None => *blake3::hash(&fs::read(path).unwrap_or_default()).as_bytes(),
        }
    }
}

/// Names that `concat!` and `stringify!` can put together.
#[derive(Debug, Default)]
pub(crate) struct Parts {
    pub(crate) texts: HashSet<String>,
    pub(crate) words: HashSet<String>,
}

impl Parts {
    /// Whether a text begins this name, or all of it is made of words and texts.
    pub(crate) fn may_make(&self, name: &str) -> bool {
        let begins = |begin: &str| self.texts.contains(begin);
        if (1..=name.len()).any(|end| name.get(..end).is_some_and(begins)) {
            return true;
        }
        let mut ends = vec![false; name.len() + 1];
        ends[0] = true;
        for start in 0..name.len() {
            if !ends[start] {
                continue;
            }
            for (end, is_end) in ends.iter_mut().enumerate().skip(start + 1) {
                let Some(part) = name.get(start..end) else {
                    continue;
                };
                let is_number = part.bytes().all(|byte| byte.is_ascii_digit());
                *is_end |= is_number || self.words.contains(part) || begins(part);
            }
        }
        ends[name.len()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_system_only_shows_is_not_named() {
        let texts = [
            "/proc/self/stat",
            "/../../../../../../../../../proc/self/stat",
            "/b",
        ];
        let texts = texts.map(str::to_owned).into();
        let folders = ["/proc/self", "/"].map(PathBuf::from).into();
        let named = files(&texts, &folders, Path::new("/"));
        assert!(!named.keys().any(|name| name.contains("proc")), "{named:?}");
    }

    #[test]
    fn names_are_made_of_words_and_texts() {
        let set = |all: &[&str]| all.iter().map(ToString::to_string).collect();
        let parts = Parts {
            texts: set(&["MY_", "_VAR"]),
            words: set(&["MYS", "OTHER"]),
        };
        for (name, expected) in [
            ("MYS_VAR", true),
            ("MYS", true),
            ("MY_ANY", true),
            ("MYS1OTHER", true),
            ("MYSX", false),
            ("VAR", false),
        ] {
            assert_eq!(parts.may_make(name), expected, "{name}");
        }
    }
}
