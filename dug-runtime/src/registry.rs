//! All tracked functions of the program: those that the linker gathered, and
//! the instantiations of generic ones that were used.
//!
//! An instantiation is found without a lock and without an allocation: its
//! source item keeps a list that only grows, in the order of first use.

use crate::digest::Fingerprint;
use crate::function::{self, Definition, Function, Operations};
use std::any::TypeId;
use std::collections::{BTreeMap, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{LazyLock, Mutex, MutexGuard, OnceLock, PoisonError};

/// What `#[tracked]` leaves for the linker to gather.
#[derive(Debug)]
pub enum Registration {
    /// A function without type parameters.
    Function(&'static Function),
    /// A generic function; its instantiations are known when they are used. (A method that
    /// is tracked alone is not even gathered: the linker's list takes `unsafe` code, which
    /// lints would charge to the user's impl block.)
    Generic(&'static Instances),
}

inventory::collect!(Registration);

impl Registration {
    fn definition(&self) -> &'static Definition {
        match self {
            Registration::Function(function) => function.definition(),
            Registration::Generic(instances) => instances.definition,
        }
    }
}

/// The generic source items that this process has used.
static USED: Mutex<Vec<&'static Instances>> = Mutex::new(Vec::new());

/// The instantiations of one generic source item that this process has used.
#[derive(Debug)]
pub struct Instances {
    definition: &'static Definition,
    first: OnceLock<Box<Instance>>,
}

/// One instantiation, and the place for the next one.
#[derive(Debug)]
struct Instance {
    identity: Box<[TypeId]>,
    function: Function,
    next: OnceLock<Box<Instance>>,
}

impl Instances {
    /// Of an item that nothing has used yet, for a `static`.
    pub const fn new(definition: &'static Definition) -> Self {
        Instances {
            definition,
            first: OnceLock::new(),
        }
    }

    pub(crate) fn definition(&self) -> &'static Definition {
        self.definition
    }

    fn iter(&'static self) -> impl Iterator<Item = &'static Function> {
        std::iter::successors(self.first.get(), |instance| instance.next.get())
            .map(|instance| &instance.function)
    }
}

/// The one descriptor of a generic function for the types `identity`; `types`
/// gives their names, and `operations` is called when the instantiation is new.
#[inline]
pub fn instance<const N: usize>(
    instances: &'static Instances,
    identity: &[TypeId; N],
    types: impl Fn() -> [&'static str; N],
    operations: impl Fn() -> Operations,
) -> &'static Function {
    found(instances, identity, || {
        let types = types().into_iter().zip(identity);
        let types = types.map(|(name, identity)| in_path(name, *identity));
        instantiate(instances.definition, types.collect(), operations())
    })
}

/// The name of a type as it stands in paths. Blocks of one body may each declare a type, all with one name: what
/// is declared in bodies has its identity there as well.
pub(crate) fn in_path(name: &'static str, identity: TypeId) -> &'static str {
    if !name.contains(IN_CLOSURE) && function::is_told_by_name(name) {
        return name;
    }
    let mut hasher = DefaultHasher::new();
    identity.hash(&mut hasher);
    let mut name = format!("{name}#{:016x}", hasher.finish());
    while name.contains(IN_CLOSURE) {
        name = name.replace(IN_CLOSURE, "::");
    }
    name.leak()
}

/// What is around the name of a type that the body of a closure declares.
const IN_CLOSURE: &str = "::{{closure}}::";

/// The one descriptor for `identity`, which is made when it is new.
#[inline]
pub(crate) fn found(
    instances: &'static Instances,
    identity: &[TypeId],
    make: impl Fn() -> Function,
) -> &'static Function {
    let mut slot = &instances.first;
    loop {
        let instance = slot.get_or_init(|| {
            if std::ptr::eq(slot, &instances.first) {
                used().push(instances);
            }
            Box::new(Instance {
                identity: identity.into(),
                function: make(),
                next: OnceLock::new(),
            })
        });
        if *instance.identity == *identity {
            return &instance.function;
        }
        slot = &instance.next;
    }
}

const OF_CLOSURE: &str = "it is generic over the type of a closure, which has no name";

/// The descriptor of an instantiation; `types` are the part of its path that tells it from others.
#[cold]
pub(crate) fn instantiate(
    definition: &'static Definition,
    types: Vec<&'static str>,
    operations: Operations,
) -> Function {
    // All closures of one function print the same name: no identity outside this process.
    let of_closure = types.iter().any(|name| name.contains("{{closure}}"));
    let function = if of_closure {
        Function::instance(definition, Operations::passing(OF_CLOSURE), types)
    } else {
        Function::instance(definition, operations, types)
    };
    let place = place_among_namesakes(function.path());
    if place == 1 {
        return function;
    }
    // The name of the types leads back to the first instantiation: this one has an identity
    // in this process, and none outside.
    let numbered: &'static Definition = Box::leak(Box::new(Definition {
        name: String::leak(function.name().to_owned()),
        path: definition.path,
        fixed_path: Some(String::leak(format!("{}#{place}", function.path()))),
        file: definition.file,
        line: definition.line,
        column: definition.column,
        version: definition.version,
        code: definition.code,
        by_graph: definition.by_graph,
    }));
    let reason = if of_closure {
        OF_CLOSURE
    } else {
        "it belongs to a type, or is generic over one, that shares its full name with another type"
    };
    Function::new(numbered, Operations::passing(reason)).belonging_to(definition)
}

