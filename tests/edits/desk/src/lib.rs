//! What the programs of the package share.

pub fn pace() -> i64 {
    if cfg!(feature = "fast") { 1 + 1 } else { 2 }
}
