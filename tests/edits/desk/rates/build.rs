fn main() {
    println!("cargo::rerun-if-changed=title.txt");
    let title = std::fs::read_to_string("title.txt").unwrap();
    println!("cargo::rustc-env=RATES_TITLE={}", title.trim());
}
