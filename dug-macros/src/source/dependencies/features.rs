//! What decides with which features other crates are compiled: what manifests ask of them, and
//! of those in folders that depend on them and may ask it of them in turn.

use super::packages::Packages;
use crate::source::cargo::document::Leaf;
use crate::source::cargo::externs::OWN;
use crate::source::cargo::manifest::{Manifest, as_crate};
use std::collections::BTreeSet;

/// What is asked of a crate that sources call by this name, and of these packages, as far
/// as it is asked by the package that is compiled and those in folders that it depends on.
pub(super) fn of(packages: &Packages, name: &str, below: &[usize]) -> BTreeSet<String> {
    let Packages { lock, folders, .. } = packages;
    let package = |place: &usize| as_crate(&lock.packages[*place].name);
    // Those of a registry ask what their own versions say.
    let above = lock.dependents(below).into_iter();
    let above = above.filter(|place| lock.packages[*place].source.is_none());
    let above: BTreeSet<usize> = above.collect();
    let mut names: BTreeSet<String> = above.iter().chain(below).map(package).collect();
    names.insert(as_crate(name));
    let own = lock.closure(lock.of(&as_crate(&packages.own), None), &[]);
    let between = own.iter().filter(|place| above.contains(place));
    let between: BTreeSet<usize> = between
        .flat_map(|place| folders.of_version(&package(place), &lock.packages[*place].version))
        .filter(|nth| folders.all[*nth].path != packages.home)
        .collect();
    let own = || packages.manifests.iter().chain(&folders.workspaces);
    let theirs = || between.iter().map(|nth| &folders.all[*nth].manifest);
    for manifest in own().chain(theirs()) {
        names.extend(keys(manifest, &names));
    }
    let mut found = BTreeSet::new();
    // For tests, and only then for certain, what dev-dependencies ask is asked as well.
    let is_test = packages.compilation.cfgs.iter().any(|cfg| cfg == "test");
    if is_test && asks_for_tests(packages, below) {
        found.insert("for tests".to_owned());
    }
    let mut add = |manifest: &Manifest, line: String| {
        let package = manifest.package().unwrap_or_default();
        found.insert(format!("{package} {line}"));
    };
    for manifest in own() {
        let lines = manifest.resolver().map(Leaf::print);
        let lines = lines.chain(forwarded(manifest, &names, &packages.compilation.cfgs));
        lines.for_each(|line| add(manifest, line));
    }
    for manifest in theirs() {
        let lines = manifest.features().map(Leaf::print);
        lines.for_each(|line| add(manifest, line));
    }
    for manifest in own().chain(theirs()) {
        let all = manifest.dependencies();
        let all = all.filter(|(key, _)| names.contains(&as_crate(key)));
        all.for_each(|(_, leaf)| add(manifest, leaf.print()));
    }
    found
}

/// Whether the package's dev-dependencies may ask something of one of these packages.
fn asks_for_tests(packages: &Packages, below: &[usize]) -> bool {
    let Packages { lock, own, .. } = packages;
    let of_tests = packages.manifests.iter().flat_map(Manifest::of_tests);
    let named = of_tests.flat_map(|name| lock.named(own, &as_crate(name)));
    let all = lock.closure(named.collect(), OWN);
    all.iter().any(|place| below.contains(place))
}

/// What a manifest calls the packages of these names.
fn keys(manifest: &Manifest, names: &BTreeSet<String>) -> Vec<String> {
    let is_one = |leaf: &Leaf| {
        leaf.keys.last().is_some_and(|key| key == "package")
            && names.contains(&as_crate(&leaf.value))
    };
    let all = manifest.dependencies().filter(|(_, leaf)| is_one(leaf));
    all.map(|(key, _)| as_crate(key)).collect()
}

/// What features that are on ask of dependencies: `dep:name`, `name/feature`, `name?/feature`.
fn forwarded<'a>(manifest: &'a Manifest, names: &BTreeSet<String>, cfgs: &[String]) -> Vec<String> {
    let is_on = |leaf: &&Leaf| cfgs.contains(&format!("feature=\"{}\"", leaf.key(1)));
    let is_of_one = |leaf: &&'a Leaf| {
        let name = leaf.value.split('/').next().unwrap_or_default();
        let name = name.strip_prefix("dep:").unwrap_or(name);
        names.contains(&as_crate(name.trim_end_matches('?')))
    };
    let all = manifest.features().filter(is_on).filter(is_of_one);
    all.map(|leaf| format!("feature {}", leaf.value)).collect()
}
