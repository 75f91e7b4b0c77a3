//! What counts of sources that are taken file by file: those of a crate in a folder, and, with
//! `code = crate`, those of the one that is compiled.

use super::index::Index;
use crate::source::cargo::compilation::Compilation;
use crate::source::files::sources::{Content, File, Sources};
use crate::source::macros::attributes::are_seen;
use crate::source::macros::origins::Crates;
use crate::source::meaning::cosmetic::{self, Ignored};
use crate::source::text::hashing::counted;
use crate::source::text::lexer::Span;
use blake3::Hasher;
use std::iter::once;

pub(crate) struct ByFile<'a> {
    pub(crate) index: Index<'a>,
    ignored: Ignored,
    /// Of each file, what macros see as a whole: items that have attributes of which nothing is known.
    seen: Vec<Vec<Span>>,
    /// What a `cfg` leaves out for certain, such as tests.
    left_out: Vec<Vec<Span>>,
}

impl<'a> ByFile<'a> {
    pub(crate) fn new(sources: &'a Sources, compilation: &Compilation, crates: &Crates) -> Self {
        let index = Index::of_items(sources, compilation, true);
        let mut found = ByFile {
            ignored: index.ignored(&[], crates, compilation),
            seen: vec![Vec::new(); index.files.len()],
            left_out: left_out(&index),
            index,
        };
        for nth in 0..found.index.modules.len() {
            found.enter(once(nth));
            let module = &found.index.modules[nth];
            let lexed = found.index.files[module.file].lexed;
            let spans = module.seen(lexed, &found.ignored.origins).into_iter();
            let is_whole = |span: &Span| lexed.sign(span.end - 1) == b'}';
            found.seen[module.file].extend(spans.filter(is_whole));
        }
        for nth in 0..found.index.groups.len() {
            let block = &found.index.groups[nth];
            found.enter(once(block.module));
            let block = &found.index.groups[nth];
            let lexed = found.index.files[block.file].lexed;
            let span = block.seen(lexed, &found.ignored.origins);
            found.seen[block.file].extend(once(span).filter(|span| *span != block.group.header));
        }
        for nth in 0..found.index.items.len() {
            found.enter(once(found.index.items[nth].module));
            let entry = &found.index.items[nth];
            let span = entry.item.span.clone();
            let lexed = found.index.files[entry.file].lexed;
            if are_seen(lexed, span.clone(), &found.ignored.origins) {
                found.seen[entry.file].push(span);
            }
        }
        for seen in &mut found.seen {
            *seen = merged(std::mem::take(seen));
        }
        found
    }

    /// From now on, what is asked about stands in these modules.
    fn enter(&mut self, modules: impl Iterator<Item = usize> + Clone) {
        let index = &self.index;
        let is_anywhere = |module: usize| {
            let at = &index.modules[module];
            let mut declared = index.declared(module).into_iter();
            (at.is_part && at.is_anywhere) || declared.any(|module| index.is_unplaced(module))
        };
        match modules.clone().any(is_anywhere) {
            true => self.ignored.origins.leave(),
            false => self.ignored.origins.enter_all(modules),
        }
    }

