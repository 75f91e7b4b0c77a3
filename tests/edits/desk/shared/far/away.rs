pub fn distance() -> i64 {
    8
}
