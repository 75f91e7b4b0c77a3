//! What decides with which features other crates are compiled: what manifests ask of them, and
//! of those in folders that depend on them and may ask it of them in turn.

use super::document::Leaf;
use super::externs::Extern;
use super::manifest::{Manifest, as_crate};
use super::packages::Packages;
use std::collections::BTreeSet;

/// What is asked of a crate that sources call by this name, as far as it is asked by the package
/// that is compiled and those in folders that it depends on.
pub(super) fn of(packages: &Packages, name: &str, known: &Extern) -> BTreeSet<String> {
    let lock = &packages.lock;
    let package = |place: &usize| as_crate(&lock.packages[*place].name);
    // Those of a registry ask what their own versions say.
    let above = lock.dependents(&known.places).into_iter();
    let above = above.filter(|place| lock.packages[*place].source.is_none());
    let above: BTreeSet<usize> = above.chain(known.places.iter().copied()).collect();
    let mut names: BTreeSet<String> = above.iter().map(package).collect();
    names.insert(as_crate(name));
    let own = lock.closure(lock.of(&as_crate(&packages.own), None), &[]);
    let between = own
        .iter()
        .filter(|place| above.contains(place))
        .map(package);
    let between = between.flat_map(|name| packages.folders.of_package(&name).collect::<Vec<_>>());
    let is_other = |nth: &usize| packages.folders.all[*nth].path != packages.home;
    let between: BTreeSet<usize> = between.filter(is_other).collect();
    let own = || packages.manifests.iter();
    let theirs = || {
        between
            .iter()
            .map(|nth| &packages.folders.all[*nth].manifest)
    };
    for manifest in own().chain(theirs()) {
        names.extend(keys(manifest, &names));
    }
    let mut found = BTreeSet::new();
    for manifest in own() {
        found.extend(manifest.resolver().map(Leaf::print));
        found.extend(requirements(manifest, &names));
        found.extend(forwarded(manifest, &names, &packages.compilation.cfgs));
    }
    for manifest in theirs() {
        found.extend(requirements(manifest, &names));
        found.extend(manifest.features().map(Leaf::print));
    }
    found
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

fn requirements(manifest: &Manifest, names: &BTreeSet<String>) -> Vec<String> {
    let all = manifest.dependencies();
    let all = all.filter(|(key, _)| names.contains(&as_crate(key)));
    all.map(|(_, leaf)| leaf.print()).collect()
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