/// Counts the instantiations with this path, in the order of first use: 1 for the first.
fn place_among_namesakes(path: &str) -> usize {
    static PATHS: Mutex<BTreeMap<String, usize>> = Mutex::new(BTreeMap::new());
    let mut paths = PATHS.lock().unwrap_or_else(PoisonError::into_inner);
    let count = paths.entry(path.to_owned()).or_insert(0);
    *count += 1;
    *count
}

fn used() -> MutexGuard<'static, Vec<&'static Instances>> {
    USED.lock().unwrap_or_else(PoisonError::into_inner)
}

fn address(definition: &Definition) -> usize {
    std::ptr::from_ref(definition).addr()
}

/// Where a definition is among those that share its path.
struct Ordinal {
    /// In source order.
    place: usize,
    /// Whether another one is at the same place in the source: a macro has written both, and which of them is which
    /// may be another matter in another build.
    has_alike: bool,
}

/// By the addresses of definitions.
static ORDINALS: LazyLock<HashMap<usize, Ordinal>> = LazyLock::new(|| {
    let mut by_path: HashMap<String, Vec<&'static Definition>> = HashMap::new();
    for registration in inventory::iter::<Registration> {
        let definition = registration.definition();
        by_path
            .entry(plain_path(definition))
            .or_default()
            .push(definition);
    }
    let in_source = |item: &Definition| (item.file, item.line, item.column);
    let mut ordinals = HashMap::new();
    for definitions in by_path.values_mut() {
        definitions.sort_by_key(|item| (in_source(item), address(item)));
        definitions.dedup_by_key(|item| address(item));
        let mut place = 0;
        for alike in definitions.chunk_by(|one, other| in_source(one) == in_source(other)) {
            for definition in alike {
                let has_alike = alike.len() > 1;
                ordinals.insert(address(definition), Ordinal { place, has_alike });
                place += 1;
            }
        }
    }
    ordinals
});

/// Whether another definition has the path and the place in the source of this one.
pub(crate) fn has_alike(definition: &Definition) -> bool {
    let ordinal = ORDINALS.get(&address(definition));
    ordinal.is_some_and(|ordinal| ordinal.has_alike)
}

fn plain_path(definition: &Definition) -> String {
    match definition.fixed_path {
        Some(path) => path.to_owned(),
        None => definition.path.whole(),
    }
}

/// The path of a definition, with `#2`, `#3` where the same path came earlier in the source.
pub(crate) fn unique_path(definition: &'static Definition) -> String {
    let path = plain_path(definition);
    match ORDINALS.get(&address(definition)) {
        None | Some(Ordinal { place: 0, .. }) => path,
        Some(Ordinal { place, .. }) => format!("{path}#{}", place + 1),
    }
}

/// The function with this path, if the program has it and, where it is generic, has used it.
pub(crate) fn find(path: &str) -> Option<&'static Function> {
    static BY_PATH: LazyLock<HashMap<String, &'static Function>> = LazyLock::new(|| {
        inventory::iter::<Registration>
            .into_iter()
            .filter_map(|registration| match registration {
                Registration::Function(function) => Some((function.path().to_owned(), *function)),
                Registration::Generic(_) => None,
            })
            .collect()
    });
    BY_PATH.get(path).copied().or_else(|| {
        let used = used().clone();
        let mut instances = used.into_iter().flat_map(Instances::iter);
        instances.find(|function| function.path() == path)
    })
}

/// The source item of the function with this path, and the fingerprint of its code.
pub(crate) fn code(path: &str) -> Option<(&'static Definition, Fingerprint)> {
    if let Some(function) = find(path) {
        let code = function.code_fingerprint();
        return Some((function.item(), Fingerprint::new(code)));
    }
    // An instantiation that was not used yet.
    inventory::iter::<Registration>
        .into_iter()
        .find_map(|item| {
            let Registration::Generic(instances) = item else {
                return None;
            };
            let definition = instances.definition;
            let types = types_behind(path, definition)?;
            let code = definition.code_fingerprint(path, &types);
            Some((definition, Fingerprint::new(code)))
        })
}

/// The types of the function with this path, an instantiation of this item if it was not used yet.
pub(crate) fn types_of<'a>(path: &'a str, definition: &'static Definition) -> Vec<&'a str> {
    match find(path) {
        Some(function) => function.types().to_vec(),
        None => types_behind(path, definition).unwrap_or_default(),
    }
}

fn types_behind<'a>(path: &'a str, definition: &'static Definition) -> Option<Vec<&'a str>> {
    types_in(path.strip_prefix(unique_path(definition).as_str())?)
}

