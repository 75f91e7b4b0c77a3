//! Results of other code are explained, and are accepted for the code of now. What a function's code is
//! may be pretended once in a process: this is one, and its tests take turns.

use dug::{
    Answer, Context, Node, Reason, Scenario, StaleCause, Store, Tracked, node, tracked, tweak,
};
use std::sync::atomic::{AtomicU8, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, Once, PoisonError};

#[tracked(name = "top")]
fn top(x: u64) -> u64 {
    middle(x) + beside(x)
}

#[tracked(name = "middle")]
fn middle(x: u64) -> u64 {
    2 * bottom(x)
}

/// Its result changes with its code.
#[tracked(name = "bottom")]
fn bottom(x: u64) -> u64 {
    x + u64::from(BOTTOM.load(Relaxed))
}

#[tracked(name = "beside", fingerprint = graph)]
fn beside(x: u64) -> u64 {
    x + passing(x)
}

#[tracked(name = "passing", in_memory)]
fn passing(x: u64) -> u64 {
    x
}

/// It asks in a context of its own.
#[tracked(name = "inside")]
fn inside(x: u64) -> u64 {
    dug::with_context(|| {
        tweak!(passing(x) => 0);
        middle(x)
    })
}

#[tracked(name = "reading")]
fn reading(path: &str) -> u64 {
    let text = dug::input::text(path).unwrap();
    text.len() as u64 + bottom(0)
}

#[tracked(name = "level")]
fn level() -> u64 {
    *dug::external_value::<u64>("level").unwrap()
}

#[tracked(name = "levels")]
fn levels() -> Tracked<Vec<u64>> {
    Tracked::new(vec![level(); 3])
}

#[tracked(name = "total")]
fn total(of: Tracked<Vec<u64>>) -> u64 {
    of.iter().sum()
}

/// The versions of the functions' codes.
static TOP: AtomicU8 = AtomicU8::new(0);
static BOTTOM: AtomicU8 = AtomicU8::new(0);
static BESIDE: AtomicU8 = AtomicU8::new(0);

/// One test at a time, with first versions.
fn turn() -> MutexGuard<'static, ()> {
    static ONCE: Once = Once::new();
    static TURN: Mutex<()> = Mutex::new(());
    ONCE.call_once(|| {
        assert!(dug::__private::pretend_code(|path| match path {
            "top" | "total" => Some([TOP.load(Relaxed); 32]),
            "bottom" | "turning" => Some([100 + BOTTOM.load(Relaxed); 32]),
            "beside" => Some([200 + BESIDE.load(Relaxed); 32]),
            _ => None,
        }));
    });
    let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    set(0, 0, 0);
    turn
}

fn set(top: u8, bottom: u8, beside: u8) {
    TOP.store(top, Relaxed);
    BOTTOM.store(bottom, Relaxed);
    BESIDE.store(beside, Relaxed);
}

/// What `f` gives in another process, and how many bodies run.
fn elsewhere<R>(store: &Store, f: impl FnOnce() -> R) -> (R, u64) {
    let store = dug::__private::restarted(store);
    let context = Context::builder().store(store.clone()).build();
    let answer = context.enter(f);
    store.flush().unwrap();
    (answer, context.stats().executions)
}

fn explained<R: Clone + Send + Sync + 'static>(store: &Store, node: Node<'_, R>) -> String {
    elsewhere(store, || node.explain().to_string()).0
}

