//! Which tweaks make the difference between two scenarios, and the scenarios
//! between them, with some of those tweaks.

use crate::error::Error;
use crate::scenario::Scenario;
use crate::tweak::{Selector, Tweak};

/// The base, the scenario, and all that lies between.
pub(super) struct Game {
    base: Scenario,
    whole: Scenario,
    levels: Vec<Level>,
    players: Vec<Player>,
}

/// What comes and goes as one.
pub(super) struct Player {
    pub(super) name: String,
    pub(super) tweaks: Vec<String>,
}

/// The tweaks of one level, in an order that both have.
struct Level {
    name: Option<String>,
    tweaks: Vec<(Tweak, Presence)>,
}

/// In which of the scenarios a tweak is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Presence {
    Always,
    /// With the player.
    With(usize),
    /// Without the player.
    Without(usize),
}

impl Game {
    /// Each tweak is a player; those that are printed alike are told apart by the path of the function.
    pub(super) fn of_tweaks(base: &Scenario, whole: &Scenario) -> Result<Game, Error> {
        Game::new(base, whole, |players, tweak, text| {
            let is_new = |name: &str| players.iter().all(|player: &Player| player.name != name);
            let path = tweak.function().unwrap_or_default();
            let names = std::iter::once(text.to_owned())
                .chain(std::iter::once(format!("{text} ({path})")))
                .chain((2..).map(|place| format!("{text} ({path}, {place})")));
            let mut names = names.skip_while(|name| !is_new(name));
            players.push(Player {
                name: names.next().unwrap_or_default(),
                tweaks: Vec::new(),
            });
            players.len() - 1
        })
    }

    /// Tweaks of one group are a player.
    pub(super) fn of_groups(
        base: &Scenario,
        whole: &Scenario,
        group: impl Fn(&Tweak) -> String,
    ) -> Result<Game, Error> {
        Game::new(base, whole, |players, tweak, _| {
            let name = group(tweak);
            let known = players.iter().position(|player| player.name == name);
            known.unwrap_or_else(|| {
                players.push(Player {
                    name,
                    tweaks: Vec::new(),
                });
                players.len() - 1
            })
        })
    }

    /// `player` tells whose a tweak is, which is also given as it is printed.
    fn new(
        base: &Scenario,
        whole: &Scenario,
        mut player: impl FnMut(&mut Vec<Player>, &Tweak, &str) -> usize,
    ) -> Result<Game, Error> {
        let mut players = Vec::new();
        let mut player = |tweak: &Tweak, text: String| {
            let place = player(&mut players, tweak, &text);
            players[place].tweaks.push(text);
            place
        };
        let levels = aligned(base, whole)
            .into_iter()
            .map(|pair| Level::new(pair, &mut player));
        Ok(Game {
            base: base.clone(),
            whole: whole.clone(),
            levels: levels.collect::<Result<_, Error>>()?,
            players,
        })
    }

    pub(super) fn players(&self) -> &[Player] {
        &self.players
    }

    pub(super) fn base(&self) -> &Scenario {
        &self.base
    }

    pub(super) fn whole(&self) -> &Scenario {
        &self.whole
    }

    /// The base with the tweaks of some players.
    pub(super) fn between(&self, chosen: impl Fn(usize) -> bool) -> Result<Scenario, Error> {
        let is_present = |presence| match presence {
            Presence::Always => true,
            Presence::With(player) => chosen(player),
            Presence::Without(player) => !chosen(player),
        };
        Scenario::of_levels(self.levels.iter().map(|level| {
            let tweaks = level.tweaks.iter();
            let tweaks = tweaks.filter(|(_, presence)| is_present(*presence));
            let tweaks = tweaks.map(|(tweak, _)| tweak.clone()).collect();
            (level.name.clone(), tweaks)
        }))
    }
}

/// The levels that have tweaks, the outermost first, each of the base beside that of the scenario
/// whose place it has: equal ones at both ends first, then those between in their order.
fn aligned(base: &Scenario, whole: &Scenario) -> Vec<[Scenario; 2]> {
    let levels = |scenario: &Scenario| {
        let levels = scenario.levels().into_iter();
        levels.filter(|level| !level.is_empty()).collect()
    };
    let (base, whole): (Vec<Scenario>, Vec<Scenario>) = (levels(base), levels(whole));
    let equal = |pair: &(&Scenario, &Scenario)| pair.0 == pair.1;
    let outer = base.iter().zip(&whole).take_while(equal).count();
    let (base_rest, whole_rest) = (&base[outer..], &whole[outer..]);
    let pairs = base_rest.iter().rev().zip(whole_rest.iter().rev());
    let inner = pairs.take_while(equal).count();
    let between = [base_rest, whole_rest].map(|rest| rest.len() - inner);
    let least = outer + between[0].max(between[1]) + inner;
    let at = |levels: &[Scenario], between: usize, place: usize| {
        let skipped = least - levels.len();
        let place = match place {
            _ if place < outer + between => Some(place),
            _ if place < least - inner => None,
            _ => Some(place - skipped),
        };
        place.map(|place| levels[place].clone()).unwrap_or_default()
    };
    (0..least)
        .map(|place| [at(&base, between[0], place), at(&whole, between[1], place)])
        .collect()
}

