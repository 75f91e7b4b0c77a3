//! Owns stores in sessions: which contexts have which, and what happens between two sessions:
//! the process may end, and the next one may have other versions of the functions.
//!
//! The versions in force are the process's, since a code fingerprint belongs to a function, and
//! the writers of stores ask for it too. So one case with a store runs at a time: [`Alone`].

use crate::past::Excuse;
use crate::program::{Kind, Program};
use crate::random::Random;
use crate::session::{Act, Case, KEPT, Step};
use dug::__private::{open_apart, pretend_code, restarted};
use dug::Store;
use serde::{Deserialize, Serialize};
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, Once, PoisonError};
use tempfile::TempDir;

/// A store of a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Which {
    /// None of its own.
    Around,
    First,
    Second,
}

/// Which contexts of a case have which store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// The contexts that are entered from nowhere.
    pub outermost: Which,
    /// The kept ones.
    pub kept: [Which; KEPT as usize],
    /// Whether the stores are on the disk, and another process opens them there.
    #[serde(default)]
    pub on_disk: bool,
    #[serde(default)]
    pub policies: Policies,
}

/// Which contexts of a case have a policy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policies {
    /// The contexts that are entered from nowhere, in the first session.
    pub first: Option<Excuse>,
    /// The kept ones.
    pub kept: [Option<Excuse>; KEPT as usize],
}

/// Which version of each function is in force, in the order of [`Kind::ALL`].
pub type Versions = [u8; Kind::ALL.len()];

/// What happens between two sessions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Restart {
    /// Whether the session before is done once more first: nothing must run twice.
    pub again: Again,
    /// Whether the next session is in a new process. Only then may it have other versions.
    pub process: bool,
    pub versions: Versions,
    /// That of the contexts that are entered from nowhere then.
    #[serde(default)]
    pub policy: Option<Excuse>,
}

/// Whether a session is done once more, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Again {
    No,
    /// In the same process.
    Here,
    /// In a new one.
    Elsewhere,
}

/// The versions that are in force.
pub fn in_force() -> Versions {
    std::array::from_fn(|place| IN_FORCE[place].load(Ordering::SeqCst))
}

/// No other case with a store runs in this process while this lives.
pub struct Alone(#[expect(dead_code, reason = "held until it is dropped")] MutexGuard<'static, ()>);

static ALONE: Mutex<()> = Mutex::new(());

static IN_FORCE: [AtomicU8; Kind::ALL.len()] = [const { AtomicU8::new(0) }; Kind::ALL.len()];

impl Alone {
    /// Waits until no other case with a store runs.
    pub fn wait() -> Alone {
        static ONCE: Once = Once::new();
        let alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
        ONCE.call_once(|| assert!(pretend_code(code), "the code is pretended here only"));
        Alone(alone)
    }

    /// From now on these versions are in force.
    pub fn put_in_force(&self, versions: &Versions) {
        for (place, version) in IN_FORCE.iter().zip(versions) {
            place.store(*version, Ordering::SeqCst);
        }
    }
}

/// The code fingerprint of a function of the cases, by its path.
fn code(path: &str) -> Option<[u8; 32]> {
    let name = path.rsplit("::").next()?;
    let kind = match name {
        "leaf" => Kind::Leaf,
        "op" => Kind::Op,
        "other" => Kind::Other,
        "by_graph" => Kind::ByGraph,
        "fallible" => Kind::Fallible,
        "named" => Kind::Named,
        "opaque" => Kind::Opaque,
        "handle" => Kind::Handle,
        "through" => Kind::Through,
        _ => return None,
    };
    let mut fingerprint = [0; 32];
    fingerprint[0] = kind.place() as u8;
    fingerprint[1] = IN_FORCE[kind.place()].load(Ordering::SeqCst);
    Some(fingerprint)
}

/// The stores of a process.
#[derive(Clone)]
pub struct Stores {
    pub first: Store,
    second: Store,
    plan: Plan,
    /// Where they are, if they are on the disk.
    folder: Option<Arc<TempDir>>,
}

impl Stores {
    pub fn new(plan: Plan) -> Result<Stores, String> {
        if plan.on_disk {
            let folder = TempDir::new().map_err(|error| error.to_string())?;
            return Stores::open(plan, Arc::new(folder));
        }
        Ok(Stores {
            first: Store::in_memory(),
            second: Store::in_memory(),
            plan,
            folder: None,
        })
    }

    fn open(plan: Plan, folder: Arc<TempDir>) -> Result<Stores, String> {
        let open = |name| open_apart(folder.path().join(name)).map_err(|error| error.to_string());
        let (first, second) = (open("first")?, open("second")?);
        let folder = Some(folder);
        Ok(Stores {
            first,
            second,
            plan,
            folder,
        })
    }

    /// As another process opens them now.
    pub fn restarted(&self) -> Result<Stores, String> {
        if let Some(folder) = &self.folder {
            for store in self.all() {
                store.flush().map_err(|error| error.to_string())?;
            }
            return Stores::open(self.plan, folder.clone());
        }
        Ok(Stores {
            first: restarted(&self.first),
            second: restarted(&self.second),
            plan: self.plan,
            folder: None,
        })
    }

    fn store(&self, which: Which) -> Option<&Store> {
        match which {
            Which::Around => None,
            Which::First => Some(&self.first),
            Which::Second => Some(&self.second),
        }
    }

    pub fn outermost(&self) -> Option<&Store> {
        self.store(self.plan.outermost)
    }

    pub fn outermost_which(&self) -> Which {
        self.plan.outermost
    }

    pub fn all(&self) -> [&Store; 2] {
        [&self.first, &self.second]
    }

    pub fn kept(&self, kept: u8) -> Option<&Store> {
        self.store(self.plan.kept[usize::from(kept)])
    }

    pub fn kept_policy(&self, kept: u8) -> Option<Excuse> {
        self.plan.policies.kept[usize::from(kept)]
    }
}

impl Stores {
    /// Whether some context has another store than those around it. What one finds by its proof,
    /// of which little is known then, may not be found in another.
    pub fn are_mixed(&self) -> bool {
        !self.plan.is_uniform()
    }
}

impl Plan {
    /// Whether no context has another store than those around it.
    fn is_uniform(self) -> bool {
        let mut all = self.kept.iter().chain([&self.outermost]);
        all.all(|which| *which != Which::Second)
    }
}

/// One session of a case.
pub struct Part<'c> {
    /// The first step's place in the case.
    pub first: usize,
    pub steps: &'c [Step],
    /// What happens after it.
    pub then: Option<Restart>,
}

