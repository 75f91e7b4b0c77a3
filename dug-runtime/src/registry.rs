//! All tracked functions of the program: those that the linker gathered, and
//! the instantiations of generic ones that were used.

use crate::function::{Definition, Function, Operations};
use dashmap::DashMap;
use std::any::TypeId;
use std::collections::HashMap;
use std::sync::LazyLock;

/// What `#[tracked]` leaves for the linker to gather.
#[derive(Debug)]
pub enum Registration {
    /// A function without type parameters.
    Function(&'static Function),
    /// A generic function; its instantiations are known when they are used.
    Definition(&'static Definition),
}

inventory::collect!(Registration);

/// Instantiations in use, by definition and concrete types.
static INSTANCES: LazyLock<DashMap<(usize, Vec<TypeId>), &'static Function>> =
    LazyLock::new(DashMap::new);

fn address(definition: &'static Definition) -> usize {
    std::ptr::from_ref(definition).addr()
}

/// The one descriptor of a generic function for these types; `types` are their
/// names, and `operations` is called when the instantiation is new.
///
/// Constants of generic items have no unique address: this table gives them one.
pub fn instance(
    definition: &'static Definition,
    identity: &[TypeId],
    types: impl FnOnce() -> Vec<&'static str>,
    operations: impl FnOnce() -> Operations,
) -> &'static Function {
    thread_local! {
        static SEEN: std::cell::RefCell<foldhash::HashMap<(usize, Vec<TypeId>), &'static Function>> =
            std::cell::RefCell::default();
    }
    struct Wanted<'a>(usize, &'a [TypeId]);
    impl std::hash::Hash for Wanted<'_> {
        fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
            self.0.hash(state);
            self.1.hash(state);
        }
    }
    let _ = Wanted(0, &[]);
    let key = (address(definition), identity.to_vec());
    if let Some(known) = SEEN.with_borrow(|seen| seen.get(&key).copied()) {
        return known;
    }
    let function = *INSTANCES.entry(key.clone()).or_insert_with(|| {
        Box::leak(Box::new(Function::instance(
            definition,
            operations(),
            types(),
        )))
    });
    SEEN.with_borrow_mut(|seen| seen.insert(key, function));
    function
}

/// The place of each definition among those that share its path, in source order.
static ORDINALS: LazyLock<HashMap<usize, usize>> = LazyLock::new(|| {
    let mut by_path: HashMap<String, Vec<&'static Definition>> = HashMap::new();
    for registration in inventory::iter::<Registration> {
        let definition = match registration {
            Registration::Function(function) => function.definition(),
            Registration::Definition(definition) => definition,
        };
        by_path
            .entry(plain_path(definition))
            .or_default()
            .push(definition);
    }
    let mut ordinals = HashMap::new();
    for definitions in by_path.values_mut() {
        definitions.sort_by_key(|item| (item.file, item.line, item.column));
        definitions.dedup_by_key(|item| address(item));
        for (place, definition) in definitions.iter().enumerate() {
            ordinals.insert(address(definition), place);
        }
    }
    ordinals
});

fn plain_path(definition: &Definition) -> String {
    match definition.fixed_path {
        Some(path) => path.to_owned(),
        None => (definition.path)(),
    }
}

/// The path of a definition, with `#2`, `#3` where the same path came earlier in the source.
pub(crate) fn unique_path(definition: &'static Definition) -> String {
    let path = plain_path(definition);
    match ORDINALS.get(&address(definition)) {
        None | Some(0) => path,
        Some(place) => format!("{path}#{}", place + 1),
    }
}

/// The function with this path, if the program has it.
pub(crate) fn find(path: &str) -> Option<&'static Function> {
    static BY_PATH: LazyLock<HashMap<String, &'static Function>> = LazyLock::new(|| {
        inventory::iter::<Registration>
            .into_iter()
            .filter_map(|registration| match registration {
                Registration::Function(function) => Some((function.path().to_owned(), *function)),
                Registration::Definition(_) => None,
            })
            .collect()
    });
    BY_PATH.get(path).copied().or_else(|| {
        INSTANCES
            .iter()
            .map(|instance| *instance.value())
            .find(|function| function.path() == path)
    })
}