#[test]
fn stale_nodes_say_whose_code_has_changed() {
    let _turn = turn();
    let store = Store::in_memory();
    assert_eq!(elsewhere(&store, || top(3)), (12, 5));
    assert_eq!(
        explained(&store, node!(top(3))),
        "top(3) is stored, and right\n"
    );
    assert!(store.stale().unwrap().is_empty());

    set(1, 0, 0);
    assert_eq!(
        explained(&store, node!(top(3))),
        "top(3) would run: the code of `top` has changed\n"
    );
    set(0, 1, 0);
    assert_eq!(
        explained(&store, node!(top(3))),
        "top(3) would run\n  \
           middle(3) would run\n    \
             bottom(3) would run: the code of `bottom` has changed\n"
    );
    // A dependency that has run meanwhile answers otherwise.
    elsewhere(&store, || bottom(3));
    assert_eq!(
        explained(&store, node!(middle(3))),
        "middle(3) would run\n  \
           bottom(3) answers otherwise: the code of `bottom` has changed\n"
    );
    let (ran, _) = elsewhere(&store, || {
        middle(3);
        node!(middle(3)).explain()
    });
    assert_eq!(ran.answer, Answer::Memory);
    assert!(
        matches!(&ran.reasons[..], [Reason::Dependency { differs: true, .. }]),
        "{ran}"
    );
}

#[test]
fn a_report_says_what_is_stale_before_anything_runs() {
    let _turn = turn();
    let store = Store::in_memory();
    elsewhere(&store, || (1..=4).map(top).sum::<u64>());
    set(0, 1, 0);
    elsewhere(&store, || bottom(1));
    let report = dug::__private::restarted(&store).stale().unwrap();
    assert_eq!((report.nodes(), report.stale()), (20, 11), "{report}");
    assert_eq!(
        report.to_string(),
        "11 of 20 stored nodes are stale\n  \
           bottom: 3 of 4\n    \
             its code has changed\n  \
           middle: 4 of 4\n    \
             rests on bottom\n  \
           top: 4 of 4\n    \
             rests on middle\n"
    );
    let bottom = &report.functions[1];
    let changes = Vec::new();
    assert_eq!(bottom.causes, [(StaleCause::Code { changes }, 3)]);
}

