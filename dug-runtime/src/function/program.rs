//! The program that runs, as what stands for code of which nothing else is known.

use super::Table;
use blake3::Hasher;
use std::collections::BTreeSet;
use std::fs::File;
use std::hash::{BuildHasher, RandomState};
use std::io;
use std::path::PathBuf;
use std::sync::LazyLock;

static DIGEST: LazyLock<[u8; 32]> = LazyLock::new(|| read().unwrap_or_else(|_| of_this_process()));

/// A digest of the files that the program, and the tracked functions in it, are in; where they cannot be read,
/// one that no other process has.
pub(super) fn digest() -> &'static [u8; 32] {
    &DIGEST
}

fn read() -> io::Result<[u8; 32]> {
    let mut digests = Vec::new();
    for path in files()? {
        let mut hasher = Hasher::new();
        hasher.update_reader(File::open(path)?)?;
        digests.push(*hasher.finalize().as_bytes());
    }
    // Where they lie says nothing.
    digests.sort_unstable();
    Ok(*blake3::hash(digests.as_flattened()).as_bytes())
}

/// The program, and libraries that it has loaded which hold tables.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn files() -> io::Result<BTreeSet<PathBuf>> {
    let places = inventory::iter::<Table>.into_iter();
    let places: Vec<usize> = places.map(|table| table.bytes.as_ptr().addr()).collect();
    let maps = std::fs::read_to_string("/proc/self/maps")?;
    let own = std::fs::read_link("/proc/self/exe")?;
    // Whatever is at its path by now.
    let mut found = BTreeSet::from([PathBuf::from("/proc/self/exe")]);
    for line in maps.lines() {
        let number = |text: &str| usize::from_str_radix(text, 16).ok();
        let range = line
            .split(' ')
            .next()
            .and_then(|range| range.split_once('-'));
        let range = range.and_then(|(start, end)| Some(number(start)?..number(end)?));
        let holds = range.is_some_and(|range| places.iter().any(|place| range.contains(place)));
        if let (true, Some(start)) = (holds, line.find('/')) {
            let path = PathBuf::from(&line[start..]);
            if path != own {
                found.insert(path);
            }
        }
    }
    Ok(found)
}

/// The program, if it holds the tables: a library that it has loaded has no path here.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn files() -> io::Result<BTreeSet<PathBuf>> {
    let own = std::env::current_exe()?;
    let bytes = std::fs::read(&own)?;
    let is_in = |part: &[u8]| part.is_empty() || bytes.windows(part.len()).any(|it| it == part);
    // Where one is, all are.
    let mut tables = inventory::iter::<Table>.into_iter();
    match tables.next().is_none_or(|table| is_in(table.bytes)) {
        true => Ok(BTreeSet::from([own])),
        false => Err(io::ErrorKind::NotFound.into()),
    }
}

fn of_this_process() -> [u8; 32] {
    let chance = RandomState::new();
    let mut hasher = Hasher::new();
    for number in 0..4 {
        hasher.update(&chance.hash_one(number).to_le_bytes());
    }
    *hasher.finalize().as_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_program_can_be_read() {
        let digest = read().unwrap();
        assert_eq!(read().unwrap(), digest);
        assert_eq!(super::digest(), &digest);
        assert_ne!(of_this_process(), digest);
    }
}
