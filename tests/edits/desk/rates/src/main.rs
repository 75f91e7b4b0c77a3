//! A program of the same package.

fn main() {
    println!("{}", rates::rate(1));
}
