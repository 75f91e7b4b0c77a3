//! Each thread's memory of recent answers: a hit reads nothing that is shared
//! but the layer's epoch, takes no lock and allocates nothing.
//!
//! An answer stands while its layer has the epoch that it had when the answer was found; no two
//! layers ever have the same. It stands in layers further in as well, as long as these know nothing of its node.
//! Values are held, so they are given back when the thread leaves the layer.

mod entry;

use crate::function::Function;
use crate::layer::Layer;
use entry::Rest;
use hashbrown::HashTable;
use hashbrown::hash_table::OccupiedEntry;
use std::cell::Cell;

pub(crate) use entry::{Answer, Call, Gone, Kept, Line, Name, Remembered, When};

/// Where filling stood at some moment.
#[derive(Clone, Copy)]
pub(crate) struct Mark(u64);

/// What a thread remembers.
#[derive(Default)]
pub(crate) struct Hits {
    /// In the order of filling: those of inner layers come last. Some are forgotten.
    lines: Vec<Line>,
    /// The rest of each.
    rest: Vec<Rest>,
    /// The places of all of them.
    places: HashTable<u32>,
    /// For how many places there is room. The table grows before half of that is used, so that what is
    /// removed never makes it grow: how much it takes depends on how much was remembered, not on luck.
    room: usize,
    /// Where answers were found last, of those that share a spot or its neighbour; their number is a power of two.
    spots: Vec<Cell<u32>>,
    /// So many bits of a hash are not needed to tell a spot.
    shift: u32,
    /// How many have gone from the front.
    passed: u64,
    /// Counts the answers of layers further out.
    turn: Cell<u32>,
    /// How many layers in a row were left that have not needed the room.
    unneeded: u8,
}

/// How many answers a thread remembers; then the older half gives way.
const MOST: usize = 1 << 16;

/// For how many there is room at least.
const SMALLEST: usize = 1 << 7;

/// What stands in a spot where nothing was found yet.
const NOWHERE: u32 = u32::MAX;

/// Of so many answers of layers further out, one comes to be remembered of the inner layer.
const TURNS: u32 = 64;

/// So many layers outward an answer is looked for.
const FAR: usize = 8;

const ODD: u64 = 0x9E37_79B9_7F4A_7C15;

/// The hash of a call in a layer.
#[inline]
fn mix(name: Name, function: u32, layer: u64) -> u64 {
    let [low, high] = name.halves();
    let low = low ^ layer.wrapping_mul(ODD);
    let high = high ^ u64::from(function).wrapping_mul(ODD).rotate_left(32);
    fold(low ^ ODD, high ^ 0xD6E8_FEB8_6659_FD93)
}

/// Both halves of the product, in one.
#[inline]
fn fold(one: u64, other: u64) -> u64 {
    let product = u128::from(one) * u128::from(other);
    product as u64 ^ (product >> 64) as u64
}

#[inline]
fn number(function: &'static Function) -> u32 {
    function.number() as u32
}

/// The hash of the answer at a place.
fn hash_at(lines: &[Line], rest: &[Rest], place: u32) -> u64 {
    lines[place as usize].hash(&rest[place as usize])
}

impl Hits {
    /// Where in the spot of the call, or in its neighbour, something is of this very call: an answer of some layer.
    #[inline(always)]
    pub(crate) fn find_at_once(&self, call: &Call<'_>) -> Option<(usize, &Line)> {
        let spot = self.spot(call.name, call.function);
        match self.find_in_spot(spot, call) {
            Some(found) => Some(found),
            None => self.find_in_spot(spot ^ 1, call),
        }
    }

    #[inline(always)]
    fn find_in_spot(&self, spot: usize, call: &Call<'_>) -> Option<(usize, &Line)> {
        let place = self.spots.get(spot)?.get() as usize;
        let line = self.lines.get(place)?;
        self.is_of(place, line, call).then_some((place, line))
    }

    /// What is at this place.
    #[inline]
    pub(crate) fn line(&self, place: usize) -> Option<&Line> {
        self.lines.get(place)
    }

