//! Whatever stands in a file, or beside it, it is read, and soon.

use super::{changes, digest, digest_of};
use std::time::{Duration, Instant};

fn nested(begin: &str, inner: &str, end: &str) -> String {
    [&begin.repeat(5_000), inner, &end.repeat(5_000)].concat()
}

#[test]
fn items_in_items_are_read_however_deep() {
    let fns = nested("fn f() { ", "impl N for S { fn n() -> u8 { 1 } }", " }");
    let modules = nested("pub mod m { ", "pub fn f() -> u8 { 1 }", " }");
    let trees = nested("{a, ", "m::h", "}");
    let cfgs = nested("not(", "x", ")");
    for source in [
        format!("struct S; {fns} fn root() {{ !S }}"),
        format!("{modules} fn root() {{ m::m::f() }}"),
        format!("use a::{trees}; mod m {{ pub fn h() -> u8 {{ 1 }} }} fn root() {{ h() }}"),
        format!("#[cfg({cfgs})] fn h() -> u8 {{ 1 }} fn root() {{ h() }}"),
    ] {
        assert!(changes(&source, "1", "2"), "{}", &source[..100]);
    }
    let attributes = nested("cfg_attr(a, ", "inline", ")");
    digest(&format!("#[{attributes}] fn root() {{}}"), &[]);
}

#[test]
fn calls_in_calls_take_no_longer_than_others() {
    let started = Instant::now();
    for [open, close] in [["a!{ x ", "}"], ["a!( x ", ")"]] {
        for end in [close, ""] {
            let calls = nested(open, "h", end);
            let source = format!("fn h() -> u8 {{ 1 }} fn root() {{ {calls} }}");
            assert!(changes(&source, "1", "2"));
            digest(
                &format!("fn root() {{}} macro_rules! m {{ () => {{ {calls} }} }}"),
                &[],
            );
            digest(&format!("fn root() {{}} {calls}"), &[]);
        }
    }
    // It is a tenth of this without optimization.
    assert!(started.elapsed() < Duration::from_secs(20));
}

#[cfg(unix)]
#[test]
fn what_is_no_file_of_its_own_is_not_read() {
    use std::os::unix::fs::symlink;
    let with = |name: &str| {
        let folder = std::env::temp_dir().join(format!("dug-endless-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let link = folder.join(name);
        symlink("/dev/zero", &link).unwrap();
        let source = format!(
            "#[path = \"{}\"] mod a; fn root() {{ a::h() }}",
            link.display()
        );
        digest_of(&[("src/lib.rs", &*source)], &[]);
        std::fs::remove_dir_all(folder).unwrap();
    };
    with("a.rs");
}
