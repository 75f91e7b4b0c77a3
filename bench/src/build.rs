//! What the compiler takes for a crate of many functions: plain ones, the same tracked, and the same
//! with `#[cached]`. The crates are written to a folder for temporary files, and what they depend on is
//! built before.

use crate::folder::Folder;
use crate::harness::{Row, children_ms, measure, table};
use std::fmt::Write;
use std::path::Path;
use std::process::Command;

const FUNCTIONS: usize = 200;

/// One of the crates.
struct Kind {
    name: &'static str,
    crate_name: &'static str,
    attribute: &'static str,
    dependencies: &'static str,
}

const KINDS: [Kind; 3] = [
    Kind {
        name: "plain functions (floor)",
        crate_name: "plain",
        attribute: "",
        dependencies: "",
    },
    Kind {
        name: "`#[cached]`",
        crate_name: "with_cached",
        attribute: "#[cached::macros::cached]\n",
        dependencies: "cached = \"4.1\"\n",
    },
    Kind {
        name: "`#[tracked]`",
        crate_name: "with_dug",
        attribute: "#[dug::tracked]\n",
        dependencies: concat!("dug = { path = \"", env!("CARGO_MANIFEST_DIR"), "/..\" }\n"),
    },
];

/// Functions of four shapes, each asking for the one of its shape before it. None takes a reference:
/// `#[cached]` would need to be told how to make a key of it.
fn source(attribute: &str) -> String {
    let mut source = String::new();
    for nth in 0..FUNCTIONS {
        let before = nth.checked_sub(4);
        let ask = |arguments: &str, first: &str| match before {
            Some(before) => format!("function_{before}({arguments})"),
            None => first.to_owned(),
        };
        let function = match nth % 4 {
            0 => format!(
                "pub fn function_{nth}(number: u64) -> u64 {{
    let below = {};
    if number % 3 == 0 {{ below.rotate_left({nth} % 64) }} else {{ below.wrapping_mul(31) ^ number }}
}}",
                ask("number.wrapping_add(1)", "number")
            ),
            1 => format!(
                "pub fn function_{nth}(layer: u32, place: u32) -> u64 {{
    (0..3).fold({nth}, |sum, shift| {}.wrapping_add(sum))
}}",
                ask("layer, place ^ shift", "u64::from(layer ^ place ^ shift)")
            ),
            2 => format!(
                "pub fn function_{nth}(name: String) -> String {{
    let below = {};
    format!(\"{nth}: {{below}} of {{}}\", name.len())
}}",
                ask("name.clone()", "name.to_uppercase()")
            ),
            _ => format!(
                "pub fn function_{nth}(numbers: Vec<u64>, many: bool) -> Vec<u64> {{
    let mut below = {};
    below.push(numbers.iter().copied().max().unwrap_or({nth}));
    below
}}",
                ask(
                    "numbers.iter().rev().copied().collect(), !many",
                    "if many { numbers.clone() } else { Vec::new() }"
                )
            ),
        };
        writeln!(source, "{attribute}{function}\n").expect("a text takes all");
    }
    source
}

fn write(folder: &Path) {
    let file = |name: &str, text: &str| {
        let path = folder.join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(path, text).expect("a file");
    };
    let members: Vec<&str> = KINDS.iter().map(|kind| kind.crate_name).collect();
    let workspace = format!("[workspace]\nresolver = \"3\"\nmembers = {members:?}\n");
    file("Cargo.toml", &workspace);
    // The versions that this program was built with, which are there.
    file("Cargo.lock", include_str!("../Cargo.lock"));
    for kind in &KINDS {
        let (name, dependencies) = (kind.crate_name, kind.dependencies);
        let manifest = format!(
            "[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n\
             [dependencies]\n{dependencies}"
        );
        file(&format!("{name}/Cargo.toml"), &manifest);
        file(&format!("{name}/src/lib.rs"), &source(kind.attribute));
    }
}

/// Runs cargo, for one crate or all, and tells its user CPU time.
fn cargo(folder: &Path, arguments: &[&str]) -> f64 {
    let program = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let before = children_ms();
    let output = Command::new(program)
        .args(arguments)
        .args(["--offline", "--quiet"])
        .current_dir(folder)
        .env("CARGO_TARGET_DIR", folder.join("target"))
        .output()
        .expect("cargo can be started");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "cargo {arguments:?}: {said}");
    children_ms() - before
}

pub fn run(rounds: usize) {
    let folder = Folder::new();
    let folder = folder.path();
    write(folder);
    cargo(folder, &["build", "--workspace"]);
    let rows = KINDS.iter().map(|kind| {
        Row::new(kind.name, move || {
            cargo(folder, &["clean", "--package", kind.crate_name]);
            cargo(folder, &["build", "--package", kind.crate_name])
        })
    });
    let figures = measure(rounds.min(7), rows.collect());
    let title = format!(
        "Clean build of a crate with {FUNCTIONS} functions, in debug, what it depends on being built"
    );
    table(&title, "ms of user CPU", &figures);
    println!(
        "\n`#[tracked]` against `#[cached]`: {:.2}",
        figures[2].median / figures[1].median
    );
}
