//! How the difference that a scenario makes comes from its tweaks.

use crate::ran::{ran, take};
use dug::{
    Attribution, Scenario, Tweak, attribution, attribution_by, tracked, tweak, with_context,
};

#[tracked]
fn input(n: u32) -> f64 {
    f64::from(n)
}

#[tracked]
fn sum() -> f64 {
    ran("sum");
    (1..=4).map(input).sum()
}

#[tracked]
fn product() -> f64 {
    ran("product");
    input(1) * input(2) * input(3)
}

fn with(tweaks: impl IntoIterator<Item = Tweak>) -> Scenario {
    let mut scenario = Scenario::new();
    for tweak in tweaks {
        scenario = scenario.with(tweak).unwrap();
    }
    scenario
}

fn none() -> Scenario {
    Scenario::new()
}

/// The names with what each does alone and on average.
fn told(shares: &Attribution) -> Vec<(&str, f64, f64)> {
    let shares = shares.contributions().iter();
    shares
        .map(|one| (&*one.name, one.alone, one.shapley.unwrap()))
        .collect()
}

#[test]
fn in_a_sum_each_does_what_it_does_alone() {
    with_context(|| {
        let up = with([
            tweak!(in input(1) => 11.0),
            tweak!(in input(2) += 0.5),
            tweak!(in input(4) *= 2.0),
        ]);
        let shares = attribution(&none(), &up, sum).unwrap();
        assert_eq!(
            told(&shares),
            [
                ("input(1) => 11.0", 10.0, 10.0),
                ("input(2) += 0.5", 0.5, 0.5),
                ("input(4) *= 2.0", 4.0, 4.0),
            ]
        );
        assert_eq!((shares.rest(), shares.total()), (0.0, 14.5));
        assert_eq!((shares.base(), shares.scenario()), (10.0, 24.5));
        // One run for each subset.
        assert_eq!(take().split(' ').count(), 8);
    });
}

#[test]
fn in_a_product_they_share_what_they_do_together() {
    with_context(|| {
        // 1 * 2 * 3 = 6, to 2 * 4 * 6 = 48.
        let double = with([tweak!(in input(_) *= 2.0)]);
        let each = with((1..=3).map(|n| tweak!(in input(n) *= 2.0)));
        let shares = attribution(&none(), &each, product).unwrap();
        assert_eq!(shares.total(), 42.0);
        assert!(
            told(&shares)
                .iter()
                .all(|one| one.1 == 6.0 && one.2 == 14.0)
        );
        assert_eq!(shares.rest(), 24.0);
        let shares = attribution(&none(), &double, product).unwrap();
        assert_eq!(told(&shares), [("input(_) *= 2.0", 42.0, 42.0)]);
        // 1 -> 3 and 3 -> 4: 6 to 24; alone 12 and 2; Shapley 14 and 4.
        let two = with([tweak!(in input(1) => 3.0), tweak!(in input(3) => 4.0)]);
        let shares = attribution(&none(), &two, product).unwrap();
        assert_eq!(
            told(&shares),
            [
                ("input(1) => 3.0", 12.0, 14.0),
                ("input(3) => 4.0", 2.0, 4.0)
            ]
        );
        assert_eq!(shares.rest(), 4.0);
    });
}

#[test]
fn the_total_is_the_difference_to_the_bit() {
    with_context(|| {
        let third = |n: u32| 1.0 / f64::from(n + 2);
        let odd = with((1..=4).map(|n| tweak!(in input(n) => third(n))));
        let shares = attribution(&none(), &odd, || product() + sum()).unwrap();
        let base = none().enter(|| product() + sum());
        let scenario = odd.enter(|| product() + sum());
        assert_eq!(shares.total().to_bits(), (scenario - base).to_bits());
        let shapley = shares
            .contributions()
            .iter()
            .map(|one| one.shapley.unwrap());
        assert!((shapley.sum::<f64>() - shares.total()).abs() < 1e-14);
    });
}

#[test]
fn tweaks_of_a_group_come_and_go_together() {
    with_context(|| {
        let each = with((1..=3).map(|n| tweak!(in input(n) *= 2.0)));
        let odd = |tweak: &Tweak| match tweak.to_string().starts_with("input(2)") {
            true => "even".to_owned(),
            false => "odd".to_owned(),
        };
        take();
        let shares = attribution_by(&none(), &each, odd, product).unwrap();
        assert_eq!(told(&shares), [("odd", 18.0, 27.0), ("even", 6.0, 15.0)]);
        assert_eq!(shares.contribution("odd").unwrap().tweaks.len(), 2);
        assert_eq!(take().split(' ').count(), 4);
        let json = serde_json::to_value(&shares).unwrap();
        assert_eq!(json["contributions"][1]["alone"], 6.0);
    });
}