    /// The answer, if it is remembered.
    #[inline(always)]
    pub(crate) fn find(&self, call: &Call<'_>, layer: &Layer) -> Option<Remembered<'_>> {
        let spot = self.spot(call.name, call.function);
        let place = self.spots.get(spot)?.get() as usize;
        let here = self.standing(place, call, layer);
        let (place, line) = match here {
            Some(line) => (place, line),
            None => self.find_elsewhere(call, layer, spot)?,
        };
        if !self.is_near(line, layer) {
            return None;
        }
        let rest = &self.rest;
        Some(Remembered { line, rest, place })
    }

    /// What is at this place, if it answers the call in the layer.
    #[inline(always)]
    fn standing(&self, place: usize, call: &Call<'_>, layer: &Layer) -> Option<&Line> {
        let line = self.lines.get(place)?;
        (self.is_of(place, line, call) && line.stands(layer)).then_some(line)
    }

    /// Whether it is the answer of this very layer; now and then, no is said of that of a layer further out, so that
    /// what is asked for often comes to be remembered of the inner layer too.
    #[inline]
    pub(crate) fn is_near(&self, line: &Line, layer: &Layer) -> bool {
        if line.is_as_of(layer.surface.epoch()) {
            return true;
        }
        let turn = self.turn.get().wrapping_add(1);
        self.turn.set(turn);
        !turn.is_multiple_of(TURNS)
    }

    #[inline(always)]
    fn is_of(&self, place: usize, line: &Line, call: &Call<'_>) -> bool {
        let is_named = line.is_named(call.name, call.function);
        match call.arguments {
            Some(arguments) => is_named && self.rest[place].has(arguments),
            None => is_named,
        }
    }

    /// Which spot it shares with others.
    #[inline(always)]
    fn spot(&self, name: Name, function: u32) -> usize {
        let [low, high] = name.halves();
        let beside = u64::from(function) << 40;
        let hash = (low ^ high.rotate_left(24) ^ beside).wrapping_mul(ODD);
        // The highest bits, which all others have a part in.
        (hash >> self.shift) as usize
    }

    /// What is not in its spot: it gets that, and the one that was there the neighbour's.
    #[inline(never)]
    fn find_elsewhere(
        &self,
        call: &Call<'_>,
        layer: &Layer,
        spot: usize,
    ) -> Option<(usize, &Line)> {
        let place = self.spots[spot ^ 1].get() as usize;
        if let Some(line) = self.standing(place, call, layer) {
            return Some((place, line));
        }
        let mut outward = layer.outward().take(FAR);
        let place = outward.find_map(|layer| self.place_in(call, layer))?;
        let line = &self.lines[place as usize];
        if !line.stands(layer) {
            return None;
        }
        self.put_in_spot(spot, place);
        Some((place as usize, line))
    }

    /// What was there goes to the neighbour.
    fn put_in_spot(&self, spot: usize, place: u32) {
        let gone = self.spots[spot].replace(place);
        if gone != NOWHERE {
            self.spots[spot ^ 1].set(gone);
        }
    }

    /// The place of the answer of this very layer.
    fn place_in(&self, call: &Call<'_>, layer: &Layer) -> Option<u32> {
        let hash = mix(call.name, call.function, layer.uid);
        let epoch = layer.surface.epoch();
        let is_it = |place: &u32| {
            let line = &self.lines[*place as usize];
            line.is_as_of(epoch) && self.is_of(*place as usize, line, call)
        };
        self.places.find(hash, is_it).copied()
    }

    /// The place of an answer, be it right or not.
    fn place(&self, name: Name, function: u32, arguments: &[u8], layer: u64) -> Option<usize> {
        let is_it = |place: &u32| {
            let place = *place as usize;
            self.lines[place].is_named(name, function) && self.rest[place].is_of(layer, arguments)
        };
        let place = self.places.find(mix(name, function, layer), is_it)?;
        Some(*place as usize)
    }

    /// Remembers an answer. Returns what gave way.
    pub(crate) fn fill(&mut self, mut answer: Answer) -> Gone {
        let function = number(answer.function);
        let arguments = answer.arguments.as_slice();
        let name = Name::of(arguments);
        let mut known = self.place(name, function, arguments, answer.of.layer);
        if answer.of.layer != answer.inside.layer
            && known.is_some_and(|place| self.lines[place].is_as_of(answer.of.epoch))
        {
            known = self.place(name, function, arguments, answer.inside.layer);
            answer.of = answer.inside;
        }
        let (line, rest) = answer.parts(name);
        let mut gone = Gone::default();
        if let Some(place) = known {
            gone.add(&self.lines[place], &mut self.rest[place]);
            self.lines[place] = line;
            self.rest[place] = rest;
            return gone;
        }
        if self.lines.len() >= MOST {
            gone = self.take_older_half();
        }
        let place = self.lines.len();
        if 4 * place >= self.spots.len() {
            self.make_spots((2 * self.spots.len()).max(SMALLEST));
        }
        let hash = line.hash(&rest);
        self.lines.push(line);
        self.rest.push(rest);
        let (lines, rest) = (&self.lines, &self.rest);
        let hash_of = |place: &u32| hash_at(lines, rest, *place);
        if 2 * lines.len() > self.room {
            self.room = (2 * self.room).max(SMALLEST);
            self.places.reserve(self.room - self.places.len(), hash_of);
        }
        self.places.insert_unique(hash, place as u32, hash_of);
        self.put_in_spot(self.spot(name, function), place as u32);
        gone
    }

    fn make_spots(&mut self, number: usize) {
        self.spots = vec![Cell::new(NOWHERE); number];
        self.shift = u64::BITS - number.ilog2();
    }

    fn take_older_half(&mut self) -> Gone {
        let half = self.lines.len() / 2;
        let mut gone = Gone::default();
        for (line, mut rest) in self.lines.drain(..half).zip(self.rest.drain(..half)) {
            gone.add(&line, &mut rest);
        }
        self.passed += half as u64;
        self.places.clear();
        let (lines, rest) = (&self.lines, &self.rest);
        let hash = |place: &u32| hash_at(lines, rest, *place);
        for place in 0..lines.len() as u32 {
            self.places.insert_unique(hash(&place), place, hash);
        }
        gone
    }

    /// Forgets the answer.
    pub(crate) fn forget(
        &mut self,
        function: &'static Function,
        arguments: &[u8],
        layer: u64,
    ) -> Option<Gone> {
        let name = Name::of(arguments);
        let place = self.place(name, number(function), arguments, layer)?;
        self.lines[place].forget();
        let mut gone = Gone::default();
        gone.add(&self.lines[place], &mut self.rest[place]);
        Some(gone)
    }

    /// Where filling stands, for [`purge`](Self::purge).
    pub(crate) fn mark(&self) -> Mark {
        Mark(self.passed + self.lines.len() as u64)
    }

    /// Forgets the answers that were remembered since `mark`, but for those of layers that `stays`.
    pub(crate) fn purge(&mut self, stays: impl Fn(u64) -> bool, mark: Mark) -> Gone {
        let since = mark.0.saturating_sub(self.passed) as usize;
        let most = self.lines.len();
        let mut gone = Gone::default();
        let first = since.min(most);
        let mut kept = first;
        for place in first..most {
            let (line, rest) = (&self.lines[place], &mut self.rest[place]);
            let hash = line.hash(rest);
            let listed = self
                .places
                .find_entry(hash, |other| *other as usize == place);
            if !stays(rest.layer) {
                gone.add(line, rest);
                listed.ok().map(OccupiedEntry::remove);
                continue;
            }
            if let Ok(mut listed) = listed {
                *listed.get_mut() = kept as u32;
            }
            self.lines.swap(place, kept);
            self.rest.swap(place, kept);
            kept += 1;
        }
        self.lines.truncate(kept);
        self.rest.truncate(kept);
        self.shrink(most);
        gone
    }

    /// Gives room back that was not needed for a while, where `most` answers were remembered just now.
    fn shrink(&mut self, most: usize) {
        /// So many layers in a row have not needed it.
        const WHILE: u8 = 16;
        let wanted = (2 * most).max(SMALLEST).next_power_of_two();
        if self.room < 2 * wanted {
            self.unneeded = 0;
            return;
        }
        self.unneeded += 1;
        if self.unneeded == WHILE {
            self.unneeded = 0;
            let (lines, rest) = (&self.lines, &self.rest);
            self.room = wanted;
            self.places
                .shrink_to(wanted, |place| hash_at(lines, rest, *place));
            self.make_spots(2 * wanted);
            self.lines.shrink_to(wanted);
            self.rest.shrink_to(wanted);
        }
    }

    /// Tells stores how often each answer was given.
    pub(crate) fn tell(&self) {
        let all = self.lines.iter().zip(&self.rest);
        all.for_each(|(line, rest)| line.tell(rest));
    }

    /// Forgets everything.
    pub(crate) fn clear(&mut self) -> Gone {
        let mut gone = Gone::default();
        self.passed += self.lines.len() as u64;
        let lines = std::mem::take(&mut self.lines);
        for (line, mut rest) in lines.iter().zip(std::mem::take(&mut self.rest)) {
            gone.add(line, &mut rest);
        }
        self.spots = Vec::new();
        self.room = 0;
        self.places = HashTable::new();
        gone
    }
}

impl Drop for Hits {
    fn drop(&mut self) {
        self.tell();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arguments::Arguments;
    use crate::codec::Buffer;
    use crate::context::Context;
    use crate::function::{Definition, Operations};
    use crate::layer::Purpose;
    use crate::value::Value;
    use std::sync::Arc;

    static DEFINITION: Definition = Definition::internal("f");
    static F: Function = Function::new(&DEFINITION, Operations::in_memory(Err("a test")));
    static G: Function = Function::new(&DEFINITION, Operations::in_memory(Err("a test")));

    const LENGTHS: [usize; 14] = [0, 1, 14, 15, 16, 17, 30, 31, 32, 33, 55, 56, 57, 100];

    fn buffer(bytes: &[u8]) -> Buffer {
        let mut buffer = Buffer::default();
        buffer.set(bytes);
        buffer
    }

    /// The name of a call, in the way of a hit.
    fn name(buffer: &Buffer) -> Name {
        Name::of_short(buffer).unwrap_or_else(|| Name::of_long(buffer))
    }

    fn bytes(length: usize) -> Vec<u8> {
        (1..=length).map(|byte| byte as u8).collect()
    }

    fn layer() -> Arc<Layer> {
        Layer::new(Context::new(), None, Purpose::plain(false))
    }

    fn fill(hits: &mut Hits, layer: &Layer, function: &'static Function, bytes: &[u8], value: u32) {
        let mut graph = layer.lock();
        let content: Value = Arc::new(String::from("unused"));
        let gone = hits.fill(Answer {
            function,
            of: When::now(layer),
            inside: When::now(layer),
            arguments: Arguments::new(bytes),
            node: graph.nodes.hold(function, bytes, None),
            value_ix: graph.values.insert(content, None),
            value: Kept::Inline(crate::inline::Inline::new(value).unwrap()),
            hits: 0,
            counted: None,
            recorded_by: 0,
        });
        drop(gone);
    }

    fn found(hits: &Hits, layer: &Layer, function: &'static Function, bytes: &[u8]) -> Option<u32> {
        let buffer = buffer(bytes);
        let name = name(&buffer);
        let call = Call::new(name, function, name.is_long().then_some(&buffer));
        let found = hits.find(&call, layer).map(|answer| *answer.value::<u32>());
        // What is found first is right as well, once it is there.
        let at_once = hits.find_at_once(&call);
        let at_once = at_once.filter(|(_, line)| line.stands(layer));
        // SAFETY: all values here are of this type.
        #[allow(unsafe_code)]
        let at_once = at_once.map(|(_, line)| unsafe { *line.inline().get::<u32>() });
        assert!(found.is_none() || at_once == found);
        found
    }

    #[test]
    fn names_are_the_same_on_both_ways() {
        for length in LENGTHS {
            let bytes = bytes(length);
            let buffer = buffer(&bytes);
            assert!(Name::of(&bytes) == name(&buffer), "{length}");
            assert_eq!(Name::of(&bytes).is_long(), length > 15);
            assert_eq!(Name::of_short(&buffer).is_some(), length <= 15);
        }
    }

    #[test]
    fn zeros_at_the_end_are_a_part_of_the_name() {
        let names = LENGTHS.map(|length| Name::of(&vec![0; length]));
        for (place, one) in names.iter().enumerate() {
            assert!(
                names[place + 1..].iter().all(|other| other != one),
                "{place}"
            );
        }
        // Each byte of a short name and of a hashed one counts.
        for length in LENGTHS {
            let plain = bytes(length);
            for place in 0..length {
                let mut other = plain.clone();
                other[place] ^= 0x80;
                assert!(Name::of(&plain) != Name::of(&other), "{length} {place}");
            }
        }
    }

    #[test]
    fn answers_are_found_whatever_the_length_of_the_arguments() {
        let (mut hits, layer) = (Hits::default(), layer());
        for length in LENGTHS {
            assert_eq!(found(&hits, &layer, &F, &bytes(length)), None);
            fill(&mut hits, &layer, &F, &bytes(length), length as u32);
        }
        for length in LENGTHS {
            let own = bytes(length);
            assert_eq!(found(&hits, &layer, &F, &own), Some(length as u32));
            assert_eq!(found(&hits, &layer, &G, &own), None);
            assert_eq!(found(&hits, &layer, &F, &[&own[..], &[0]].concat()), None);
        }
        // Again, with other values: in the place of the old ones.
        for length in LENGTHS {
            fill(&mut hits, &layer, &F, &bytes(length), 1000);
            assert_eq!(found(&hits, &layer, &F, &bytes(length)), Some(1000));
        }
        assert_eq!(hits.lines.len(), LENGTHS.len());
        for length in LENGTHS {
            drop(hits.forget(&F, &bytes(length), layer.uid));
            assert_eq!(found(&hits, &layer, &F, &bytes(length)), None);
        }
        drop(hits.clear());
        assert_eq!(found(&hits, &layer, &F, &bytes(0)), None);
    }

    #[test]
    fn names_that_collide_are_told_apart_by_their_arguments() {
        let (mut hits, layer) = (Hits::default(), layer());
        // The fold of a zero is zero, whatever the other factor is: see `hash_padded`.
        let mut one = [0; 24];
        one[..8].copy_from_slice(&0xA076_1D64_78BD_642F_u64.to_le_bytes());
        let mut other = one;
        other[8] = 1;
        assert!(Name::of(&one) == Name::of(&other));
        fill(&mut hits, &layer, &F, &one, 1);
        assert_eq!(found(&hits, &layer, &F, &other), None);
        fill(&mut hits, &layer, &F, &other, 2);
        assert_eq!(found(&hits, &layer, &F, &one), Some(1));
        assert_eq!(found(&hits, &layer, &F, &other), Some(2));
    }

    #[test]
    fn what_was_remembered_is_found_after_others_have_gone() {
        let (mut hits, layer) = (Hits::default(), layer());
        let argument = |number: u32| number.to_le_bytes();
        for number in 0..MOST as u32 + 1 {
            fill(&mut hits, &layer, &F, &argument(number), number);
        }
        let half = MOST as u32 / 2;
        assert_eq!(found(&hits, &layer, &F, &argument(half - 1)), None);
        for number in [half, half + 1, MOST as u32 - 1, MOST as u32] {
            assert_eq!(found(&hits, &layer, &F, &argument(number)), Some(number));
        }
        let mark = hits.mark();
        let other = self::layer();
        fill(&mut hits, &other, &F, &argument(0), 7);
        assert_eq!(found(&hits, &other, &F, &argument(0)), Some(7));
        drop(hits.purge(|uid| uid == layer.uid, mark));
        assert_eq!(found(&hits, &other, &F, &argument(0)), None);
        assert_eq!(found(&hits, &layer, &F, &argument(half)), Some(half));
    }
}