/// The types in what comes after the path of a generic item: `<u8, (u8, u16)>`, or nothing.
fn types_in(text: &str) -> Option<Vec<&str>> {
    if text.is_empty() {
        return Some(Vec::new());
    }
    let inner = text.strip_prefix('<')?.strip_suffix('>')?;
    let (mut types, mut depth, mut start) = (Vec::new(), 0_i32, 0);
    for (place, character) in inner.char_indices() {
        match character {
            '<' | '(' | '[' | '{' => depth += 1,
            // The arrow of a function type closes nothing.
            '>' if inner[..place].ends_with('-') => {}
            '>' | ')' | ']' | '}' => depth -= 1,
            ',' if depth == 0 => {
                types.push(inner[start..place].trim());
                start = place + 1;
            }
            _ => {}
        }
    }
    types.push(inner[start..].trim());
    Some(types)
}

/// The value in the name of a type `..__DugConstant0<value>`, as a constant's part in an identity prints.
pub fn constant_name(type_name: &'static str) -> &'static str {
    type_name
        .split_once("__DugConstant")
        .and_then(|(_, marker)| marker.split_once('<'))
        .and_then(|(_, value)| value.strip_suffix('>'))
        .unwrap_or(type_name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::function::{Code, Path};

    const CODE: Code = Code {
        item: [0; 32],
        sources: None,
        is_unknown: false,
        deep: None,
    };

    static DEFINITION: Definition = Definition {
        name: "f",
        path: Path {
            within: || std::any::type_name_of_val(&tests_marker),
            levels: 1,
            name: "f",
        },
        fixed_path: None,
        file: "f.rs",
        line: 1,
        column: 1,
        version: None,
        code: CODE,
        by_graph: false,
    };

    fn tests_marker() {}

    fn of<T: 'static>(instances: &'static Instances) -> &'static Function {
        instance(
            instances,
            &[TypeId::of::<T>()],
            || [std::any::type_name::<T>()],
            || Operations::in_memory(Err("a test")),
        )
    }

    #[test]
    fn each_instantiation_has_one_descriptor() {
        static INSTANCES: Instances = Instances::new(&DEFINITION);
        let (a, b) = (of::<u8>(&INSTANCES), of::<u16>(&INSTANCES));
        assert!(!std::ptr::eq(a, b));
        assert!(std::ptr::eq(a, of::<u8>(&INSTANCES)));
        assert!(std::ptr::eq(b, of::<u16>(&INSTANCES)));
        assert_eq!(INSTANCES.iter().count(), 2);
        assert!(a.path().ends_with("registry::tests::f<u8>"), "{}", a.path());
    }

    #[test]
    fn types_of_one_name_have_paths_of_their_own() {
        static DEFINITION: Definition = Definition {
            name: "Self::g",
            path: Path {
                within: || std::any::type_name_of_val(&tests_marker),
                levels: 1,
                name: "g",
            },
            fixed_path: None,
            file: "g.rs",
            line: 1,
            column: 1,
            version: None,
            code: CODE,
            by_graph: false,
        };
        // Two source items with one path, as are methods of such types that are tracked alone.
        static INSTANCES: [Instances; 2] = [const { Instances::new(&DEFINITION) }; 2];
        let one = {
            struct Twin;
            of::<Twin>(&INSTANCES[0])
        };
        let (two, three) = {
            struct Twin;
            (of::<Twin>(&INSTANCES[0]), of::<Twin>(&INSTANCES[1]))
        };
        assert!(one.path().ends_with("::Twin>"), "{}", one.path());
        assert_eq!(two.path(), format!("{}#2", one.path()));
        assert_eq!(three.path(), format!("{}#3", one.path()));
        for function in [one, two, three] {
            assert_eq!(function.name(), "Twin::g");
            assert!(std::ptr::eq(find(function.path()).unwrap(), function));
        }
    }

    #[test]
    fn threads_agree_on_the_descriptor() {
        static INSTANCES: Instances = Instances::new(&DEFINITION);
        let addresses: Vec<usize> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..16)
                .map(|_| scope.spawn(|| std::ptr::from_ref(of::<i64>(&INSTANCES)).addr()))
                .collect();
            threads.into_iter().map(|t| t.join().unwrap()).collect()
        });
        assert!(addresses.windows(2).all(|pair| pair[0] == pair[1]));
    }

    #[test]
    fn types_are_read_from_paths() {
        assert_eq!(types_in("").unwrap(), [""; 0]);
        assert_eq!(types_in("<u8>").unwrap(), ["u8"]);
        let types = types_in("<(u8, [u16; 3]), a::Map<K, V>, fn(u8, u8) -> u8>").unwrap();
        assert_eq!(
            types,
            ["(u8, [u16; 3])", "a::Map<K, V>", "fn(u8, u8) -> u8"]
        );
        assert_eq!(types_in("#2<u8>"), None);
    }

    #[test]
    fn constants_print_their_value() {
        assert_eq!(constant_name("a::f::__DugConstant0<3>"), "3");
        assert_eq!(constant_name("a::f::__DugConstant1<'<'>"), "'<'");
    }
}
