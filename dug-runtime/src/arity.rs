//! What is written out for each number of arguments.

/// Calls a macro for no arguments, for one and so on, with three names for each: of its type, of how it is lent, and of
/// the value. (`WRITTEN_OUT` of the macros is the number of the last.)
macro_rules! up_to_24 {
    ($of:ident) => {
        up_to_24!($of;;
            A1 H1 a1 A2 H2 a2 A3 H3 a3 A4 H4 a4 A5 H5 a5 A6 H6 a6 A7 H7 a7 A8 H8 a8 A9 H9 a9 A10 H10 a10 A11 H11
            a11 A12 H12 a12 A13 H13 a13 A14 H14 a14 A15 H15 a15 A16 H16 a16 A17 H17 a17 A18 H18 a18 A19 H19 a19
            A20 H20 a20 A21 H21 a21 A22 H22 a22 A23 H23 a23 A24 H24 a24);
    };
    ($of:ident; $($done:ident)*;) => {
        $of!($($done)*);
    };
    ($of:ident; $($done:ident)*; $A:ident $H:ident $a:ident $($rest:ident)*) => {
        $of!($($done)*);
        up_to_24!($of; $($done)* $A $H $a; $($rest)*);
    };
}
