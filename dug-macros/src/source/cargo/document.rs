//! TOML as its values, each with the keys that lead to it: the same however it is written.

use std::path::Path;
use toml::de::{DeTable, DeValue};

#[derive(Debug, Default)]
pub(super) struct Document {
    pub(super) leaves: Vec<Leaf>,
}

/// A value that is neither a table nor a list, or an empty one of these.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Leaf {
    /// The places in lists are keys as well.
    pub(crate) keys: Vec<String>,
    pub(crate) value: String,
}

impl Document {
    /// What a file says.
    pub(super) fn read(path: &Path) -> Option<Self> {
        Some(Document::parse(&std::fs::read_to_string(path).ok()?))
    }

    /// What is not certainly TOML counts as a whole, beside what can be made of it.
    pub(super) fn parse(text: &str) -> Self {
        let (table, errors) = DeTable::parse_recoverable(text.trim_start_matches('\u{feff}'));
        let mut found = Document::default();
        found.table(table.get_ref(), &mut Vec::new());
        if !errors.is_empty() {
            found.add(&[], text.to_owned());
        }
        found
    }

    /// Whether it is not certainly TOML.
    pub(super) fn is_damaged(&self) -> bool {
        self.value_of(&[]).is_some()
    }

    /// Adds what is in a table that these keys lead to.
    fn table(&mut self, table: &DeTable<'_>, keys: &mut Vec<String>) {
        for (key, value) in table {
            keys.push(key.get_ref().to_string());
            self.value(value.get_ref(), keys);
            keys.pop();
        }
    }

    /// Adds a value, or all that is in it.
    fn value(&mut self, value: &DeValue<'_>, keys: &mut Vec<String>) {
        match value {
            DeValue::Table(table) if !table.is_empty() => self.table(table, keys),
            DeValue::Array(list) if !list.is_empty() => {
                for (nth, value) in list.iter().enumerate() {
                    keys.push(nth.to_string());
                    self.value(value.get_ref(), keys);
                    keys.pop();
                }
            }
            DeValue::Table(_) => self.add(keys, "{}".to_owned()),
            DeValue::Array(_) => self.add(keys, "[]".to_owned()),
            DeValue::String(text) => self.add(keys, text.to_string()),
            DeValue::Boolean(value) => self.add(keys, value.to_string()),
            DeValue::Integer(value) => self.add(keys, value.to_string()),
            DeValue::Float(value) => self.add(keys, value.to_string()),
            DeValue::Datetime(value) => self.add(keys, value.to_string()),
        }
    }

    fn add(&mut self, keys: &[String], value: String) {
        let keys = keys.to_vec();
        self.leaves.push(Leaf { keys, value });
    }

    /// The value that these keys lead to.
    pub(super) fn value_of(&self, keys: &[&str]) -> Option<&str> {
        let found = self.leaves.iter().find(|leaf| leaf.keys == keys);
        found.map(|leaf| leaf.value.as_str())
    }

    /// All that is below these keys.
    pub(super) fn below(&self, keys: &[&str]) -> impl Iterator<Item = &Leaf> {
        let is_below = |leaf: &&Leaf| leaf.keys.len() > keys.len() && leaf.starts_with(keys);
        self.leaves.iter().filter(is_below)
    }

    /// The values in the list that these keys lead to.
    pub(super) fn list(&self, keys: &[&str]) -> Vec<String> {
        let all = self.below(keys);
        all.map(|leaf| leaf.value.clone()).collect()
    }
}

impl Leaf {
    /// Whether it is where these keys lead to, or below.
    pub(super) fn starts_with(&self, keys: &[&str]) -> bool {
        let own = self.keys.iter().map(String::as_str);
        own.take(keys.len()).eq(keys.iter().copied())
    }

    /// One of its keys; none is an empty one.
    pub(crate) fn key(&self, nth: usize) -> &str {
        self.keys.get(nth).map_or("", String::as_str)
    }

    /// As a text that no other one has.
    pub(crate) fn print(&self) -> String {
        format!("{:?} {:?}", self.keys, self.value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_is_read_however_it_is_written() {
        let print = |text: &str| {
            let leaves = Document::parse(text).leaves;
            leaves.iter().map(Leaf::print).collect::<Vec<_>>()
        };
        let expected = print("[a.\"b-c\"]\npath = \"../d\"\nfeatures = [\"x\", \"[0, 1)\"]\n");
        for text in [
            "a.b-c.path = '../d' # \"\na.b-c.features = ['x', '[0, 1)']",
            "a = {'b-c' = {\"path\"=\"\\u002e./d\",features=[\"x\",# ]\n '''[0, 1)''',]}}",
            "[a]\n[a.b-c]\nfeatures=[\n  'x',\n\"[0, 1)\"\n,]\r\n'path'=\"\"\"../d\"\"\"",
            "\u{feff}a = {\n  b-c = {\n path = '''\n../d''', features = [\"x\", '[0, 1)'],\n },\n}",
        ] {
            assert_eq!(print(text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_empty_or_in_lists_of_tables_is_there() {
        let found = Document::parse("w = {}\nl = []\n[[b]]\nn = 1\n[[b]]\nn = 2\n[e]\n");
        let all = found.leaves.iter();
        let all: Vec<String> = all
            .map(|leaf| format!("{} {}", leaf.keys.join("."), leaf.value))
            .collect();
        assert_eq!(all, ["b.0.n 1", "b.1.n 2", "e {}", "l []", "w {}"]);
        assert_eq!(found.list(&["b"]), ["1", "2"]);
        assert_eq!(found.value_of(&["b", "1", "n"]), Some("2"));
    }

    #[test]
    fn what_is_no_toml_counts_as_a_whole() {
        let found = Document::parse("a = 1\nb = = 2\n[c]\nd = 3\n");
        assert!(found.is_damaged());
        assert_eq!(found.value_of(&["c", "d"]), Some("3"));
        assert_eq!(found.value_of(&[]), Some("a = 1\nb = = 2\n[c]\nd = 3\n"));
    }
}