#[test]
fn of_several_results_one_is_accepted_that_agrees_with_what_is_right_below() {
    let _turn = turn();
    let store = Store::in_memory();
    // The second code was tried last, and given up.
    for bottom in [0, 2] {
        set(0, bottom, 0);
        elsewhere(&store, || top(3));
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    set(0, 0, 0);
    assert_eq!(elsewhere(&store, || top(3)), (12, 0));
    set(1, 0, 0);
    assert_eq!(elsewhere(&store, || node!(top(3)).accept()).0, 1);
    assert_eq!(elsewhere(&store, || (top(3), middle(3))), ((12, 6), 0));
    // Also where what lies between has to be accepted.
    set(2, 0, 1);
    let accepted = dug::__private::restarted(&store).accept_all().unwrap();
    assert_eq!(accepted, 2);
    assert_eq!(elsewhere(&store, || (top(3), middle(3))), ((12, 6), 0));
    set(2, 2, 1);
    assert_eq!(elsewhere(&store, || bottom(3)), (5, 0));
}

#[tracked(name = "mode")]
fn mode(path: &str) -> u64 {
    dug::input::text(path).unwrap().parse().unwrap()
}

#[tracked(name = "by mode")]
fn by_mode(path: &str) -> u64 {
    match mode(path) {
        1 => 1,
        _ => bottom(0),
    }
}

#[test]
fn what_is_accepted_of_one_node_ran_with_one_code_of_each_function() {
    let _turn = turn();
    let input = tempfile::NamedTempFile::new().unwrap();
    let path = input.path().to_str().unwrap();
    let with = |bottom, text: &str| {
        set(0, bottom, 0);
        std::fs::write(path, text).unwrap();
        std::thread::sleep(std::time::Duration::from_millis(5));
    };
    let store = Store::in_memory();
    // The newest does not tell which of the others is of which code.
    for (bottom, text) in [(0, "2"), (5, "3"), (5, "1")] {
        with(bottom, text);
        elsewhere(&store, || by_mode(path));
    }
    with(7, "4");
    assert!(dug::__private::restarted(&store).accept_all().unwrap() > 0);
    let policy = Context::builder().store(dug::__private::restarted(&store));
    let policy = policy.policy(dug::Policy::OnlyMissing).build();
    assert_eq!(
        policy.enter(|| by_mode(path)),
        1,
        "the newest is still that"
    );
    for text in ["1", "2", "3"] {
        with(7, text);
        let (answer, below) = elsewhere(&store, || (by_mode(path), bottom(0))).0;
        assert_eq!(answer, if text == "1" { 1 } else { below }, "{text}");
    }
}

#[test]
fn what_is_accepted_answers_for_the_code_of_now_and_the_old_one_finds_its_own() {
    let _turn = turn();
    let store = Store::in_memory();
    elsewhere(&store, || (top(3), top(4)));
    set(1, 1, 1);
    let accepted = elsewhere(&store, || node!(top(3)).accept()).0;
    // `passing` is what it was.
    assert_eq!(accepted, 4);
    let (stale, ran) = elsewhere(&store, || {
        assert_eq!(top(3), 12);
        assert_eq!(middle(3), 6);
        (node!(top(3)).is_stale(), node!(top(4)).is_stale())
    });
    assert_eq!((stale, ran), ((false, true), 0));
    // The versions before, and one that nobody has accepted.
    set(0, 0, 0);
    assert_eq!(elsewhere(&store, || (top(3), top(4))).1, 0);
    set(1, 2, 1);
    assert_eq!(elsewhere(&store, || top(3)), (16, 3));
    set(1, 1, 1);
    assert_eq!(elsewhere(&store, || top(3)), (12, 0));
    assert!(store.verify().unwrap().is_sound());
}

#[test]
fn functions_and_all_are_accepted() {
    let _turn = turn();
    let store = Store::in_memory();
    elsewhere(&store, || (top(3), inside(3), inside(5)));
    set(1, 1, 1);
    let again = dug::__private::restarted(&store);
    assert!(again.accept_function("middle").unwrap() > 0);
    assert!(again.accept_function("nobody").is_err());
    assert_eq!(elsewhere(&store, || middle(3)).1, 0);
    assert!(elsewhere(&store, || node!(top(3)).is_stale()).0);
    assert!(again.accept_all().unwrap() > 0);
    assert_eq!(again.accept_all().unwrap(), 0);
    assert_eq!(elsewhere(&store, || (top(3), inside(3), inside(5))).1, 0);
    assert!(
        dug::__private::restarted(&store)
            .stale()
            .unwrap()
            .is_empty()
    );
    set(0, 0, 0);
    assert_eq!(elsewhere(&store, || (top(3), inside(3), inside(5))).1, 0);
}

#[test]
fn tweaks_and_inputs_are_not_excused() {
    let _turn = turn();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("text").display().to_string();
    std::fs::write(&path, "four").unwrap();
    let store = Store::in_memory();
    elsewhere(&store, || (top(3), reading(&path)));
    let tweaked = || {
        tweak!(bottom(3) => 100);
        top(3)
    };
    assert_eq!(elsewhere(&store, tweaked).0, 206);
    set(1, 1, 0);
    let accepted = dug::__private::restarted(&store).accept_all().unwrap();
    assert!(accepted > 0);
    // Results of scenarios are accepted as well, and stay apart.
    assert_eq!(elsewhere(&store, tweaked), (206, 0));
    assert_eq!(elsewhere(&store, || top(3)), (12, 0));
    assert_eq!(elsewhere(&store, || reading(&path)), (4, 0));
    let other = || {
        tweak!(bottom(3) => 7);
        top(3)
    };
    assert_eq!(elsewhere(&store, other), (20, 2));
    std::fs::write(&path, "fifteen letters").unwrap();
    let text = explained(&store, node!(reading(&path)));
    assert!(text.contains("has changed"), "{text}");
    assert_eq!(elsewhere(&store, || reading(&path)), (15, 1));
}

#[test]
fn whatever_a_handle_holds_is_accepted() {
    let _turn = turn();
    type Accept = fn(&Store) -> usize;
    let ways: [Accept; 3] = [
        |store| elsewhere(store, || node!(total(levels())).accept()).0,
        |store| store.accept_function("total").unwrap(),
        |store| store.accept_all().unwrap(),
    ];
    for accept in ways {
        set(0, 0, 0);
        let store = Store::in_memory();
        let at = |value: u64| {
            let run = || {
                dug::external("level", value);
                total(levels())
            };
            elsewhere(&store, run)
        };
        assert_eq!([1, 2, 3].map(|value| at(value).0), [3, 6, 9]);
        set(1, 0, 0);
        let again = dug::__private::restarted(&store);
        assert_eq!(again.stale().unwrap().stale(), 1);
        assert_eq!(accept(&again), 1);
        assert_eq!(accept(&again), 0);
        assert!(
            dug::__private::restarted(&store)
                .stale()
                .unwrap()
                .is_empty()
        );
        for value in [1, 2, 3] {
            assert_eq!(at(value), (3 * value, 0));
        }
    }
}

#[test]
fn what_has_run_since_has_the_last_word() {
    let _turn = turn();
    let store = Store::in_memory();
    elsewhere(&store, || top(3));
    set(0, 1, 0);
    assert_eq!(elsewhere(&store, || bottom(3)), (4, 1));
    elsewhere(&store, || node!(top(3)).accept());
    assert_eq!(elsewhere(&store, || top(3)), (12, 0));
    assert_eq!(elsewhere(&store, || bottom(3)), (4, 0));
}

#[test]
fn an_edit_that_was_taken_back_does_not_stand_in_the_way() {
    let _turn = turn();
    let store = Store::in_memory();
    for own in [0, 1] {
        set(own, 0, 0);
        elsewhere(&store, || top(3));
    }
    // The result of the code of now is not the newest, and what lies below it has changed, and has run.
    set(0, 1, 0);
    elsewhere(&store, || bottom(3));
    assert_eq!(elsewhere(&store, || node!(top(3)).accept()).0, 2);
    assert_eq!(elsewhere(&store, || top(3)), (12, 0));
    set(1, 0, 0);
    assert_eq!(elsewhere(&store, || top(3)), (12, 0));
}

/// What it asks changes with its code.
#[tracked(name = "turning")]
fn turning() -> u64 {
    match BOTTOM.load(Relaxed) {
        0 => 1,
        _ => spot(),
    }
}

#[tracked(name = "spot")]
fn spot() -> u64 {
    2
}

#[tracked(name = "above turning")]
fn above_turning() -> u64 {
    turning()
}

#[test]
fn what_has_run_since_stays_alone_where_it_asked_for_something_else() {
    let _turn = turn();
    let store = Store::in_memory();
    elsewhere(&store, above_turning);
    set(0, 1, 0);
    assert_eq!(elsewhere(&store, turning), (2, 2));
    assert_eq!(elsewhere(&store, || node!(above_turning()).accept()).0, 1);
    assert_eq!(
        elsewhere(&store, || (above_turning(), turning())),
        ((1, 2), 0)
    );
    let tweaked = || {
        tweak!(spot() => 5);
        turning()
    };
    assert_eq!(elsewhere(&store, tweaked).0, 5);
}

#[test]
fn what_was_accepted_does_not_show_where_a_scenario_has_run_the_code_of_now() {
    let _turn = turn();
    let store = Store::in_memory();
    set(0, 1, 0);
    elsewhere(&store, turning);
    set(0, 0, 0);
    assert_eq!(elsewhere(&store, || node!(turning()).accept()).0, 1);
    let scenarios = [5, 6].map(|given| {
        let scenario = Scenario::new().with(tweak!(in spot() => given));
        scenario.unwrap()
    });
    let answers = || {
        let base = above_turning();
        let asked = || (turning(), above_turning());
        let tweaked = scenarios.each_ref().map(|scenario| scenario.enter(asked));
        (base, tweaked, asked())
    };
    // The code of now asks nothing, so what `spot` gives does not matter to it.
    let now = (1, 1);
    assert_eq!(elsewhere(&store, answers).0, (2, [now; 2], (2, 2)));
}

#[test]
fn a_tweaked_result_that_was_found_again_does_not_hide_what_is_accepted() {
    let _turn = turn();
    let store = Store::in_memory();
    for beside in [0, 1] {
        set(0, 0, beside);
        elsewhere(&store, || top(3));
    }
    // The results of `top` differ in what `beside` gave, whose fingerprint is that of its code.
    set(0, 1, 1);
    for ran in [1, 0] {
        let tweaked = || {
            tweak!(middle(3) => 100);
            top(3)
        };
        assert_eq!(elsewhere(&store, tweaked), (106, ran));
    }
    assert_eq!(elsewhere(&store, || middle(3)), (8, 2));
    assert_eq!(elsewhere(&store, || node!(top(3)).accept()).0, 1);
    assert_eq!(
        elsewhere(&store, || (node!(top(3)).is_stale(), top(3))),
        ((false, 12), 0)
    );
}

#[test]
fn nodes_are_counted_that_were_stale() {
    let _turn = turn();
    let store = Store::in_memory();
    let tweaked = || {
        tweak!(bottom(3) => 100);
        top(3)
    };
    elsewhere(&store, || top(3));
    elsewhere(&store, tweaked);
    set(0, 1, 0);
    // `top`, `middle` and `bottom`, of two runs each but the last.
    let report = dug::__private::restarted(&store).stale().unwrap();
    assert_eq!(report.stale(), 3);
    let again = dug::__private::restarted(&store);
    assert_eq!(again.accept_all().unwrap(), 3);
    assert_eq!(again.accept_all().unwrap(), 0);
    assert_eq!(elsewhere(&store, tweaked), (206, 0));
}

#[test]
fn forgetting_takes_back_what_was_accepted_for_whatever_handles_held() {
    let _turn = turn();
    let store = Store::in_memory();
    let ask = |value: u64| {
        elsewhere(&store, || {
            dug::external("level", value);
            total(levels())
        })
    };
    ask(1);
    ask(2);
    set(1, 0, 0);
    elsewhere(&store, || {
        let node = node!(total(levels()));
        assert_eq!(node.accept(), 1);
        node.forget();
    });
    assert!(
        store
            .nodes()
            .unwrap()
            .iter()
            .all(|id| id.function() != "total")
    );
    assert_eq!(ask(1).1, 1);
    assert_eq!(ask(2).1, 1);
}

#[test]
fn what_is_fresh_is_not_accepted_from_other_code() {
    let _turn = turn();
    let store = Store::in_memory();
    elsewhere(&store, || top(3));
    set(0, 1, 0);
    assert_eq!(elsewhere(&store, || top(3)).0, 14);
    // Back at the first code, whose results are there, beside newer ones.
    set(0, 0, 0);
    let accepted = elsewhere(&store, || node!(top(3)).accept()).0;
    assert_eq!(accepted, 0);
    assert_eq!(dug::__private::restarted(&store).accept_all().unwrap(), 0);
    assert_eq!(elsewhere(&store, || top(3)), (12, 0));
}

#[test]
fn the_run_that_was_most_like_this_one_is_compared() {
    #[tracked]
    fn mode() -> u64 {
        *dug::external_value::<u64>("mode").unwrap()
    }
    #[tracked]
    fn by_mode() -> u64 {
        mode() + middle(3)
    }
    let _turn = turn();
    let store = Store::in_memory();
    for value in [1_u64, 2, 1] {
        elsewhere(&store, || {
            dug::external("mode", value);
            by_mode()
        });
    }
    set(0, 1, 0);
    assert_eq!(
        explained(&store, node!(by_mode())),
        "by_mode() would run\n  \
           middle(3) would run\n    \
             bottom(3) would run: the code of `bottom` has changed\n"
    );
}

#[test]
fn a_long_explanation_is_cut() {
    #[tracked]
    fn tree(level: u64, place: u64) -> u64 {
        match level {
            0 => bottom(place),
            _ => tree(level - 1, 2 * place) + tree(level - 1, 2 * place + 1),
        }
    }
    let _turn = turn();
    let store = Store::in_memory();
    elsewhere(&store, || tree(9, 0));
    set(0, 1, 0);
    let text = explained(&store, node!(tree(9, 0)));
    assert!(text.contains("the code of `bottom` has changed"), "{text}");
    assert!(text.lines().count() < 200, "{}", text.lines().count());
}
