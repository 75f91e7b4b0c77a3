//! What is written out for each number of arguments.

/// Calls a macro for no arguments, for one and so on, with the name of the type and that of the value for each of them. (As
/// many as `#[tracked]` knows of.)
macro_rules! up_to_24 {
    ($of:ident) => {
        up_to_24!($of;;
            A1 a1 A2 a2 A3 a3 A4 a4 A5 a5 A6 a6 A7 a7 A8 a8 A9 a9 A10 a10 A11 a11 A12 a12 A13 a13 A14 a14 A15 a15 A16 a16
            A17 a17 A18 a18 A19 a19 A20 a20 A21 a21 A22 a22 A23 a23 A24 a24);
    };
    ($of:ident; $($done:ident)*;) => {
        $of!($($done)*);
    };
    ($of:ident; $($done:ident)*; $A:ident $a:ident $($rest:ident)*) => {
        $of!($($done)*);
        up_to_24!($of; $($done)* $A $a; $($rest)*);
    };
}
