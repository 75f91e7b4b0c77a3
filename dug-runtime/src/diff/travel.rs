//! By which way a change travelled: pure, of what was taken out of the tree.

use super::ChangeKind;

/// All that the two answers rest on. Nodes are numbers here.
#[derive(Debug, Default)]
pub(super) struct Ways {
    pub(super) nodes: Vec<Fact>,
    /// In the base and in the scenario.
    pub(super) graphs: [Asked; 2],
}

/// What one of the two rests on.
#[derive(Debug, Default, Clone)]
pub(super) struct Asked {
    /// Each node behind those that it depends on.
    pub(super) order: Vec<usize>,
    /// Of each node, what it depends on, in the order of asking; `None` if it was not asked for.
    pub(super) dependencies: Vec<Option<Vec<usize>>>,
}

impl Asked {
    fn has(&self, node: usize) -> bool {
        self.of(node).is_some()
    }

    fn of(&self, node: usize) -> Option<&[usize]> {
        self.dependencies.get(node)?.as_deref()
    }
}

/// How the answers of a node that both ask for compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Comparison {
    Same,
    Different,
    Unknown,
}

/// One node.
#[derive(Debug, Clone)]
pub(super) struct Fact {
    /// If both ask for it.
    pub(super) answers: Comparison,
    /// The tweaks of it that not both have.
    pub(super) tweaks: Vec<usize>,
    /// Whether its body is not run, for a tweak, in the base, or in the scenario.
    pub(super) valued: bool,
}

/// One node that is different, or absorbs a difference.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) node: usize,
    pub(super) kind: ChangeKind,
    pub(super) tweaks: Vec<usize>,
    /// By place among the steps.
    pub(super) through: Vec<usize>,
}

/// Why a node is asked for in one of the two only.
#[derive(Debug, Default, Clone)]
struct Reason {
    tweaks: Vec<usize>,
    nodes: Vec<usize>,
}

/// The way of the change, causes before effects.
pub(super) fn travel(ways: &Ways) -> Vec<Step> {
    let mut way = Way {
        ways,
        steps: Vec::new(),
        places: vec![None; ways.nodes.len()],
    };
    way.follow_scenario();
    way.follow_base();
    way.steps
}

struct Way<'w> {
    ways: &'w Ways,
    steps: Vec<Step>,
    /// Of nodes, among the steps.
    places: Vec<Option<usize>>,
}

