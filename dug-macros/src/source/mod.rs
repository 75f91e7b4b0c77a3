//! The code of a tracked item, as digests: its own tokens, and all sources of
//! its crate. Nothing here fails: what cannot be found is left out.

mod compilation;
mod files;
mod text;
mod tokens;

pub(crate) use tokens::{of_function, of_parts};

use compilation::Compilation;
use std::path::PathBuf;
use std::sync::OnceLock;

/// The digest of all sources of the crate that is being compiled, where they can be found. A
/// process compiles one crate.
pub(crate) fn of_crate() -> Option<[u8; 32]> {
    static DIGEST: OnceLock<Option<[u8; 32]>> = OnceLock::new();
    *DIGEST.get_or_init(|| {
        let generated = std::env::var_os("OUT_DIR").map(PathBuf::from);
        let compilation = Compilation::from_arguments(std::env::args_os().skip(1))?;
        files::digest(&compilation, generated.as_deref())
    })
}
