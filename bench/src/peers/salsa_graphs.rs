//! The graphs of [`dag`](crate::dag) in salsa: inputs that are set, and tracked
//! functions of plain arguments, as dug's are. Bodies do what dug's do.

use crate::dag::{self, Layered, Shape, Wide};
use crate::harness::ran;
use salsa::Setter;

#[salsa::input]
struct Input {
    #[returns(copy)]
    value: u64,
}

#[salsa::db]
trait Inputs: salsa::Database {
    fn inputs(&self) -> &[Input];
}

#[salsa::db]
#[derive(Clone, Default)]
struct Graph {
    storage: salsa::Storage<Self>,
    inputs: Vec<Input>,
}

#[salsa::db]
impl salsa::Database for Graph {}

#[salsa::db]
impl Inputs for Graph {
    fn inputs(&self) -> &[Input] {
        &self.inputs
    }
}

#[salsa::tracked(returns(copy))]
fn node(db: &dyn Inputs, layer: u32, place: u32) -> u64 {
    ran();
    dag::sum_of_three::<Layered>(layer as usize, place as usize, |other| match layer {
        1 => db.inputs()[other].value(db),
        _ => node(db, layer - 1, other as u32),
    })
}

#[salsa::tracked(returns(copy))]
fn root(db: &dyn Inputs) -> u64 {
    ran();
    let last = Layered::LAYERS as u32;
    dag::sum((0..Layered::WIDTH as u32).map(|place| node(db, last, place)))
}

/// A node of one of many small graphs, whose inputs stand one graph after the other.
#[salsa::tracked(returns(copy))]
fn node_of_copy(db: &dyn Inputs, copy: u32, layer: u32, place: u32) -> u64 {
    dag::sum_of_three::<Layered>(layer as usize, place as usize, |other| match layer {
        1 => db.inputs()[copy as usize * Layered::WIDTH + other].value(db),
        _ => node_of_copy(db, copy, layer - 1, other as u32),
    })
}

#[salsa::tracked(returns(copy))]
fn root_of_copy(db: &dyn Inputs, copy: u32, _company: ()) -> u64 {
    let last = Layered::LAYERS as u32;
    dag::sum((0..Layered::WIDTH as u32).map(|place| node_of_copy(db, copy, last, place)))
}

#[salsa::tracked(returns(copy))]
fn wide(db: &dyn Inputs, layer: u32, place: u32) -> u64 {
    ran();
    dag::sum_of_three::<Wide>(layer as usize, place as usize, |other| match layer {
        1 => db.inputs()[other].value(db),
        _ => wide(db, layer - 1, other as u32),
    })
}

#[salsa::tracked(returns(copy))]
fn part(db: &dyn Inputs, level: u32, place: u32) -> u64 {
    ran();
    dag::sum(Wide::beneath(place).map(|beneath| match level {
        1 => wide(db, Wide::LAYERS as u32, beneath),
        _ => part(db, level - 1, beneath),
    }))
}

#[salsa::tracked(returns(copy))]
fn top(db: &dyn Inputs) -> u64 {
    ran();
    dag::sum(Wide::beneath(0).map(|beneath| part(db, Wide::LEVELS as u32, beneath)))
}

/// A graph whose inputs hold what [`dag::input`] says.
pub struct Salsa(Graph);

impl Salsa {
    pub fn new<S: Shape>() -> Self {
        Salsa::copies::<S>(1)
    }

    /// Many graphs in one database.
    pub fn copies<S: Shape>(count: usize) -> Self {
        let mut graph = Graph::default();
        let inputs = (0..count).flat_map(|_| dag::inputs::<S>());
        graph.inputs = inputs.map(|value| Input::new(&graph, value)).collect();
        Salsa(graph)
    }

    pub fn input(&self, place: usize) -> u64 {
        self.0.inputs[place].value(&self.0)
    }

    pub fn set(&mut self, place: usize, value: u64) {
        self.0.inputs[place].set_value(&mut self.0).to(value);
    }

    /// Of the small graph.
    pub fn root(&self) -> u64 {
        root(&self.0)
    }

    /// Of one of many small graphs.
    pub fn root_of(&self, copy: usize) -> u64 {
        root_of_copy(&self.0, copy as u32, ())
    }

    /// Of the large graph.
    pub fn top(&self) -> u64 {
        top(&self.0)
    }
}