/// A tweak of a level that is being compared.
struct Compared {
    tweak: Tweak,
    digest: [u8; 32],
    /// Whether it is about one node: then its order does not matter.
    exact: bool,
}

impl Level {
    fn new(
        [base, whole]: [Scenario; 2],
        player: &mut impl FnMut(&Tweak, String) -> usize,
    ) -> Result<Level, Error> {
        let name = whole.name().or(base.name()).map(str::to_owned);
        let (base, whole) = (compared(&base)?, compared(&whole)?);
        let wide = |one: &[Compared], other: &[Compared]| -> Vec<[u8; 32]> {
            let both = one.iter().filter(|tweak| !tweak.exact);
            let both = both.filter(|tweak| has(other, &tweak.digest));
            both.map(|tweak| tweak.digest).collect()
        };
        // Tweaks that are in both, but not in one order, are not the same.
        let ordered = wide(&base, &whole) == wide(&whole, &base);
        let is_common = |tweak: &Compared, other: &[Compared]| {
            (ordered || tweak.exact) && has(other, &tweak.digest)
        };
        let mut gone: Vec<Presence> = vec![Presence::Always; base.len()];
        let mut come = Vec::with_capacity(whole.len());
        for tweak in &whole {
            if is_common(tweak, &base) {
                come.push(Presence::Always);
                continue;
            }
            let replaced = base.iter().position(|old| old.is_replaced_by(tweak));
            let of = player(&tweak.tweak, tweak.tweak.to_string());
            come.push(Presence::With(of));
            if let Some(place) = replaced {
                gone[place] = Presence::Without(of);
            }
        }
        for (tweak, presence) in base.iter().zip(&mut gone) {
            if *presence == Presence::Always && !is_common(tweak, &whole) {
                let of = player(&tweak.tweak, format!("without {}", tweak.tweak));
                *presence = Presence::Without(of);
            }
        }
        let tweaks = merged(base.into_iter().zip(gone), whole.into_iter().zip(come));
        Ok(Level { name, tweaks })
    }
}

fn compared(level: &Scenario) -> Result<Vec<Compared>, Error> {
    let tweaks = level.tweaks().into_iter().map(|tweak| {
        Ok(Compared {
            digest: tweak.digest()?,
            exact: matches!(tweak.selector, Ok(Selector::Exact(_))),
            tweak,
        })
    });
    tweaks.collect()
}

fn has(tweaks: &[Compared], digest: &[u8; 32]) -> bool {
    tweaks.iter().any(|tweak| tweak.digest == *digest)
}

impl Compared {
    fn is_replaced_by(&self, other: &Compared) -> bool {
        match (&self.tweak.selector, &other.tweak.selector) {
            (Ok(this), Ok(other)) => this.is_replaced_by(other),
            _ => false,
        }
    }
}

/// Both in one order, in which the wide tweaks of each keep theirs.
fn merged(
    base: impl Iterator<Item = (Compared, Presence)>,
    whole: impl Iterator<Item = (Compared, Presence)>,
) -> Vec<(Tweak, Presence)> {
    let mut all = Vec::new();
    let mut of_base = Vec::new();
    for (tweak, presence) in base {
        match tweak.exact && presence != Presence::Always {
            true => all.push((tweak.tweak, presence)),
            false if tweak.exact => {}
            false => of_base.push((tweak, presence)),
        }
    }
    let mut of_base = of_base.into_iter();
    for (tweak, presence) in whole {
        if presence == Presence::Always && !tweak.exact {
            // What the base has before the tweak that both have.
            let before = of_base.by_ref();
            let before = before.take_while(|(old, _)| old.digest != tweak.digest);
            all.extend(before.map(|(old, presence)| (old.tweak, presence)));
        }
        all.push((tweak.tweak, presence));
    }
    all.extend(of_base.map(|(old, presence)| (old.tweak, presence)));
    all
}
