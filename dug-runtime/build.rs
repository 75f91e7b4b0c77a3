//! Nothing is built here. Cargo wants a build script beside `links`, and it knows the target,
//! which is part of the fingerprints of code.
fn main() {
    let target = std::env::var("TARGET").unwrap_or_default();
    println!("cargo::rustc-env=DUG_TARGET={target}");
    println!("cargo::rerun-if-changed=build.rs");
}
