//! Owns the check that scenarios mean the same in another process: this one
//! writes programs and scenarios, the other reads them and answers.

use crate::evaluate::{Outcome, evaluate};
use crate::functions::Live;
use crate::program::{Kind, Program};
use crate::scenario::{self, Pool, Recipe, Travel, travels};
use crate::session;
use crate::tweaks::Tweaks;
use dug::{Scenario, with_context};
use serde::{Deserialize, Serialize};
use std::io::Write;
use std::process::{Command, Stdio};

/// Set for the other process.
const CHILD: &str = "DUG_MODEL_ANSWERS";

/// How the line of answers begins.
const ANSWERS: &str = "answers: ";

/// A program, and scenarios as they were written.
#[derive(Serialize, Deserialize)]
struct Written {
    key: u64,
    program: Program,
    scenarios: Vec<(String, Vec<u8>)>,
}

/// What all nodes answer in each scenario, as it was read from JSON and from bytes.
type Answers = Vec<Vec<[String; 2]>>;

#[test]
fn model_another_process() {
    crate::quiet_panics();
    if std::env::var_os(CHILD).is_some() {
        return;
    }
    let number = |name, default| {
        let text = std::env::var(name).ok().filter(|text| !text.is_empty());
        text.map_or(default, |text| text.parse().expect(name))
    };
    let first: u64 = number("DUG_MODEL_SEED", 1);
    let count = number("DUG_MODEL_CASES", 1000).min(500);
    let cases = (first..).take(count as usize);
    let (written, expected): (Vec<_>, Vec<_>) = cases.filter_map(draw).unzip();
    assert!(count < 50 || !written.is_empty(), "no case has scenarios");
    let found = answers_elsewhere(&written);
    assert_eq!(found.len(), expected.len());
    for ((written, found), expected) in written.iter().zip(&found).zip(&expected) {
        assert_eq!(found, expected, "key {}", written.key);
    }
}

/// What the other process does.
#[test]
fn model_answers_for_another_process() {
    crate::quiet_panics();
    if std::env::var_os(CHILD).is_none() {
        return;
    }
    let text = std::io::read_to_string(std::io::stdin()).expect("input");
    let cases: Vec<Written> = serde_json::from_str(&text).expect("cases");
    let answers: Vec<Answers> = cases.iter().map(answered_here).collect();
    let text = serde_json::to_string(&answers).expect("answers");
    println!("\n{ANSWERS}{text}");
}

fn answered_here(written: &Written) -> Answers {
    let live = Live::start_as(written.key, written.program.clone(), false);
    let read = |(json, bytes): &(String, Vec<u8>)| {
        let json = scenario::from_json(json).expect("JSON");
        let bytes = scenario::from_bytes(bytes).expect("bytes");
        assert_eq!(json, bytes);
        [json, bytes]
    };
    let scenarios: Vec<_> = written.scenarios.iter().map(read).collect();
    let answers = answers(&live, &scenarios);
    live.stop();
    answers
}

/// One outermost context for all: scenarios share what they can.
fn answers(live: &Live, scenarios: &[[Scenario; 2]]) -> Answers {
    let call = |scenario: &Scenario, node| scenario.enter(|| format!("{:?}", live.call(node)));
    with_context(|| {
        let all = scenarios.iter().map(|[first, second]| {
            let nodes = 0..live.program.len();
            nodes
                .map(|node| [call(first, node), call(second, node)])
                .collect()
        });
        all.collect()
    })
}

/// The case of a seed, if it has scenarios that are data, with what the evaluator answers.
fn draw(seed: u64) -> Option<(Written, Answers)> {
    let case = session::case(seed, false);
    if !case.program.all(Kind::is_outside).is_empty() {
        return None;
    }
    let data: Vec<u8> = (0..)
        .zip(&case.pool)
        .filter(|(_, level)| {
            let mut tweaks = level.iter();
            tweaks.all(|(place, what)| {
                travels(*place, what.fitted(*place, &case.program), &case.program)
            })
        })
        .map(|(number, _)| number)
        .collect();
    let live = Live::start(case.program.clone(), false);
    let pool = Pool::new(&live, &case.pool).expect("a pool");
    let single = data.iter().map(|level| [Some(*level), None, None]);
    let pairs = data
        .iter()
        .zip(data.iter().skip(1))
        .map(|(first, second)| [Some(*first), Some(*second), None]);
    let made: Vec<_> = single
        .chain(pairs)
        .map(|levels| {
            let recipe = Recipe {
                levels,
                and: None,
                order: 0,
                travel: Travel::No,
            };
            pool.make(&case.program, &recipe).expect("a scenario")
        })
        .collect();
    let mut expected = Answers::new();
    for made in &made {
        let mut contexts = vec![Tweaks::default()];
        contexts.extend(made.levels.iter().map(|level| level.tweaks.clone()));
        let nodes = 0..case.program.len();
        let outcomes: Option<Vec<Outcome>> = nodes
            .map(|node| evaluate(&case.program, &contexts, node).map(|verdict| verdict.outcome))
            .collect();
        let texts = outcomes?.into_iter().map(|outcome| format!("{outcome:?}"));
        expected.push(texts.map(|text| [text.clone(), text]).collect());
    }
    let scenarios: Vec<_> = made
        .iter()
        .map(|made| [made.scenario.clone(), made.scenario.clone()])
        .collect();
    assert_eq!(answers(&live, &scenarios), expected, "seed {seed}");
    live.stop();
    let texts = made.iter().map(|made| {
        let json = scenario::to_json(&made.scenario).expect("JSON");
        (json, scenario::to_bytes(&made.scenario).expect("bytes"))
    });
    let written = Written {
        key: live.key,
        scenarios: texts.collect(),
        program: case.program,
    };
    (!made.is_empty()).then_some((written, expected))
}

fn answers_elsewhere(written: &[Written]) -> Vec<Answers> {
    let text = serde_json::to_string(written).expect("cases");
    let program = std::env::current_exe().expect("this test");
    let mut child = Command::new(program)
        .args([
            "--exact",
            "elsewhere::model_answers_for_another_process",
            "--nocapture",
        ])
        .env(CHILD, "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("another process");
    let mut input = child.stdin.take().expect("its input");
    input.write_all(text.as_bytes()).expect("what it reads");
    drop(input);
    let output = child.wait_with_output().expect("its output");
    let output = String::from_utf8(output.stdout).expect("text");
    let line = output.lines().find_map(|line| line.strip_prefix(ANSWERS));
    let line = line.unwrap_or_else(|| panic!("{}: no answers in {output}", crate::MARK));
    serde_json::from_str(line).expect("answers")
}
