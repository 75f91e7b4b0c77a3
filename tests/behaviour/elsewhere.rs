//! What another process does: this binary again, as one test alone.

use std::path::{Path, PathBuf};
use std::process::Command;

const STORE: &str = "DUG_TEST_ELSEWHERE_STORE";
const ROLE: &str = "DUG_TEST_ELSEWHERE_ROLE";

/// Has the test run in another process, and gives what that prints.
pub fn run(test: &str, store: &Path, role: &str) -> String {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", test, "--nocapture"]);
    let output = command.env(STORE, store).env(ROLE, role).output().unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{printed}");
    printed
}

/// The store and the role that this process was given, if it is such a one.
pub fn given() -> Option<(PathBuf, String)> {
    let store = std::env::var_os(STORE)?;
    Some((store.into(), std::env::var(ROLE).ok()?))
}
