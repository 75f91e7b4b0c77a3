//! Edits that a result could depend on. Most leave the values as they are, so that only the code
//! decides what runs.

use crate::desk::Edit;

const fn edit(
    what: &'static str,
    changes: &'static [(&'static str, &'static str, &'static str)],
    runs: &'static [&'static str],
) -> Edit {
    Edit {
        what,
        changes,
        features: &[],
        runs,
    }
}

/// A function whose place is that of a macro.
const WRITTEN: [(&str, &str, &str); 2] = [
    ("src/made.rs", "limited()]", "limited(), written()]"),
    (
        "src/made.rs",
        "",
        r#"
macro_rules! writer {
    () => {
        #[tracked]
        fn written() -> i64 {
            ran("written");
            rates::rate(1)
        }
    };
}
writer!();
"#,
    ),
];

pub const EDITS: &[Edit] = &[
    edit(
        "its own body",
        &[(
            "src/curve.rs",
            "    ran(\"leaf\");\n    x + 1",
            "    ran(\"leaf\");\n    1 + x",
        )],
        &["leaf"],
    ),
    edit(
        "a helper",
        &[("src/curve.rs", "x * RATE - shift(x)", "RATE * x - shift(x)")],
        &["discounted"],
    ),
    edit(
        "a helper, and the value",
        &[("src/curve.rs", "x * RATE - shift(x)", "x * RATE + shift(x)")],
        &["above", "discounted"],
    ),
    edit(
        "a helper of a helper",
        &[(
            "src/curve.rs",
            "if x > 0 { STEP } else { 0 }",
            "if x < 1 { 0 } else { STEP }",
        )],
        &["discounted", "nested"],
    ),
    edit(
        "a constant",
        &[("src/curve.rs", "RATE: i64 = 3", "RATE: i64 = 1 + 2")],
        &["discounted"],
    ),
    edit(
        "a static",
        &[("src/curve.rs", "STEP: i64 = 2", "STEP: i64 = 1 + 1")],
        &["discounted", "nested"],
    ),
    edit(
        "a function in a body",
        &[("src/curve.rs", "x + shift(x)", "shift(x) + x")],
        &["nested"],
    ),
    edit(
        "functions that call each other",
        &[(
            "src/curve.rs",
            "odd(x - 1) } else { 1 }",
            "odd(x - 1) } else { 2 - 1 }",
        )],
        &["folded"],
    ),
    edit(
        "an attribute with effect",
        &[("src/curve.rs", "fn shift(", "#[track_caller]\nfn shift(")],
        &["discounted", "nested"],
    ),
    edit(
        "what a log is not",
        &[(
            "src/curve.rs",
            "    debug_assert!(x < 1000);\n",
            "    assert!(x < 1000);\n",
        )],
        &["logged"],
    ),
    edit(
        "the type of a result that is called",
        &[
            (
                "src/curve.rs",
                "fn discounted(x: i64) -> i64 {",
                "fn discounted(x: i64) -> Whole {",
            ),
            ("src/curve.rs", "", "\ntype Whole = i64;\n"),
        ],
        &["above", "discounted"],
    ),
    edit(
        "an operator",
        &[(
            "src/money.rs",
            "self.cents + other.cents",
            "other.cents + self.cents",
        )],
        &["cash", "entries", "summed"],
    ),
    edit(
        "the fields of a type",
        &[
            (
                "src/money.rs",
                "pub cents: i64,\n}",
                "pub cents: i64,\n    #[allow(dead_code)]\n    pub extra: (),\n}",
            ),
            (
                "src/money.rs",
                "Money { cents: self.cents + other.cents }",
                "Money { cents: self.cents + other.cents, extra: () }",
            ),
            (
                "src/money.rs",
                "Money { cents: 7 }",
                "Money { cents: 7, extra: () }",
            ),
            (
                "src/money.rs",
                "Money { cents }",
                "Money { cents, extra: () }",
            ),
            (
                "src/money.rs",
                "vec![Money { cents: 1 }",
                "vec![Money { cents: 1, extra: () }",
            ),
            (
                "src/books.rs",
                "Cash { cents: 3 }",
                "Cash { cents: 3, extra: () }",
            ),
        ],
        &["cash", "entries", "summed"],
    ),
    edit(
        "`Default`",
        &[(
            "src/money.rs",
            "Money { cents: 7 }",
            "Money { cents: 3 + 4 }",
        )],
        &["cash", "entries", "summed"],
    ),
    edit(
        "`From`",
        &[(
            "src/money.rs",
            "        Money { cents }",
            "        Self { cents }",
        )],
        &["cash", "entries", "summed"],
    ),
    edit(
        "`Deref`",
        &[("src/money.rs", "        &self.0\n", "        &(self.0)\n")],
        &["lengths"],
    ),
    edit(
        "`Drop`",
        &[("src/money.rs", "self.0.clear();", "self.0.truncate(0);")],
        &["lengths"],
    ),
    edit(
        "a derive",
        &[(
            "src/money.rs",
            "#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]\nenum",
            "#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]\nenum",
        )],
        &["highest"],
    ),
    edit(
        "the order of variants, which a derive compares by",
        &[("src/money.rs", "    Low,\n    High,", "    High,\n    Low,")],
        &["highest"],
    ),
    edit(
        "an alias",
        &[(
            "src/money.rs",
            "type Ledger = Vec<Money>",
            "type Ledger = Vec<(Money, Money)>",
        )],
        &["entries"],
    ),
    edit(
        "a default method",
        &[("src/shapes.rs", "2 * self.area()", "self.area() * 2")],
        &["boxed", "doubled", "sides"],
    ),
    edit(
        "a method of a trait's impl",
        &[("src/shapes.rs", "self.0 * self.1", "self.1 * self.0")],
        &["boxed", "doubled", "sides"],
    ),
    edit(
        "an associated constant",
        &[(
            "src/shapes.rs",
            "const SIDES: i64 = 4",
            "const SIDES: i64 = 2 + 2",
        )],
        &["boxed", "doubled", "sides"],
    ),
    edit(
        "an overridden method",
        &[(
            "src/shapes.rs",
            "    const SIDES: i64 = 4;\n",
            "    const SIDES: i64 = 4;\n\n    fn doubled(&self) -> i64 {\n        8\n    }\n",
        )],
        &["boxed", "doubled", "sides"],
    ),
    edit(
        "a blanket impl",
        &[(
            "src/shapes.rs",
            "self.to_string().len() as i64",
            "self.to_string().chars().count() as i64",
        )],
        &["described"],
    ),
    edit(
        "an impl for a foreign type",
        &[("src/shapes.rs", "        self / 2", "        self >> 1")],
        &["halved"],
    ),
    edit(
        "an untracked method of a tracked block",
        &[("src/books.rs", "line * FACTOR", "FACTOR * line")],
        &["sum"],
    ),
    edit(
        "a constant of such a method",
        &[("src/books.rs", "FACTOR: i64 = 10", "FACTOR: i64 = 5 + 5")],
        &["sum"],
    ),
    edit(
        "a helper of a method tracked alone",
        &[("src/books.rs", "self.amount / 2", "self.amount >> 1")],
        &["worth"],
    ),
    edit(
        "an impl of a type that a generic function is called with",
        &[(
            "src/generic.rs",
            "self.coupon == other.coupon",
            "other.coupon == self.coupon",
        )],
        &["equals<Bond>", "value_of"],
    ),
    edit(
        "a helper of such an impl",
        &[("src/generic.rs", "coupon + 100", "100 + coupon")],
        &["equals<Bond>", "value_of"],
    ),
    edit(
        "an iterator",
        &[("src/steps.rs", "self.0 -= 1;", "self.0 += -1;")],
        &["walked"],
    ),
    edit(
        "a constant in an iterator",
        &[("src/steps.rs", "LEAST: i64 = 0", "LEAST: i64 = 1 - 1")],
        &["walked"],
    ),
    edit(
        "a constant that a text names",
        &[(
            "src/steps.rs",
            "GREETING: &str = \"hello\"",
            "GREETING: &str = \"salve\"",
        )],
        &["greeting"],
    ),
    edit(
        "which of two functions is meant",
        &[
            ("src/steps.rs", "use left::side;", "use right::side;"),
            (
                "src/steps.rs",
                "    pub fn side() -> i64 {\n        1",
                "    #[allow(dead_code)]\n    pub fn side() -> i64 {\n        1",
            ),
        ],
        &["sided"],
    ),
    edit(
        "two functions of one name that change places",
        &[
            (
                "src/steps.rs",
                "pub fn side() -> i64 {\n        1",
                "pub fn side() -> i64 {\n        @",
            ),
            (
                "src/steps.rs",
                "pub fn side() -> i64 {\n        2",
                "pub fn side() -> i64 {\n        1",
            ),
            ("src/steps.rs", "@", "2"),
        ],
        &["sided"],
    ),
    edit(
        "a macro that a macro calls",
        &[("src/macros.rs", "$value * $by", "$by * $value")],
        &["quoted"],
    ),
    edit(
        "what a macro is given",
        &[(
            "src/made.rs",
            "fn base() -> i64 {\n    4",
            "fn base() -> i64 {\n    2 + 2",
        )],
        &["quoted"],
    ),
    edit(
        "a macro that declares items",
        &[(
            "src/macros.rs",
            "made.$name + $value",
            "$value + made.$name",
        )],
        &["got"],
    ),
    edit(
        "what such a macro is given",
        &[(
            "src/made.rs",
            "getter!(made_up, 5)",
            "getter!(made_up, 2 + 3)",
        )],
        &["got"],
    ),
    edit(
        "what such a macro mentions, called as a kind of what it is given",
        &[(
            "src/made.rs",
            "fn literal() -> i64 {\n    1",
            "fn literal() -> i64 {\n    2 - 1",
        )],
        &["got"],
    ),
    edit(
        "a static of a thread, which a parameter does not hide",
        &[("src/made.rs", "const { 9 }", "const { 3 * 3 }")],
        &["limited"],
    ),
    edit(
        "a file",
        &[("src/note.txt", "A note.\n", "A mote.\n")],
        &["noted"],
    ),
    edit(
        "what a build script writes",
        &[("build.rs", "{ x + 1 }", "{ 1 + x }")],
        &["generated", "paced"],
    ),
    edit(
        "a variable of the environment",
        &[("build.rs", "DESK_TITLE=Desk", "DESK_TITLE=Task")],
        &["paced", "titled"],
    ),
    Edit {
        what: "a feature, here and in the library of the package",
        changes: &[],
        features: &["fast"],
        runs: &["featured", "paced"],
    },
    edit(
        "a crate of the workspace",
        &[("rates/src/base.rs", "RATE: i64 = 5", "RATE: i64 = 2 + 3")],
        &["paced", "rated", "taxed"],
    ),
    edit(
        "a variable that such a crate names",
        &[("rates/title.txt", "a", "b")],
        &["paced", "rated", "taxed"],
    ),
    edit(
        "a profile of such a crate, which names a cfg",
        &[(
            "Cargo.toml",
            "debug = false\n",
            "debug = false\n[profile.dev.package.rates]\ndebug-assertions = false\n",
        )],
        &["paced", "rated", "taxed"],
    ),
    edit(
        "what a macro of such a crate calls here",
        &[(
            "src/inputs.rs",
            "fn levied() -> i64 {\n    6",
            "fn levied() -> i64 {\n    2 * 3",
        )],
        &["taxed"],
    ),
    edit(
        "two files that change places",
        &[
            ("src/note.txt", "A note.\n", "A moth.\n"),
            ("src/mote.txt", "A moth.\n", "A note.\n"),
        ],
        &["noted"],
    ),
    edit(
        "a function that a macro writes",
        &[WRITTEN[0], WRITTEN[1]],
        &["written"],
    ),
    edit(
        "a crate that such a function uses",
        &[
            WRITTEN[0],
            WRITTEN[1],
            ("rates/src/base.rs", "RATE: i64 = 5", "RATE: i64 = 1 + 4"),
        ],
        &["paced", "rated", "taxed", "written"],
    ),
    edit(
        "what is asked of a dependency",
        &[(
            "Cargo.toml",
            "serde_json = \"1\"",
            "serde_json = { version = \"1\", features = [\"std\"] }",
        )],
        &["paced", "wired"],
    ),
    edit(
        "what a feature asks of a dependency",
        &[(
            "Cargo.toml",
            "[features]\n",
            "[features]\ndefault = [\"serde_json/std\"]\n",
        )],
        &["paced", "wired"],
    ),
    edit(
        "a function that a derive is told of",
        &[(
            "src/inputs.rs",
            "fn fallback() -> i64 {\n    11",
            "fn fallback() -> i64 {\n    5 + 6",
        )],
        &["wired"],
    ),
    edit(
        "a module that a derive is told of by another name",
        &[(
            "src/inputs.rs",
            "(deserializer)? + 1",
            "(deserializer)? + 2 - 1",
        )],
        &["wired"],
    ),
    edit(
        "a module below another one, elsewhere",
        &[("shared/far/away.rs", "    8\n", "    4 + 4\n")],
        &["distant"],
    ),
    edit(
        "the block of a cell",
        &[("src/scripts.rs", "x * factor()", "factor() * x")],
        &["scripted"],
    ),
    edit(
        "a helper of a cell",
        &[(
            "src/scripts.rs",
            "fn factor() -> i64 {\n    3",
            "fn factor() -> i64 {\n    1 + 2",
        )],
        &["scripted"],
    ),
    edit(
        "an import of the same name from another module",
        &[("src/steps.rs", "use ours::greater", "use theirs::greater")],
        &["bounded"],
    ),
    edit(
        "a method that moves to where a name means something else",
        &[
            (
                "src/steps.rs",
                "    impl super::Range {\n        pub fn of(&self) -> i64 {\n            end(self.0, self.1)\n        }\n    }\n\n",
                "",
            ),
            (
                "src/steps.rs",
                "    use std::cmp::max as end;\n\n",
                "    use std::cmp::max as end;\n\n    impl super::Range {\n        pub fn of(&self) -> i64 {\n            end(self.0, self.1)\n        }\n    }\n\n",
            ),
        ],
        &["ended"],
    ),
    edit(
        "what all bodies call",
        &[(
            "src/main.rs",
            "println!(\"ran {name}\");",
            "println!(\"ran {}\", name);",
        )],
        super::DEEP,
    ),
];
