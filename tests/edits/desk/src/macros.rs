macro_rules! twice {
    ($value:expr) => {
        times!($value, 2)
    };
}

macro_rules! times {
    ($value:expr, $by:expr) => {
        $value * $by
    };
}

macro_rules! getter {
    ($name:ident, $value:expr) => {
        pub fn $name() -> i64 {
            let made = Made { $name: literal() };
            made.$name + $value
        }
    };
}
