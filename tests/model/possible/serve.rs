//! Owns what a policy may serve: which results of the past, and where.

use super::{Guess, Guesses, Possible};
use crate::evaluate::Outcome;
use crate::interpret::Halt;
use crate::past::Excuse;
use crate::program::{Answer, Kind};

impl Possible<'_> {
    /// What the policy may serve.
    pub(super) fn served(&mut self, node: u32, given: Option<i64>) -> Result<Vec<Answer>, Halt> {
        let depth = match self.excuse {
            Excuse::Nothing => return Ok(Vec::new()),
            Excuse::DeeperThan(depth) => Some(depth),
            Excuse::Anything => None,
        };
        let kind = self.now.program.kind(node);
        // A text is a result of its file. It is not stored itself, but that it has not changed may be.
        let is_served = match kind {
            Kind::File => depth.is_none_or(|depth| depth == 0),
            // What is never stored is served from memory.
            Kind::External => false,
            _ => true,
        };
        if !is_served {
            return Ok(Vec::new());
        }
        let mut served = Vec::new();
        for time in 1..=self.past.thens.len() {
            for guess in self.then(time, node, given)?.iter() {
                if let Outcome::Answer(answer) = guess.outcome
                    && !served.contains(&answer)
                    && self.serves(time, node, guess, depth)?
                {
                    served.push(answer);
                }
            }
        }
        Ok(served)
    }

    /// What the node may have done at a time of the past, where no tweak was in force.
    fn then(&mut self, time: usize, node: u32, given: Option<i64>) -> Result<Guesses, Halt> {
        let then = self.past.thens[time - 1].clone();
        let now = std::mem::replace(&mut self.now, then);
        let links = std::mem::take(&mut self.links);
        let excuse = std::mem::replace(&mut self.excuse, Excuse::Nothing);
        let at = std::mem::replace(&mut self.time, time);
        let guesses = self.guess(node, given, false);
        (self.now, self.links, self.excuse, self.time) = (now, links, excuse, at);
        guesses.ok_or(Halt::Fuel)
    }

    /// Whether such a result may be served; `depth`: what is above it has to be as it was, down to there.
    fn serves(
        &mut self,
        time: usize,
        node: u32,
        guess: &Guess,
        depth: Option<u8>,
    ) -> Result<bool, Halt> {
        if guess.notes.tainted || self.is_disturbed(time, guess)? {
            return Ok(false);
        }
        let Some(depth) = depth else { return Ok(true) };
        let kind = self.now.program.kind(node);
        if kind == Kind::File {
            return Ok(true);
        }
        let place = kind.place();
        let then = self.past.thens[time - 1].versions[place];
        if !self.past.counts_as(node, then, self.now.versions[place]) {
            return Ok(false);
        }
        let Some(below) = depth.checked_sub(1) else {
            return Ok(true);
        };
        // Of what was asked beneath tweaks of bodies no levels are known: it has to be right, as what runs is.
        if guess.notes.scope {
            return Ok(false);
        }
        for (node, given, outcome) in &guess.notes.direct {
            if !self.stands(*node, *given, outcome, below)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Whether the node has given this answer, as it is now down to the depth.
    fn stands(
        &mut self,
        node: u32,
        given: Option<i64>,
        outcome: &Outcome,
        depth: u8,
    ) -> Result<bool, Halt> {
        self.fuel = self.fuel.checked_sub(1).ok_or(Halt::Fuel)?;
        let kind = self.now.program.kind(node);
        // Files are read as texts: a level of its own, and the file is one below it.
        if kind == Kind::File && depth == 0 {
            return Ok(true);
        }
        if kind.is_outside() {
            return Ok(self.run(node, None).map(Outcome::Answer).as_ref() == Ok(outcome));
        }
        for time in 1..=self.past.thens.len() {
            for guess in self.then(time, node, given)?.iter() {
                if guess.outcome == *outcome && self.serves(time, node, guess, Some(depth))? {
                    return Ok(true);
                }
            }
        }
        // What is right stands at any depth.
        let guesses = self.strictly(node, given)?;
        Ok(guesses.iter().any(|guess| guess.outcome == *outcome))
    }

    /// What the node may do now where no tweak is in force and nothing is excused.
    fn strictly(&mut self, node: u32, given: Option<i64>) -> Result<Guesses, Halt> {
        let links = std::mem::take(&mut self.links);
        let excuse = std::mem::replace(&mut self.excuse, Excuse::Nothing);
        let at = std::mem::replace(&mut self.time, usize::MAX);
        let guesses = self.guess(node, given, false);
        (self.links, self.excuse, self.time) = (links, excuse, at);
        guesses.ok_or(Halt::Fuel)
    }

    /// Whether tweaks in force change what this result of the past rests on.
    ///
    /// Tweaks of other nodes of its functions end the serving as well, but not of what has answered before.
    fn is_disturbed(&mut self, time: usize, guess: &Guess) -> Result<bool, Halt> {
        let mut below = guess.notes.nodes.iter();
        if !below.any(|node| self.is_tweaked(*node)) {
            return Ok(false);
        }
        if guess.notes.scope {
            return Ok(true);
        }
        for (node, given, outcome) in &guess.notes.direct {
            if self.changes(time, *node, *given, outcome)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether tweaks in force change what the node gave at a time of the past.
    fn changes(
        &mut self,
        time: usize,
        node: u32,
        given: Option<i64>,
        outcome: &Outcome,
    ) -> Result<bool, Halt> {
        self.fuel = self.fuel.checked_sub(1).ok_or(Halt::Fuel)?;
        if !self.is_tweaked(node) {
            for then in self.then(time, node, given)?.iter() {
                if then.outcome == *outcome && !self.is_disturbed(time, then)? {
                    return Ok(false);
                }
            }
        }
        let guesses = self.guess(node, given, false).ok_or(Halt::Fuel)?;
        Ok(!guesses.iter().any(|guess| guess.outcome == *outcome))
    }

    fn is_tweaked(&self, node: u32) -> bool {
        let program = &self.now.program;
        let binds = self.binds && program.kind(node) == Kind::External;
        let mut links = self.links.iter().skip(usize::from(binds));
        links.any(|link| !link.tweaks.borrow().line(program, node).is_empty())
    }
}
