//! Folders that go when they are dropped, and the file that a leaf reads.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

/// A folder of its own.
pub struct Folder(PathBuf);

impl Folder {
    pub fn new() -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let name = format!(
            "dug-bench-{}-{}",
            std::process::id(),
            COUNT.fetch_add(1, Relaxed)
        );
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path).expect("a folder");
        Folder(path)
    }

    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Writes a number to a file.
pub fn write(file: &Path, number: u64) {
    // Each time another size: a file system's clock may be coarse.
    let text = format!("{number}{}", " ".repeat(number as usize % 1000));
    std::fs::write(file, text).expect("a file");
}

/// Waits until files that were written are old enough to be known again by how they look.
pub fn settle() {
    std::thread::sleep(Duration::from_millis(2200));
}