/// The sessions of a case.
pub fn parts(case: &Case) -> Vec<Part<'_>> {
    let mut first = 0;
    let mut parts = Vec::new();
    for steps in case.steps.split_inclusive(Step::is_restart) {
        let (then, steps) = match steps.split_last() {
            Some((Step::Restart(restart), before)) => (Some(*restart), before),
            _ => (None, steps),
        };
        parts.push(Part { first, steps, then });
        first += steps.len() + 1;
    }
    parts
}

impl Part<'_> {
    /// Whether it is done once more, and where, if that tells anything.
    pub fn again(&self, case: &Case) -> Again {
        let threads = self
            .steps
            .iter()
            .any(|step| matches!(step, Step::Threads { .. }));
        let uniform = case.store.is_some_and(Plan::is_uniform);
        // What another process has written meanwhile is not looked for at once.
        let beside = |step: &Step| matches!(step, Step::Beside { process: true, .. });
        match &self.then {
            Some(restart) if uniform && !threads && !case.program.cyclic => match restart.again {
                Again::Here if case.steps.iter().any(beside) => Again::Elsewhere,
                again => again,
            },
            _ => Again::No,
        }
    }
}

/// The program as these versions make it.
pub fn program(case: &Case, versions: &Versions) -> Program {
    let mut program = case.program.clone();
    for (place, def) in program.nodes.iter_mut().enumerate() {
        let version = usize::from(versions[def.kind.place()]);
        let other = version
            .checked_sub(1)
            .and_then(|version| case.versions.get(version));
        if let Some(other) = other {
            def.body = other.nodes[place].body.clone();
        }
    }
    program
}

/// Makes a case that was drawn without a store one with stores, restarts, and other versions of the program.
pub fn stored(mut case: Case) -> Case {
    let seed = case.seed;
    let mut random = Random::new(seed ^ 0x0073_746f_7265);
    let random = &mut random;
    for _ in 0..random.below(4) {
        let version = crate::grow::version(random, &case.program);
        case.versions.push(version);
    }
    let mut plan = plan(random);
    plan.on_disk = seed % 25 == 7;
    case.store = Some(plan);
    let count = 1 + random.below(3);
    for _ in 0..count {
        if random.chance(25) {
            let place = random.below(case.steps.len() as u32 + 1) as usize;
            case.steps.insert(place, beside(random, &case.program));
        }
        let place = random.below(case.steps.len() as u32 + 1) as usize;
        let restart = restart(random, case.versions.len() as u8);
        let mut added = vec![Step::Restart(restart)];
        if random.chance(50) {
            // What was done before is done again, with other versions perhaps.
            let from = random.below(place as u32 + 1) as usize;
            added.extend_from_slice(&case.steps[from..place]);
            added.push(Step::Restart(self::restart(
                random,
                case.versions.len() as u8,
            )));
        }
        case.steps.splice(place..place, added);
    }
    if random.chance(60) {
        let last = restart(random, case.versions.len() as u8);
        case.steps.push(Step::Restart(last));
    }
    crate::session::excuse(&mut case);
    case
}

fn plan(random: &mut Random) -> Plan {
    let mixed = random.chance(25);
    let mut kept = || match random.below(4) {
        0 if mixed => Which::Second,
        0 | 1 => Which::First,
        _ => Which::Around,
    };
    let kept = [kept(), kept(), kept()];
    let outermost = match mixed && random.chance(25) {
        true => Which::Around,
        false => Which::First,
    };
    Plan {
        outermost,
        kept,
        on_disk: false,
        policies: Policies::default(),
    }
}

fn restart(random: &mut Random, versions: u8) -> Restart {
    let process = random.chance(80);
    let again = match random.below(4) {
        0 => Again::No,
        1 => Again::Here,
        _ => Again::Elsewhere,
    };
    let mut in_force = Versions::default();
    if random.chance(70) {
        for version in &mut in_force {
            if random.chance(40) {
                *version = random.below(u32::from(versions) + 1) as u8;
            }
        }
    }
    Restart {
        again,
        process,
        versions: in_force,
        policy: None,
    }
}

/// Calls, and a few tweaks, in a context of the first store that is entered beside the session.
fn beside(random: &mut Random, program: &Program) -> Step {
    let mut acts = Vec::new();
    for _ in 0..1 + random.below(5) {
        let node = random.below(program.len());
        acts.push(match random.below(5) {
            0 => Act::Tweak(node, crate::program::Answer::Value(random.between(-6, 12))),
            1 => Act::Query(node),
            _ => Act::Call(node),
        });
    }
    Step::Beside {
        process: random.chance(50),
        acts,
    }
}
