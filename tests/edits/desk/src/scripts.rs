//! Cells.

use dug::cell;

fn factor() -> i64 {
    3
}

fn script(x: i64) -> i64 {
    cell!("scripted", (x) => {
        crate::ran("scripted");
        x * factor()
    })
}

pub fn all() -> Vec<i64> {
    vec![script(2)]
}
