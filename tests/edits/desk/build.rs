use std::path::Path;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-env=DESK_TITLE=Desk");
    let out = std::env::var("OUT_DIR").unwrap();
    std::fs::write(Path::new(&out).join("table.rs"), "pub fn row(x: i64) -> i64 { x + 1 }\n").unwrap();
}
