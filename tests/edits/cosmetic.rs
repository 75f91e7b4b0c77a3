//! Edits that no result can depend on: nothing may run.

use crate::desk::Edit;

const fn nothing(
    what: &'static str,
    changes: &'static [(&'static str, &'static str, &'static str)],
) -> Edit {
    Edit {
        what,
        changes,
        features: &[],
        runs: &[],
    }
}

pub const EDITS: &[Edit] = &[
    nothing(
        "a comment in a helper",
        &[(
            "src/curve.rs",
            "    x * RATE - shift(x)",
            "    // Why.\n    x * RATE /* so */ - shift(x)",
        )],
    ),
    nothing(
        "a doc comment",
        &[(
            "src/curve.rs",
            "/// Reached by `discounted` only.",
            "/// Something else.\n///\n/// And more.",
        )],
    ),
    nothing(
        "formatting",
        &[(
            "src/curve.rs",
            "    if x > 0 { STEP } else { 0 }",
            "    if x > 0 {\n        STEP\n    } else {\n        0\n    }",
        )],
    ),
    nothing(
        "a list on several lines",
        &[
            (
                "src/money.rs",
                "vec![Money { cents: 1 }, 2.into(), Default::default()]",
                "vec![\n        Money {\n            cents: 1,\n        },\n        2.into(),\n        Default::default(),\n    ]",
            ),
            ("src/made.rs", "(x: LIMIT)", "(\n    x: LIMIT,\n)"),
            (
                "src/made.rs",
                "least::<i64>(100)",
                "least::<i64>(\n        100,\n    )",
            ),
        ],
    ),
    nothing(
        "the order of items",
        &[
            (
                "src/curve.rs",
                "const RATE: i64 = 3;\nstatic STEP: i64 = 2;\n",
                "static STEP: i64 = 2;\nconst RATE: i64 = 3;\n",
            ),
            (
                "src/curve.rs",
                "fn shift(x: i64) -> i64 {\n    if x > 0 { STEP } else { 0 }\n}\n\n",
                "",
            ),
            (
                "src/curve.rs",
                "",
                "\nfn shift(x: i64) -> i64 {\n    if x > 0 { STEP } else { 0 }\n}\n",
            ),
        ],
    ),
    nothing(
        "the order of methods and impls",
        &[
            ("src/shapes.rs", "    fn area(&self) -> i64;\n\n", ""),
            (
                "src/shapes.rs",
                "        2 * self.area()\n    }\n",
                "        2 * self.area()\n    }\n\n    fn area(&self) -> i64;\n",
            ),
        ],
    ),
    nothing(
        "line numbers",
        &[("src/curve.rs", "use crate::ran;", "\n\n\nuse crate::ran;")],
    ),
    nothing(
        "#[inline]",
        &[("src/curve.rs", "fn shift", "#[inline(always)]\nfn shift")],
    ),
    nothing(
        "#[allow]",
        &[
            (
                "src/money.rs",
                "impl Add for",
                "#[allow(clippy::all)]\n#[must_use]\nimpl Add for",
            ),
            ("src/money.rs", "#[must_use]\n", ""),
        ],
    ),
    nothing(
        "lints of the crate",
        &[(
            "src/main.rs",
            "#[macro_use]",
            "#![warn(missing_docs)]\n#![allow(missing_docs)]\n\n#[macro_use]",
        )],
    ),
    nothing(
        "a line of the log",
        &[(
            "src/curve.rs",
            "    tracing::debug!(\"observed {x}\");\n",
            "    tracing::info!(x, \"observed\");\n    tracing::trace!(\"twice\");\n",
        )],
    ),
    nothing(
        "no line of the log, no assertion",
        &[(
            "src/curve.rs",
            "    tracing::debug!(\"observed {x}\");\n    debug_assert!(x < 1000);\n",
            "",
        )],
    ),
    nothing(
        "visibility",
        &[("src/curve.rs", "fn discount(", "pub(crate) fn discount(")],
    ),
    nothing(
        "a helper that nothing reaches",
        &[("src/curve.rs", "x - 1\n}", "x - 2\n}")],
    ),
    nothing(
        "a new item that nothing reaches",
        &[(
            "src/curve.rs",
            "",
            "\n#[allow(dead_code)]\nfn added(x: i64) -> i64 {\n    discount(x)\n}\n",
        )],
    ),
    nothing(
        "a new item with imports of a constant and a static",
        &[
            ("src/curve.rs", "const RATE", "pub const RATE"),
            ("src/curve.rs", "static STEP", "pub static STEP"),
            (
                "src/made.rs",
                "use crate::ran;",
                "use crate::curve::{RATE, STEP};\nuse crate::ran;",
            ),
            (
                "src/made.rs",
                "",
                "\n#[allow(dead_code)]\nfn added() -> i64 {\n    RATE + STEP\n}\n",
            ),
        ],
    ),
    nothing(
        "new tests",
        &[(
            "src/curve.rs",
            "",
            "\n#[cfg(test)]\nmod tests {\n    use super::*;\n\n    fn even(x: i64) -> i64 {\n        discount(x)\n    }\n\n    #[test]\n    fn test() {\n        even(1);\n    }\n}\n",
        )],
    ),
    nothing(
        "a helper that moves to another module",
        &[
            ("src/made.rs", "fn base() -> i64 {\n    4\n}\n", ""),
            (
                "src/made.rs",
                "use crate::ran;",
                "use crate::money::base;\nuse crate::ran;",
            ),
            ("src/money.rs", "", "\npub fn base() -> i64 {\n    4\n}\n"),
        ],
    ),
    nothing(
        "a helper that moves to a new file",
        &[
            (
                "src/generic.rs",
                "fn bond(coupon: i64) -> i64 {\n    coupon + 100\n}\n",
                "",
            ),
            (
                "src/generic.rs",
                "use crate::ran;",
                "use crate::bonds::bond;\nuse crate::ran;",
            ),
            ("src/main.rs", "mod books;", "mod bonds;\nmod books;"),
            (
                "src/bonds.rs",
                "",
                "pub fn bond(coupon: i64) -> i64 {\n    coupon + 100\n}\n",
            ),
        ],
    ),
    nothing(
        "a method that moves to where all names mean the same",
        &[
            (
                "src/steps.rs",
                "    impl super::Range {\n        pub fn of(&self) -> i64 {\n            end(self.0, self.1)\n        }\n    }\n\n",
                "",
            ),
            (
                "src/steps.rs",
                "",
                "\nmod lowest {\n    use std::cmp::{min as end};\n\n    impl super::Range {\n        pub fn of(&self) -> i64 {\n            end(self.0, self.1)\n        }\n    }\n}\n",
            ),
        ],
    ),
    nothing(
        "an import that leads to the same item by another path",
        &[(
            "src/steps.rs",
            "use ours::greater",
            "use self::ours::{greater}",
        )],
    ),
    nothing(
        "a comment in a crate of the workspace",
        &[("rates/src/base.rs", "pub const", "// Why.\npub const")],
    ),
    nothing(
        "a program of a crate of the workspace",
        &[("rates/src/main.rs", "rates::rate(1)", "rates::rate(2)")],
    ),
    nothing(
        "a comment in a manifest",
        &[("Cargo.toml", "[features]", "# Why.\n[features]")],
    ),
    nothing(
        "the order of imports",
        &[(
            "src/books.rs",
            "use crate::ran;\nuse dug::tracked;\n",
            "use {crate::ran, dug::tracked};\n",
        )],
    ),
    nothing(
        "a feature that nothing mentions",
        &[(
            "Cargo.toml",
            "fast = []",
            "fast = []\nslow = []\ndefault = [\"slow\"]",
        )],
    ),
];
