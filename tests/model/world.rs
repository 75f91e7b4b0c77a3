//! Owns what programs read from outside, by the session's account: files, and what stores
//! remember of bindings. What a layer tree sees of it, from the first look until it is refreshed, is [`Seen`].

use crate::nodes::{MISSING, UNBOUND};
use crate::program::{Expr, Kind, Program};
use crate::stored::Which;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Where the file of a node is.
pub fn path(key: u64, node: u32) -> String {
    let name = format!("dug-model-{}-{key}-{node}.txt", std::process::id());
    let path: PathBuf = std::env::temp_dir().join(name);
    path.to_string_lossy().into_owned()
}

/// What is outside.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct State {
    /// What the files hold, by node; nothing, if they are not there.
    pub files: BTreeMap<u32, Option<i64>>,
    /// What the first and the second store have bound.
    bound: [BTreeMap<u32, i64>; 2],
}

impl State {
    pub fn has_bound_as(&self, other: &State) -> bool {
        self.bound == other.bound
    }
}

/// The world of a case. Its files are removed with it.
pub struct World {
    key: u64,
    state: Mutex<State>,
}

impl World {
    /// As it is when a case begins.
    pub fn new(key: u64, program: &Program) -> Arc<World> {
        let world = World {
            key,
            state: Mutex::default(),
        };
        for node in program.all(|kind| kind == Kind::File) {
            let content = match program.nodes[node as usize].body {
                Expr::Const(value) => Some(value),
                _ => None,
            };
            world.write(node, content);
        }
        Arc::new(world)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn now(&self) -> State {
        self.state().clone()
    }

    /// The file of the node now holds this number, or is gone.
    pub fn write(&self, node: u32, content: Option<i64>) {
        let path = path(self.key, node);
        match content {
            Some(number) => std::fs::write(path, number.to_string()).expect("a file is written"),
            None => drop(std::fs::remove_file(path)),
        }
        self.state().files.insert(node, content);
    }

    /// The files hold what they held then.
    pub fn write_as(&self, then: &State) {
        for (node, content) in &then.files {
            self.write(*node, *content);
        }
    }

    /// The store remembers, or forgets, what the name of the node is bound to.
    pub fn bind(&self, store: Which, node: u32, value: Option<i64>) {
        let mut state = self.state();
        let bound = match store {
            Which::Around => return,
            Which::First => &mut state.bound[0],
            Which::Second => &mut state.bound[1],
        };
        match value {
            Some(value) => bound.insert(node, value),
            None => bound.remove(&node),
        };
    }
}

impl Drop for World {
    fn drop(&mut self) {
        for node in self.state().files.keys() {
            let _ = std::fs::remove_file(path(self.key, *node));
        }
    }
}

/// What a layer tree sees.
#[derive(Clone)]
pub struct Seen {
    world: Arc<World>,
    /// The store of the outermost layer.
    pub store: Which,
    /// What it has read and the world may have changed since. All threads see the same.
    read: Arc<Mutex<BTreeMap<u32, i64>>>,
}

impl Seen {
    /// Nothing yet.
    pub fn new(world: Arc<World>, store: Which) -> Seen {
        Seen {
            world,
            store,
            read: Arc::default(),
        }
    }

    pub fn world(&self) -> &Arc<World> {
        &self.world
    }

    fn all_read(&self) -> MutexGuard<'_, BTreeMap<u32, i64>> {
        self.read.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn outside(&self, program: &Program, node: u32) -> i64 {
        let state = self.world.state();
        let bound = match self.store {
            Which::Around => None,
            Which::First => state.bound[0].get(&node),
            Which::Second => state.bound[1].get(&node),
        };
        match program.kind(node) {
            Kind::File => state.files.get(&node).copied().flatten().unwrap_or(MISSING),
            _ => bound.copied().unwrap_or(UNBOUND),
        }
    }

    /// What it sees of the node.
    pub fn of(&self, program: &Program, node: u32) -> i64 {
        let read = self.all_read().get(&node).copied();
        read.unwrap_or_else(|| self.outside(program, node))
    }

    /// It has read the node.
    pub fn read(&self, program: &Program, node: u32) {
        let value = self.of(program, node);
        self.all_read().insert(node, value);
    }

    /// It binds the name of the node, or does no longer: that is what it sees, whatever others bind.
    pub fn bind(&self, node: u32, value: Option<i64>) {
        self.world.bind(self.store, node, value);
        match value {
            Some(value) => _ = self.all_read().insert(node, value),
            None => self.forget(node),
        }
    }

    /// It reads the node anew when it is asked for.
    pub fn forget(&self, node: u32) {
        self.all_read().remove(&node);
    }

    /// It reads all anew. Tells what it has seen otherwise.
    pub fn refresh(&self, program: &Program) -> Vec<u32> {
        let read = std::mem::take(&mut *self.all_read());
        let changed = read
            .into_iter()
            .filter(|(node, value)| self.outside(program, *node) != *value);
        changed.map(|(node, _)| node).collect()
    }

    /// Whether it would see something else when it is refreshed.
    pub fn is_old(&self, program: &Program) -> bool {
        let read = self.all_read().clone();
        let mut read = read.iter();
        read.any(|(node, value)| self.outside(program, *node) != *value)
    }

    /// The program, with what is seen from outside in the place of bodies.
    pub fn program(&self, program: &Arc<Program>) -> Arc<Program> {
        let outside = program.all(Kind::is_outside);
        if outside.is_empty() {
            return program.clone();
        }
        let mut seen = Program::clone(program);
        for node in outside {
            seen.nodes[node as usize].body = Expr::Const(self.of(program, node));
        }
        Arc::new(seen)
    }
}
