//! A difference as text and as DOT.

use super::{Change, ChangeKind, Diff};
use std::fmt::{self, Write};

/// Characters of one value in the text; what is longer is cut and marked.
const LONGEST: usize = 48;

impl fmt::Display for Diff {
    /// A line for the answer, and one for each of the changes, numbered from 1.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} in {}", self.node, self.scenario)?;
        if !self.base.is_empty() {
            write!(out, ", compared with {}", self.base)?;
        }
        match self.change(&self.node).filter(|_| !self.is_empty()) {
            Some(change) => writeln!(out, ": {}", travelled(change))?,
            None if self.base.is_empty() => out.write_str(": as in the base\n")?,
            None => out.write_str(": the same\n")?,
        }
        let digits = self.changes.len().to_string().len();
        for (place, change) in self.changes.iter().enumerate() {
            let node = cut(&change.node.to_string());
            write!(out, "{:>digits$}. {node}: ", place + 1)?;
            self.write_change(out, change)?;
            out.write_str("\n")?;
        }
        Ok(())
    }
}

impl Diff {
    fn write_change(&self, out: &mut fmt::Formatter<'_>, change: &Change) -> fmt::Result {
        let value = |text: &Option<String>| cut(text.as_deref().unwrap_or(".."));
        match change.kind {
            ChangeKind::Changed => out.write_str(&travelled(change))?,
            ChangeKind::Absorbed => write!(out, "{} as before", value(&change.to))?,
            ChangeKind::OnlyScenario => write!(out, "{}, newly asked for", value(&change.to))?,
            ChangeKind::OnlyBase => write!(out, "{}, no longer asked for", value(&change.from))?,
        }
        if !change.tweaks.is_empty() {
            let tweaks = change.tweaks.iter().map(|tweak| &self.tweaks[*tweak]);
            let tweaks = tweaks.map(|tweak| match tweak.side {
                super::Side::Scenario => cut(&tweak.tweak.to_string()),
                super::Side::Base => format!("{} in the base", cut(&tweak.tweak.to_string())),
            });
            write!(out, ", by {}", tweaks.collect::<Vec<_>>().join("; "))?;
        }
        if !change.through.is_empty() {
            let places = change.through.iter().map(|place| (place + 1).to_string());
            let way = match change.kind {
                ChangeKind::Absorbed => "absorbs",
                _ => "through",
            };
            write!(out, ", {way} {}", places.collect::<Vec<_>>().join(", "))?;
        }
        Ok(())
    }

    /// The way of the change in the language of Graphviz: arrows point from cause to effect;
    /// nodes with tweaks are boxes, those that absorb the change are grey, and those that only
    /// one of the two asks for are dashed.
    ///
    /// ```
    /// # use dug::{Scenario, diff, node, tracked, tweak, with_context};
    /// # #[tracked] fn one() -> u8 { 1 }
    /// # #[tracked] fn twice() -> u8 { 2 * one() }
    /// let two = Scenario::new().with(tweak!(in one() => 2)).unwrap();
    /// let diff = with_context(|| diff(&Scenario::new(), &two, node!(twice()))).unwrap();
    /// let dot = diff.to_dot();
    /// assert!(dot.contains(r#"n0 [label="one()\n1 -> 2", shape=box, style=solid, color=black];"#));
    /// assert!(dot.contains("n0 -> n1;"));
    /// ```
    pub fn to_dot(&self) -> String {
        let mut dot = String::from("digraph dug {\n");
        for (place, change) in self.changes.iter().enumerate() {
            let node = quoted(&cut(&change.node.to_string()));
            let values = quoted(&match change.kind {
                ChangeKind::Absorbed => cut(change.to.as_deref().unwrap_or("..")),
                _ => travelled(change),
            });
            let shape = match change.tweaks.is_empty() || change.kind == ChangeKind::OnlyBase {
                true => "ellipse",
                false => "box",
            };
            let style = match change.kind {
                ChangeKind::Changed | ChangeKind::Absorbed => "solid",
                ChangeKind::OnlyScenario | ChangeKind::OnlyBase => "dashed",
            };
            let color = match change.kind {
                ChangeKind::Absorbed => "grey",
                _ => "black",
            };
            // Writing to a string cannot fail.
            let _ = writeln!(
                dot,
                "  n{place} [label=\"{node}\\n{values}\", shape={shape}, style={style}, color={color}];"
            );
        }
        for (from, to) in self.edges() {
            let _ = writeln!(dot, "  n{from} -> n{to};");
        }
        dot.push_str("}\n");
        dot
    }
}

/// `100 -> 80`; a dash where it was not asked for.
fn travelled(change: &Change) -> String {
    let (from, to) = match (change.from.as_deref(), change.to.as_deref()) {
        (Some(from), Some(to)) => (from, to),
        (from, to) => {
            let value = |text: Option<&str>| text.map_or_else(|| "-".to_owned(), cut);
            return format!("{} -> {}", value(from), value(to));
        }
    };
    // What both begin with says nothing.
    let common = from
        .chars()
        .zip(to.chars())
        .take_while(|(a, b)| a == b)
        .count();
    let skipped = match from.chars().count().max(to.chars().count()) > LONGEST {
        true => common.saturating_sub(LONGEST / 4),
        false => 0,
    };
    let value = |text: &str| {
        let shown: String = text.chars().skip(skipped).collect();
        match skipped {
            0 => cut(&shown),
            _ => format!("…{}", cut(&shown)),
        }
    };
    format!("{} -> {}", value(from), value(to))
}

/// The text, without its middle if it is long: what tells nodes apart may stand at either end.
fn cut(text: &str) -> String {
    const END: usize = LONGEST / 3;
    let characters: Vec<char> = text.chars().collect();
    match characters.len() > LONGEST {
        true => {
            let (start, end) = (
                &characters[..LONGEST - END],
                &characters[characters.len() - END..],
            );
            start.iter().chain(&['…']).chain(end).collect()
        }
        false => text.to_owned(),
    }
}

fn quoted(text: &str) -> String {
    text.replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
}
