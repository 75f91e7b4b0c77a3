//! The files that the pipeline reads: copies of the data, so that they can be
//! changed and the originals stay.

use std::fs;
use std::io;
use std::path::Path;

use crate::table;

/// Where the copies are. They stay there: the same files are the same inputs.
macro_rules! copy {
    ($name:literal) => {
        concat!(env!("CARGO_MANIFEST_DIR"), "/target/pipeline/", $name)
    };
}

pub const INDICES: &str = copy!("indices.csv");
pub const YIELDS: &str = copy!("yields.csv");

/// Copies the data, if it makes sense. A copy that is right already is not touched.
pub fn copy() -> Result<(), String> {
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/data");
    let read = |name| {
        let path = from.join(name);
        fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))
    };
    let (indices, yields) = (read("indices.csv")?, read("yields.csv")?);
    table::indices(&indices).map_err(|problem| format!("indices.csv:{problem}"))?;
    table::yields(&yields).map_err(|problem| format!("yields.csv:{problem}"))?;
    write(INDICES, &indices).map_err(|error| format!("{INDICES}: {error}"))?;
    write(YIELDS, &yields).map_err(|error| format!("{YIELDS}: {error}"))
}

/// The month of the revision.
pub const REVISED: &str = "2018-10";

/// Does some work while the Baa yield of a month stands 5 basis points higher in
/// the file, as if Moody's had corrected it.
pub fn with_revision<R>(work: impl FnOnce() -> R) -> io::Result<R> {
    let original = fs::read_to_string(YIELDS)?;
    let revised: Vec<String> = original.lines().map(revised).collect();
    write(YIELDS, &(revised.join("\n") + "\n"))?;
    let result = work();
    write(YIELDS, &original)?;
    Ok(result)
}

fn revised(line: &str) -> String {
    let cells: Vec<&str> = line.split(',').collect();
    match cells[..] {
        [REVISED, aaa, baa] => {
            let baa: f64 = baa.trim().parse().expect("it was read before");
            format!("{REVISED},{aaa},{:.2}", baa + 0.05)
        }
        _ => line.to_owned(),
    }
}

fn write(path: &str, text: &str) -> io::Result<()> {
    if fs::read_to_string(path).is_ok_and(|old| old == text) {
        return Ok(());
    }
    let folder = Path::new(path).parent().expect("it is in a folder");
    fs::create_dir_all(folder)?;
    fs::write(path, text)
}
