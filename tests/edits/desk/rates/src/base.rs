pub const RATE: i64 = 5;