impl Way<'_> {
    fn in_both(&self, node: usize) -> bool {
        self.ways.graphs.iter().all(|graph| graph.has(node))
    }

    fn differs(&self, node: usize) -> bool {
        self.in_both(node) && self.ways.nodes[node].answers == Comparison::Different
    }

    /// Of all nodes that only this one asks for, why. Askers are looked at before what they ask for.
    fn reasons(&self, graph: &Asked) -> Vec<Reason> {
        let mut reasons = vec![Reason::default(); self.ways.nodes.len()];
        for asker in graph.order.iter().rev() {
            let fact = &self.ways.nodes[*asker];
            let old = self.in_both(*asker);
            let own = &mut reasons[*asker];
            for list in [&mut own.tweaks, &mut own.nodes] {
                list.sort_unstable();
                list.dedup();
            }
            let mut before = Vec::new();
            for node in graph.of(*asker).unwrap_or_default() {
                if self.differs(*node) {
                    before.push(*node);
                }
                if self.in_both(*node) {
                    continue;
                }
                let mut reason = match old {
                    true => Reason::default(),
                    false => reasons[*asker].clone(),
                };
                // A function that a tweak has kept from running has asked for nothing.
                if old && (fact.valued || before.is_empty()) {
                    reason.tweaks.extend(&fact.tweaks);
                    reason.nodes.push(*asker);
                } else {
                    reason.nodes.extend(&before);
                }
                reasons[*node].tweaks.extend(reason.tweaks);
                reasons[*node].nodes.extend(reason.nodes);
            }
        }
        reasons
    }

    fn follow_scenario(&mut self) {
        let [_, graph] = &self.ways.graphs;
        let reasons = self.reasons(graph);
        for node in &graph.order {
            let fact = &self.ways.nodes[*node];
            let mut tweaks = fact.tweaks.clone();
            let mut through = self.moved(graph.of(*node).unwrap_or_default());
            let kind = match (self.in_both(*node), fact.answers) {
                (false, _) => {
                    let Reason {
                        tweaks: more,
                        nodes,
                    } = &reasons[*node];
                    tweaks.extend(more);
                    through.extend(self.moved(nodes));
                    ChangeKind::OnlyScenario
                }
                (true, Comparison::Different) => ChangeKind::Changed,
                (true, Comparison::Same) if !tweaks.is_empty() || !through.is_empty() => {
                    ChangeKind::Absorbed
                }
                (true, Comparison::Same | Comparison::Unknown) => continue,
            };
            self.step(*node, kind, tweaks, through);
        }
    }

    /// What only the base asks for: no change comes from there, so it is told last, askers first.
    fn follow_base(&mut self) {
        let [graph, _] = &self.ways.graphs;
        let reasons = self.reasons(graph);
        for node in graph.order.iter().rev() {
            if !self.in_both(*node) {
                let Reason { tweaks, nodes } = &reasons[*node];
                let places = nodes.iter().filter_map(|node| self.places[*node]);
                let through: Vec<usize> = places.collect();
                // Those are tweaks of the nodes by way of which they came, if these are known.
                let tweaks = match through.is_empty() {
                    true => tweaks.clone(),
                    false => Vec::new(),
                };
                self.step(*node, ChangeKind::OnlyBase, tweaks, through);
            }
        }
    }

    /// The places of those among the nodes that answer otherwise, or are new, and were met before.
    fn moved(&self, nodes: &[usize]) -> Vec<usize> {
        let places = nodes.iter().filter_map(|node| self.places[*node]);
        places
            .filter(|place| self.steps[*place].kind != ChangeKind::Absorbed)
            .collect()
    }

    fn step(
        &mut self,
        node: usize,
        kind: ChangeKind,
        mut tweaks: Vec<usize>,
        mut through: Vec<usize>,
    ) {
        tweaks.sort_unstable();
        tweaks.dedup();
        through.sort_unstable();
        through.dedup();
        self.places[node] = Some(self.steps.len());
        self.steps.push(Step {
            node,
            kind,
            tweaks,
            through,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(order: &[(usize, &[usize])], count: usize) -> Asked {
        let mut asked = Asked {
            order: Vec::new(),
            dependencies: vec![None; count],
        };
        for (node, dependencies) in order {
            asked.order.push(*node);
            asked.dependencies[*node] = Some(dependencies.to_vec());
        }
        asked
    }

    fn fact(answers: Comparison, tweaks: &[usize]) -> Fact {
        Fact {
            answers,
            tweaks: tweaks.to_vec(),
            valued: !tweaks.is_empty(),
        }
    }

    fn told(ways: &Ways) -> Vec<(usize, ChangeKind, Vec<usize>, Vec<usize>)> {
        let steps = travel(ways).into_iter();
        steps
            .map(|step| (step.node, step.kind, step.tweaks, step.through))
            .collect()
    }

    #[test]
    fn what_is_absorbed_goes_no_further() {
        use Comparison::{Different, Same};
        let graph = asked(&[(0, &[]), (1, &[0]), (2, &[1])], 3);
        let nodes = vec![fact(Different, &[0]), fact(Same, &[]), fact(Same, &[])];
        let graphs = [graph.clone(), graph];
        let steps = told(&Ways { nodes, graphs });
        assert_eq!(
            steps,
            [
                (0, ChangeKind::Changed, vec![0], vec![]),
                (1, ChangeKind::Absorbed, vec![], vec![0])
            ]
        );
    }

    #[test]
    fn what_decides_is_the_reason_for_what_is_asked() {
        use Comparison::{Different, Same, Unknown};
        // 0 decides whether 3 asks for 1 or for 2, which asks for 4.
        let base = asked(&[(0, &[]), (1, &[]), (3, &[0, 1])], 5);
        let scenario = asked(&[(0, &[]), (4, &[]), (2, &[4]), (3, &[0, 2])], 5);
        let unknown = || fact(Unknown, &[]);
        let nodes = vec![
            fact(Different, &[7]),
            unknown(),
            unknown(),
            fact(Same, &[]),
            unknown(),
        ];
        let graphs = [base, scenario];
        let steps = told(&Ways { nodes, graphs });
        assert_eq!(
            steps,
            [
                (0, ChangeKind::Changed, vec![7], vec![]),
                (4, ChangeKind::OnlyScenario, vec![], vec![0]),
                (2, ChangeKind::OnlyScenario, vec![], vec![0, 1]),
                (3, ChangeKind::Absorbed, vec![], vec![0, 2]),
                (1, ChangeKind::OnlyBase, vec![], vec![0])
            ]
        );
    }

    #[test]
    fn a_tweak_to_a_value_is_the_reason_for_what_is_not_asked_any_more() {
        use Comparison::{Different, Unknown};
        let base = asked(&[(0, &[]), (1, &[0])], 2);
        let scenario = asked(&[(1, &[])], 2);
        let nodes = vec![fact(Unknown, &[]), fact(Different, &[5])];
        let graphs = [base, scenario];
        let steps = told(&Ways { nodes, graphs });
        assert_eq!(
            steps,
            [
                (1, ChangeKind::Changed, vec![5], vec![]),
                (0, ChangeKind::OnlyBase, vec![], vec![0])
            ]
        );
    }
}
