//! Explanations and reports as text.

use super::{
    Answer, CodeChange, CodePart, Explanation, PartChange, Reason, StaleCause, StaleFunction,
    StaleReport,
};
use std::fmt;

/// So many reasons are printed of one node, and so many changes of one code.
const MOST: usize = 8;

impl fmt::Display for Explanation {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} {}", self.node, said(self.answer))?;
        self.write_reasons(out, 1, self.answer == Answer::Memory)
    }
}

/// What is said of the node that is asked for.
fn said(answer: Answer) -> &'static str {
    match answer {
        Answer::Run => "would run",
        Answer::Memory => "is in memory",
        Answer::Store => "is stored, and right",
        Answer::Policy => "is served as it is stored, stale or not, by the policy",
        Answer::Tweak => "is tweaked",
    }
}

impl Explanation {
    /// The reasons: beside the node if there is one that has nothing below it, else a line for each.
    fn write_reasons(&self, out: &mut fmt::Formatter<'_>, level: usize, ran: bool) -> fmt::Result {
        match self.reasons.as_slice() {
            [] if self.is_shortened => return out.write_str(", ..\n"),
            [] => return out.write_str("\n"),
            [reason] if reason.is_flat() && ran => return writeln!(out, ": it ran, as {reason}"),
            [reason] if reason.is_flat() => return writeln!(out, ": {reason}"),
            _ if ran => out.write_str(": it ran, as\n")?,
            _ => out.write_str("\n")?,
        }
        for reason in self.reasons.iter().take(MOST) {
            write!(out, "{:width$}", "", width = 2 * level)?;
            match reason {
                Reason::Dependency { of, differs } => {
                    write!(out, "{} ", of.node)?;
                    of.write_as_dependency(out, *differs, level + 1)?;
                }
                reason => writeln!(out, "{reason}")?,
            }
        }
        match self.reasons.len().saturating_sub(MOST) {
            0 => Ok(()),
            more => writeln!(out, "{:width$}and {more} more", "", width = 2 * level),
        }
    }

    fn write_as_dependency(
        &self,
        out: &mut fmt::Formatter<'_>,
        differs: bool,
        level: usize,
    ) -> fmt::Result {
        match (self.answer, differs) {
            (Answer::Tweak, true) => return out.write_str("answers otherwise: it is tweaked\n"),
            (_, true) => out.write_str("answers otherwise")?,
            (_, false) => out.write_str("would run")?,
        }
        // Whether it has run meanwhile is not what is asked.
        self.write_reasons(out, level, false)
    }
}

impl Reason {
    /// Whether it is said in one line.
    fn is_flat(&self) -> bool {
        !matches!(self, Reason::Dependency { .. })
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reason::NoStore => out.write_str("it is not in memory, and there is no store"),
            Reason::NotStored => out.write_str("results of this function are not stored"),
            Reason::NeverStored => out.write_str("nothing of it is stored"),
            Reason::Unkept { why } => write!(out, "a run of it was not kept: {why}"),
            Reason::Unstored { why } => write!(out, "its result cannot be stored: {why}"),
            Reason::Invalidated => out.write_str("it was invalidated"),
            Reason::Code { function, changes } => {
                write!(out, "the code of `{function}` has changed")?;
                write_changes(out, ": ", changes)
            }
            Reason::Gone { function } => {
                write!(
                    out,
                    "`{function}`, which it asked, is not (or not yet) in this program"
                )
            }
            Reason::Unused { function } => {
                write!(
                    out,
                    "`{function}`, which it asked, was not called yet in this process, so that it \
                     cannot be asked again"
                )
            }
            Reason::Dependency { of, differs: true } => {
                write!(out, "{} answers otherwise", of.node)
            }
            Reason::Dependency { of, differs: false } => write!(out, "{} would run", of.node),
            Reason::Input { node } => write!(out, "{node} has changed"),
            Reason::Tweaked { function } => {
                write!(out, "a tweak or an invalidation is about `{function}`")
            }
            Reason::Relative => {
                out.write_str("it is tweaked relative to what is known only when it is called")
            }
            Reason::NoValue => out.write_str(
                "it is stored without the value (which was cheaper to run than the store's \
                 `min_cost`, is of another type, or is damaged)",
            ),
            Reason::Unknown => out.write_str("what is stored of it is not right here"),
        }
    }
}