#[test]
fn every_tweak_stays_at_its_level() {
    with_context(|| {
        let day = with([tweak!(in input(1) => 5.0)]);
        let shock = with([tweak!(in input(1) *= 3.0), tweak!(in input(2) => 0.0)]);
        let all = shock.over(&day);
        let shares = attribution(&none(), &all, sum).unwrap();
        assert_eq!(shares.total(), 12.0);
        assert_eq!(
            told(&shares),
            [
                ("input(1) => 5.0", 4.0, 8.0),
                ("input(1) *= 3.0", 2.0, 6.0),
                ("input(2) => 0.0", -2.0, -2.0),
            ]
        );
        assert_eq!(shares.rest(), 8.0);
        // What both have is part of the base.
        let shares = attribution(&day, &all, sum).unwrap();
        assert_eq!(
            told(&shares),
            [
                ("input(1) *= 3.0", 10.0, 10.0),
                ("input(2) => 0.0", -2.0, -2.0)
            ]
        );
        // Also where a level lies further out.
        let shares = attribution(&shock, &all, sum).unwrap();
        assert_eq!(told(&shares), [("input(1) => 5.0", 12.0, 12.0)]);
    });
}

#[test]
fn wide_tweaks_keep_their_order() {
    with_context(|| {
        let both = with([
            tweak!(in pair(1, _) => 10.0),
            tweak!(in pair(_, 1) => 20.0),
            tweak!(in pair(..) += 5.0),
        ]);
        let shares = attribution(&none(), &both, || pair(1, 1)).unwrap();
        assert_eq!(shares.total(), 18.0);
        let names: Vec<&str> = told(&shares).iter().map(|one| one.0).collect();
        assert_eq!(
            names,
            [
                "pair(1, _) => 10.0",
                "pair(_, 1) => 20.0",
                "pair(..) += 5.0"
            ]
        );
        let alone: Vec<f64> = told(&shares).iter().map(|one| one.1).collect();
        assert_eq!(alone, [8.0, 18.0, 5.0]);
        // The other order is another scenario: from one to the other both are replaced.
        let other = with([tweak!(in pair(_, 1) => 20.0), tweak!(in pair(1, _) => 10.0)]);
        let first = with([tweak!(in pair(1, _) => 10.0), tweak!(in pair(_, 1) => 20.0)]);
        let shares = attribution(&first, &other, || pair(1, 1)).unwrap();
        assert_eq!(shares.total(), -10.0);
        let shapley: f64 = told(&shares).iter().map(|one| one.2).sum();
        assert_eq!(shapley, -10.0);
        // What only the base has keeps its place before what both have.
        let more = with([
            tweak!(in pair(1, _) => 10.0),
            tweak!(in pair(_, 1) => 20.0),
            tweak!(in pair(2, _) => 1.0),
        ]);
        let less = with([tweak!(in pair(_, 1) => 20.0), tweak!(in input(1) => 0.0)]);
        let shares = attribution(&more, &less, || pair(1, 1) + pair(2, 2) + input(1)).unwrap();
        assert_eq!(
            told(&shares),
            [
                ("input(1) => 0.0", -1.0, -1.0),
                ("without pair(1, _) => 10.0", 0.0, 0.0),
                ("without pair(2, _) => 1.0", 3.0, 3.0),
            ]
        );
    });
}

#[tracked]
fn pair(a: u32, b: u32) -> f64 {
    f64::from(a + b)
}

#[test]
fn what_takes_the_place_of_a_tweak_of_the_base_is_one() {
    with_context(|| {
        let low = with([tweak!(in input(1) => 0.0), tweak!(in input(2) => 0.0)]);
        let high = with([tweak!(in input(1) => 9.0), tweak!(in input(3) => 0.0)]);
        let shares = attribution(&low, &high, sum).unwrap();
        assert_eq!(
            told(&shares),
            [
                ("input(1) => 9.0", 9.0, 9.0),
                ("input(3) => 0.0", -3.0, -3.0),
                ("without input(2) => 0.0", 2.0, 2.0),
            ]
        );
    });
}

#[tracked]
fn long_sum() -> f64 {
    (1..=13).map(input).sum()
}

#[test]
fn of_more_than_a_dozen_only_what_each_does_alone() {
    with_context(|| {
        let many = |count: u32| with((1..=count).map(|n| tweak!(in input(n) += 1.0)));
        let shares = attribution(&none(), &many(13), long_sum).unwrap();
        let contributions = shares.contributions();
        assert_eq!(contributions.len(), 13);
        assert!(
            contributions
                .iter()
                .all(|one| one.alone == 1.0 && one.shapley.is_none())
        );
        assert_eq!((shares.total(), shares.rest()), (13.0, 0.0));
        assert!(!shares.to_string().contains("Shapley"));
        let shares = attribution(&none(), &many(12), long_sum).unwrap();
        assert!(told(&shares).iter().all(|one| one.2 == 1.0));
    });
}

#[test]
fn what_is_not_a_number_does_no_harm() {
    let odd = with([
        tweak!(in input(1) => f64::NAN),
        tweak!(in input(2) => f64::INFINITY),
    ]);
    let shares = attribution(&none(), &odd, sum).unwrap();
    assert!(shares.total().is_nan() && shares.rest().is_nan());
    assert_eq!(shares.contributions()[1].alone, f64::INFINITY);
    assert!(shares.to_string().contains("inf"));
    assert!(serde_json::to_string(&shares).is_ok());
}

#[tracked]
fn shared() -> f64 {
    attribution(&none(), &with([tweak!(in input(1) => 3.0)]), sum)
        .unwrap()
        .total()
}

#[test]
fn a_running_function_may_ask() {
    with_context(|| {
        assert_eq!(shared(), 2.0);
        tweak!(input(1) => 2.0);
        assert_eq!(shared(), 1.0);
    });
}
