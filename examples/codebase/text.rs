//! The report as text, in columns.

use std::cmp::Reverse;
use std::fmt::{Display, Formatter, Result};

use crate::lines::Lines;
use crate::report::{CrateReport, DirectoryReport, FileReport, Report};
use crate::syntax::Shape;

/// A report, of which each table shows at most so many lines.
pub struct Text<'a>(pub &'a Report, pub usize);

impl Display for Text<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let Text(report, top) = *self;
        crates(f, report, top)?;
        folders(f, report, top)?;
        files(f, report, top)?;
        modules(f, report, top)?;
        hotspots(f, report)?;
        uses(f, report, top)?;
        problems(f, report, top)
    }
}

/// Characters that a name takes.
const NAME: usize = 36;

const COLUMNS: [&str; 8] = [
    "files",
    "code",
    "comments",
    "blank",
    "functions",
    "cognitive",
    "unsafe",
    "documented",
];

/// How many of the columns are of files and their lines.
const LINES: usize = 4;

fn crates(f: &mut Formatter<'_>, report: &Report, top: usize) -> Result {
    let mut crates: Vec<&CrateReport> = report.crates.iter().map(|it| &**it).collect();
    crates.sort_by_key(|it| (Reverse(it.lines.code), &it.name));
    row(f, "Largest crates", &COLUMNS)?;
    for it in crates.iter().take(top) {
        contents(f, &it.name, &it.lines, &it.shape)?;
    }
    let all = format!("All {}", grouped(report.crates.len() as u64));
    contents(f, &all, &report.lines, &report.shape)?;
    writeln!(
        f,
        "Cognitive complexity is that of an average function. Documented: of what is `pub`.\n"
    )
}

fn folders(f: &mut Formatter<'_>, report: &Report, top: usize) -> Result {
    let mut folders: Vec<&DirectoryReport> = report.directories().collect();
    folders.sort_by_key(|it| (Reverse(it.shape.cognitive), &it.path));
    row(f, "Folders hardest to read", &COLUMNS)?;
    for it in folders.iter().take(top) {
        let place = report.place(&it.path);
        contents(f, &short(&place), &it.lines, &it.shape)?;
    }
    writeln!(f)
}

fn files(f: &mut Formatter<'_>, report: &Report, top: usize) -> Result {
    let mut files: Vec<(&str, &FileReport)> = Vec::new();
    for folder in report.directories() {
        files.extend(folder.files.iter().map(|it| (&*folder.path, it)));
    }
    files.sort_by_key(|&(folder, it)| (Reverse(it.lines.code), folder, &it.name));
    row(f, "Largest files", &COLUMNS)?;
    for (folder, it) in files.into_iter().take(top) {
        let place = format!("{}/{}", report.place(folder), it.name);
        contents(f, &short(&place), &it.lines, &it.shape)?;
    }
    writeln!(f)
}

fn modules(f: &mut Formatter<'_>, report: &Report, top: usize) -> Result {
    let modules = report.directories().flat_map(|it| &it.modules);
    let mut modules: Vec<(&String, &Shape)> = modules.collect();
    modules.sort_by_key(|&(path, shape)| (Reverse(shape.cognitive), path));
    row(f, "Modules hardest to read", &COLUMNS[LINES..])?;
    for (path, shape) in modules.into_iter().take(top) {
        row(f, &short(path), &of_shape(shape))?;
    }
    writeln!(f)
}

fn hotspots(f: &mut Formatter<'_>, report: &Report) -> Result {
    row(f, "Functions hardest to read", &["cognitive", "cyclomatic"])?;
    for it in &report.hotspots {
        let complexity = it.function.complexity;
        let columns = [complexity.cognitive, complexity.cyclomatic].map(|it| grouped(it.into()));
        let name = short(&it.function.name);
        write!(f, "{name:NAME$}")?;
        columns.iter().try_for_each(|it| write!(f, " {it:>10}"))?;
        writeln!(f, "  {}", report.place(&it.path))?;
    }
    writeln!(f)
}

fn uses(f: &mut Formatter<'_>, report: &Report, top: usize) -> Result {
    let mut crates: Vec<(usize, &String)> = report
        .uses
        .keys()
        .map(|it| (report.users(it), it))
        .collect();
    crates.sort_by_key(|&(users, name)| (Reverse(users), name));
    row(f, "Most used crates", &["used by", "uses"])?;
    for (users, name) in crates.into_iter().take(top) {
        let used = &report.uses[name];
        let counts = [users, used.len()].map(|it| it.to_string());
        write!(f, "{name:NAME$} {:>10} {:>10}", counts[0], counts[1])?;
        writeln!(
            f,
            "{}",
            used.iter().map(|it| format!("  {it}")).collect::<String>()
        )?;
    }
    writeln!(f)
}

fn problems(f: &mut Formatter<'_>, report: &Report, top: usize) -> Result {
    let problems = &report.shape.problems;
    writeln!(f, "Files that do not parse: {}", problems.len())?;
    for it in problems.iter().take(top) {
        writeln!(f, "  {}: {}", report.place(&it.path), it.reason)?;
    }
    writeln!(f)
}

fn contents(f: &mut Formatter<'_>, name: &str, lines: &Lines, shape: &Shape) -> Result {
    let lines = [shape.files, lines.code, lines.comments, lines.blank];
    let columns: Vec<String> = lines
        .map(grouped)
        .into_iter()
        .chain(of_shape(shape))
        .collect();
    row(f, name, &columns)
}

/// The columns after those of lines.
fn of_shape(shape: &Shape) -> [String; COLUMNS.len() - LINES] {
    let cognitive = ratio(shape.cognitive, shape.functions);
    let documented = ratio(100 * shape.documented, shape.public);
    [
        grouped(shape.functions),
        cognitive.map_or_else(String::new, |it| format!("{it:.1}")),
        grouped(shape.unsafe_blocks),
        documented.map_or_else(String::new, |it| format!("{it:.0} %")),
    ]
}

fn ratio(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

/// A name, and columns on the right of it.
fn row(f: &mut Formatter<'_>, name: &str, columns: &[impl Display]) -> Result {
    write!(f, "{name:NAME$}")?;
    for column in columns {
        write!(f, " {column:>10}")?;
    }
    writeln!(f)
}

/// A name that fits its column: of a longer one the end, where names differ.
fn short(name: &str) -> String {
    let length = name.chars().count();
    if length <= NAME {
        return name.to_owned();
    }
    "..".to_owned() + &name.chars().skip(length - NAME + 2).collect::<String>()
}

/// A number with its thousands apart.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