/// The changes, with `first` before the first of them.
fn write_changes(out: &mut fmt::Formatter<'_>, first: &str, changes: &[CodeChange]) -> fmt::Result {
    for (place, change) in changes.iter().take(MOST).enumerate() {
        let before = if place == 0 { first } else { ", " };
        write!(out, "{before}{change}")?;
    }
    match changes.len().saturating_sub(MOST) {
        0 => Ok(()),
        more => write!(out, ", and {more} more"),
    }
}

impl fmt::Display for CodeChange {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = |version: &Option<String>| match version {
            Some(version) => format!("{version:?}"),
            None => "none".to_owned(),
        };
        match self {
            CodeChange::Own => out.write_str("its own code changed"),
            CodeChange::Meaning => {
                out.write_str("what its own code means changed (by an import or a macro)")
            }
            CodeChange::Part { part, how } => {
                let helper = match part.kind.as_str() {
                    "fn" | "method" => "helper ",
                    _ => "",
                };
                write!(out, "{helper}{part} {how}")
            }
            CodeChange::Version { then, now } => {
                write!(out, "version {} became {}", text(then), text(now))
            }
            CodeChange::Target { then, now } => write!(out, "target {then} became {now}"),
            CodeChange::ResultType { then, now } => write!(out, "result {then} became {now}"),
            CodeChange::Sources => out.write_str("sources of its crate changed"),
        }
    }
}

impl fmt::Display for CodePart {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let CodePart { kind, name, file } = self;
        match (name.as_str(), file.as_str()) {
            ("", "") if kind == "files" => out.write_str("files beside the sources"),
            ("", "") => write!(out, "{kind}"),
            ("", file) => write!(out, "{kind} ({file})"),
            (name, "") => write!(out, "{kind} {name}"),
            (name, file) if kind == "file" && file.ends_with(name) => write!(out, "file {file}"),
            (name, file) => write!(out, "{kind} {name} ({file})"),
        }
    }
}

impl fmt::Display for PartChange {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            PartChange::Changed => "changed",
            PartChange::Added => "is new",
            PartChange::Gone => "is gone",
        })
    }
}

impl fmt::Display for StaleReport {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            out,
            "{} of {} stored nodes are stale",
            self.stale(),
            self.nodes()
        )?;
        for function in self.functions.iter().filter(|function| function.stale > 0) {
            let (path, stale, nodes) = (&function.function, function.stale, function.nodes);
            writeln!(out, "  {path}: {stale} of {nodes}")?;
            for (cause, count) in function.causes.iter().take(MOST) {
                write!(out, "    {cause}")?;
                match count {
                    count if *count == stale => out.write_str("\n")?,
                    count => writeln!(out, " ({count})")?,
                }
            }
            match function.causes.len().saturating_sub(MOST) {
                0 => {}
                more => writeln!(out, "    and {more} more")?,
            }
        }
        let unknown = self.functions.iter().filter(|function| !function.is_known);
        let unknown: Vec<&StaleFunction> = unknown.collect();
        if unknown.is_empty() {
            return Ok(());
        }
        let nodes: usize = unknown.iter().map(|function| function.nodes).sum();
        let names: Vec<&str> = unknown.iter().take(MOST).map(|it| &*it.function).collect();
        let more = match unknown.len().saturating_sub(MOST) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        writeln!(
            out,
            "  {nodes} of functions that are not, or not yet, known to this program: {}{more}",
            names.join(", ")
        )
    }
}

impl fmt::Display for StaleCause {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StaleCause::Code { changes } if changes.is_empty() => {
                out.write_str("its code has changed")
            }
            StaleCause::Code { changes } => write_changes(out, "", changes),
            StaleCause::RestsOn { function } => write!(out, "rests on {function}"),
            StaleCause::Input { node } => write!(out, "{node} has changed"),
            StaleCause::Gone { function } => {
                write!(out, "`{function}` is not (or not yet) in this program")
            }
            StaleCause::Other { reason } => write!(out, "{reason}"),
        }
    }
}