    /// Whether a file of this name belongs to the crate.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.index.files.iter().any(|file| file.name == name)
    }

    /// The digest of all that means something in the file of this name.
    pub(crate) fn digest(&mut self, name: &str, file: &File) -> [u8; 32] {
        let place = self.index.files.iter().position(|file| file.name == name);
        self.digest_at(place, file)
    }

    /// The same for a file that belongs to none of the crate's modules, such as one of its build script.
    pub(crate) fn digest_of_other(&mut self, file: &File) -> [u8; 32] {
        self.digest_at(None, file)
    }

    fn digest_at(&mut self, place: Option<usize>, file: &File) -> [u8; 32] {
        let Content::Code(lexed) = &file.content else {
            return file.digest();
        };
        let all = self.index.modules.iter().enumerate();
        let modules = all.filter(|(_, module)| Some(module.file) == place);
        let modules: Vec<usize> = modules.map(|(nth, _)| nth).collect();
        self.enter(modules.into_iter());
        let (mut kept, mut hasher) = (Vec::new(), Hasher::new());
        let all = 0..lexed.len();
        // Of what belongs to none nothing is known.
        let all_seen = vec![all.clone()];
        let seen = place.map_or(&all_seen, |place| &self.seen[place]);
        cosmetic::meaning(lexed, all, seen, &self.ignored, &mut kept);
        let is_in = |spans: &[Span], at: usize| {
            let next = spans.partition_point(|span| span.end <= at);
            spans.get(next).is_some_and(|span| span.contains(&at))
        };
        let left_out = place.map_or(&[][..], |place| &self.left_out[place]);
        if !left_out.is_empty() {
            kept.retain(|at| !is_in(left_out, *at) || is_in(seen, *at));
        }
        cosmetic::digest(lexed, &kept, &mut hasher);
        cosmetic::digest_of_input(lexed, &kept, 0, &self.ignored, &mut hasher);
        for span in seen {
            // What stands before the token after the last belongs to the next item.
            cosmetic::docs(lexed, span.start..span.end.saturating_sub(1), &mut hasher);
        }
        *hasher.finalize().as_bytes()
    }

    /// Whether what stands here is an attribute that only makes documentation.
    pub(crate) fn is_documentation(&self, file: usize, place: usize) -> bool {
        let index = &self.index;
        let items = index.items.iter().filter(|entry| entry.file == file);
        let groups = index.groups.iter().filter(|block| block.file == file);
        let modules = index.modules.iter().filter(|module| module.file == file);
        let mut attributes = items
            .map(|entry| &entry.item.attributes)
            .chain(groups.map(|block| &block.group.attributes))
            .chain(modules.flat_map(|module| &module.attributes));
        attributes.any(|span| span.contains(&place))
            && !self.seen[file].iter().any(|span| span.contains(&place))
    }
}

impl Sources {
    /// The digest of all files, and of the `cfg`s.
    pub(crate) fn digest(&self, compilation: &Compilation, crates: &Crates) -> [u8; 32] {
        let mut by_file = ByFile::new(self, compilation, crates);
        let cfgs = &compilation.cfgs;
        let mut hasher = Hasher::new();
        hasher.update(b"dug sources");
        hasher.update(&(cfgs.len() as u64).to_le_bytes());
        for cfg in cfgs {
            counted(&mut hasher, cfg.as_bytes());
        }
        for ((name, what), file) in &self.files {
            counted(&mut hasher, name.as_bytes());
            hasher.update(&[*what as u8]);
            hasher.update(&by_file.digest(name, file));
        }
        *hasher.finalize().as_bytes()
    }
}

/// What is not compiled of each file.
fn left_out(index: &Index) -> Vec<Vec<Span>> {
    let mut found = vec![Vec::new(); index.files.len()];
    for module in index.modules.iter().filter(|module| !module.is_compiled) {
        let lexed = index.files[module.file].lexed;
        let open = module.place + 1;
        match module.attributes.first().filter(|_| module.name.is_some()) {
            Some(first) if lexed.is_open(open) => {
                found[module.file].push(first.start..lexed.after(open));
            }
            Some(_) => {}
            None => found[module.file].push(0..lexed.len()),
        }
    }
    for block in index.groups.iter().filter(|block| !block.is_compiled) {
        let header = &block.group.header;
        if index.files[block.file].lexed.is_open(header.end) {
            let after = index.files[block.file].lexed.after(header.end);
            found[block.file].push(header.start..after);
        }
    }
    for entry in index.items.iter().filter(|entry| !entry.is_compiled) {
        found[entry.file].push(entry.item.span.clone());
    }
    found.into_iter().map(merged).collect()
}

/// Spans in order, and none in or beside another.
fn merged(mut spans: Vec<Span>) -> Vec<Span> {
    spans.sort_unstable_by_key(|span| span.start);
    let mut found: Vec<Span> = Vec::new();
    for span in spans {
        match found.last_mut().filter(|last| span.start < last.end) {
            Some(last) => last.end = last.end.max(span.end),
            None => found.push(span),
        }
    }
    found
}
