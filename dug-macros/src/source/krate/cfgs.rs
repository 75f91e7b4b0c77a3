//! What `cfg`s say in this compilation, as far as that is known here: of features, and
//! of what was given by `--cfg`. What is known of the target is known to the runtime.

use crate::source::cargo::compilation::Compilation;
use crate::source::syntax::attributes::attributes;
use crate::source::text::lexer::{Lexed, Span};
use crate::source::text::literals::text;

/// In so many others is a predicate understood.
const DEEPEST: usize = 64;

/// Whether the attributes in this span leave their item out, for certain.
pub(super) fn leaves_out(lexed: &Lexed, span: &Span, compilation: &Compilation) -> bool {
    attributes(lexed, span).into_iter().any(|inside| {
        let is_cfg = lexed.is_word(inside.start, b"cfg") && lexed.sign(inside.start + 1) == b'(';
        is_cfg && holds(lexed, lexed.inside(inside.start + 1), 0, compilation) == Some(false)
    })
}

/// Whether a predicate in so many others holds; `None`: that is not known.
fn holds(lexed: &Lexed, span: Span, depth: usize, compilation: &Compilation) -> Option<bool> {
    let start = span.start;
    let name = lexed.name(start).filter(|_| depth < DEEPEST)?;
    if lexed.sign(start + 1) == b'(' {
        let mut parts = Vec::new();
        let (mut place, end) = (start + 2, lexed.close(start + 1));
        let mut begin = place;
        while place < end {
            if lexed.sign(place) == b',' {
                parts.push(begin..place);
                begin = place + 1;
            }
            place = if lexed.is_open(place) {
                lexed.after(place)
            } else {
                place + 1
            };
        }
        if begin < end {
            parts.push(begin..end);
        }
        let mut parts = parts
            .into_iter()
            .map(|part| holds(lexed, part, depth + 1, compilation));
        return match name {
            b"not" => parts.next()?.map(|holds| !holds),
            b"all" if parts.clone().any(|part| part == Some(false)) => Some(false),
            b"all" => parts.all(|part| part == Some(true)).then_some(true),
            b"any" if parts.clone().any(|part| part == Some(true)) => Some(true),
            b"any" => parts.all(|part| part == Some(false)).then_some(false),
            _ => None,
        };
    }
    let name = String::from_utf8_lossy(name);
    match &*name {
        // Another crate is no test.
        "test" if lexed.sign(start + 1) != b'=' && compilation.is_other => Some(false),
        _ if compilation.is_other => None,
        "feature" if lexed.sign(start + 1) == b'=' => {
            let cfg = format!("feature=\"{}\"", text(lexed, start + 2));
            Some(compilation.cfgs.contains(&cfg))
        }
        // For a library that is documented or compiled for tests, too, the compiler says so.
        "test" if lexed.sign(start + 1) != b'=' => {
            Some(compilation.cfgs.iter().any(|cfg| cfg == "test"))
        }
        _ => None,
    }
}

/// The state of something that a `cfg` mentions.
pub(crate) fn state(cfg: &str, compilation: &Compilation) -> String {
    match cfg {
        "debug_assertions" | "overflow_checks" => compilation.is_debug.to_string(),
        _ if cfg.starts_with("target_") || cfg.starts_with("panic") => {
            compilation.processor.join(" ")
        }
        _ => {
            let name = cfg.split('=').next().unwrap_or_default();
            let is_given = compilation.cfgs.iter().any(|given| given == cfg);
            let of_name = |given: &&String| given.split('=').next() == Some(name);
            match cfg.contains('=') || name == "feature" {
                true => is_given.to_string(),
                false => format!(
                    "{:?}",
                    compilation.cfgs.iter().filter(of_name).collect::<Vec<_>>()
                ),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn predicates_hold_or_not_or_are_unknown() {
        let compilation = Compilation {
            cfgs: vec!["feature=\"a\"".to_owned(), "x".to_owned()],
            ..Compilation::default()
        };
        let of = |predicate: &str| {
            let lexed = Lexed::read(predicate.as_bytes().to_vec());
            holds(&lexed, 0..lexed.len(), 0, &compilation)
        };
        for (predicate, expected) in [
            ("feature = \"a\"", Some(true)),
            ("feature = \"b\"", Some(false)),
            ("test", Some(false)),
            ("unix", None),
            ("not(test)", Some(true)),
            ("all(unix, test)", Some(false)),
            ("all(unix, feature = \"a\")", None),
            ("any(unix, feature = \"a\")", Some(true)),
            ("any(test, feature = \"b\",)", Some(false)),
            ("any(unix, not(unix))", None),
            ("not(all(feature = \"a\", not(test)))", Some(false)),
        ] {
            assert_eq!(of(predicate), expected, "{predicate}");
        }
    }
}
