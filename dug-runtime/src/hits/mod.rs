//! Each thread's memory of recent answers: a hit reads nothing that is shared
//! but the layer's epoch, takes no lock and allocates nothing.
//!
//! An answer stands while its layer has the epoch that it had when the answer was found; no two
//! layers ever have the same. It stands in layers further in as well, as long as these know nothing of its node.
//! Values are held, so they are given back when the thread leaves the layer.

mod entry;
mod table;

use crate::arguments::Arguments;
use crate::codec::Buffer;
use crate::function::Function;
use crate::layer::Layer;
use std::cell::Cell;
use table::Table;

pub(crate) use entry::{Answer, Call, Gone, Kept, Line, Name, Remembered, When};

/// Where filling stood at some moment.
#[derive(Clone, Copy)]
pub(crate) struct Mark(u64);

/// What a thread remembers.
#[derive(Default)]
pub(crate) struct Hits {
    table: Table,
    /// Counts the answers of layers further out.
    turn: Cell<u32>,
    /// How many layers in a row were left that have not needed the room.
    unneeded: u8,
}

/// How many answers a thread remembers; then the oldest gives way.
const MOST: usize = 1 << 16;

/// So many places there are at least.
const SMALLEST: usize = 1 << 7;

/// Of so many answers of layers further out, one comes to be remembered of the inner layer.
const TURNS: u32 = 256;

const ODD: u64 = 0x9E37_79B9_7F4A_7C15;

/// Both halves of the product, in one.
#[inline]
fn fold(one: u64, other: u64) -> u64 {
    let product = u128::from(one) * u128::from(other);
    product as u64 ^ (product >> 64) as u64
}

impl Hits {
    /// Where the call is looked for first, or next to that, something of this very call: an answer of some layer.
    #[inline(always)]
    pub(crate) fn find_at_once(&self, call: &Call<'_>) -> Option<(usize, &Line)> {
        let home = self.table.home(call.name);
        match self.table.line_of(home, call) {
            Some(line) => Some((home, line)),
            None => {
                let next = home.wrapping_add(1);
                Some((next, self.table.line_of(next, call)?))
            }
        }
    }

    /// What is at this place.
    #[inline]
    pub(crate) fn line(&self, place: usize) -> Option<&Line> {
        self.table.line(place)
    }

    /// The answer, if it is remembered.
    pub(crate) fn find(&self, call: &Call<'_>, layer: &Layer) -> Option<Remembered<'_>> {
        let mut all = self.table.all_of(call.name);
        let (line, extra) = all.find_map(|place| {
            let line = self.table.line_of(place, call);
            let line = line.filter(|line| line.stands(layer))?;
            Some((line, self.table.extra(place)))
        })?;
        let is_near = self.is_near(line, layer);
        is_near.then_some(Remembered { line, extra })
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

    /// The place of the answer of the layer, be it right or not; the arguments matter if the name is long.
    fn place(&self, name: Name, arguments: &[u8], layer: u64) -> Option<usize> {
        let mut all = self.table.all_of(name);
        all.find(|place| {
            let extra = self.table.extra(*place);
            self.table.layer(*place) == layer
                && extra.is_none_or(|extra| extra.may_be_of(arguments))
        })
    }

    /// Remembers an answer. Returns what gave way.
    pub(crate) fn fill(&mut self, mut answer: Answer) -> Gone {
        let mut gone = Gone::default();
        if self.table.room() == 0 {
            self.table.resize(SMALLEST);
        }
        let mut spot = self.table.look(answer.name);
        let known = spot.newest.and_then(|_| self.known(&mut answer));
        let (layer, name) = (answer.of.layer, answer.name);
        let (line, extra) = answer.parts();
        if let (Some(place), Some(newest)) = (known, spot.newest) {
            self.table.replace(place, line, extra, &mut gone);
            self.table.bring_forward(place, newest);
            return gone;
        }
        if self.make_room(&mut gone) {
            spot = self.table.look(name);
        }
        self.table.push(layer, line, extra, spot, &mut gone);
        gone
    }

    /// Makes room for one more; tells whether anything was moved for that.
    fn make_room(&mut self, gone: &mut Gone) -> bool {
        if self.table.len() >= MOST {
            self.table.take_oldest(gone);
        } else if 2 * self.table.len() >= self.table.room() {
            self.table.resize(2 * self.table.room());
        } else {
            return false;
        }
        true
    }

    /// The place of what is remembered of the answer's layer, be it right or not. What is right already is to be
    /// remembered of the layer in which it was asked for.
    fn known(&self, answer: &mut Answer) -> Option<usize> {
        let arguments = answer
            .arguments
            .as_ref()
            .map_or(&[][..], Arguments::as_slice);
        let name = answer.name;
        let place = self.place(name, arguments, answer.of.layer)?;
        let line = self.table.line(place)?;
        if answer.of.layer == answer.inside.layer || !line.is_as_of(answer.of.epoch) {
            return Some(place);
        }
        answer.of = answer.inside;
        self.place(name, arguments, answer.of.layer)
    }

    /// Forgets the answers of these layers.
    pub(crate) fn forget(
        &mut self,
        function: &'static Function,
        arguments: &[u8],
        layers: impl Iterator<Item = u64>,
    ) -> Gone {
        let mut buffer = Buffer::default();
        buffer.set(arguments);
        let name = Name::of(function.known_number(), &buffer);
        let mut gone = Gone::default();
        for layer in layers {
            if let Some(place) = self.place(name, arguments, layer) {
                self.table.forget(place, &mut gone);
            }
        }
        gone
    }

    /// Where filling stands, for [`purge`](Self::purge).
    pub(crate) fn mark(&self) -> Mark {
        Mark(self.table.filled())
    }

    /// Forgets the answers that were remembered since `mark`, but for those of layers that `stays`.
    pub(crate) fn purge(&mut self, stays: impl Fn(u64) -> bool, mark: Mark) -> Gone {
        let most = self.table.len();
        let mut gone = Gone::default();
        self.table.purge(mark.0, stays, &mut gone);
        self.shrink(most);
        gone
    }

    /// Gives room back that was not needed for a while, where `most` answers were remembered just now.
    fn shrink(&mut self, most: usize) {
        /// So many layers in a row have not needed it.
        const WHILE: u8 = 16;
        let wanted = (2 * most).max(SMALLEST).next_power_of_two();
        if self.table.room() < 4 * wanted {
            self.unneeded = 0;
            return;
        }
        self.unneeded += 1;
        if self.unneeded == WHILE {
            self.unneeded = 0;
            self.table.resize(2 * wanted);
        }
    }

    /// Tells stores how often each answer was given.
    pub(crate) fn tell(&self) {
        for (line, extra) in self.table.all() {
            extra.into_iter().for_each(|extra| line.tell(extra));
        }
    }

    /// Forgets everything.
    pub(crate) fn clear(&mut self) -> Gone {
        let mut gone = Gone::default();
        self.table.clear(&mut gone);
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
    use crate::context::Context;
    use crate::function::{Definition, Operations};
    use crate::layer::Purpose;
    use crate::value::Value;
    use std::sync::Arc;

    static DEFINITION: Definition = Definition::internal("f");
    static F: Function = Function::new(&DEFINITION, Operations::in_memory(Err("a test")));
    static G: Function = Function::new(&DEFINITION, Operations::in_memory(Err("a test")));

    const LENGTHS: [usize; 16] = [
        0, 1, 10, 11, 12, 15, 16, 17, 30, 31, 32, 33, 55, 56, 57, 100,
    ];

    fn buffer(bytes: &[u8]) -> Buffer {
        let mut buffer = Buffer::default();
        buffer.set(bytes);
        buffer
    }

    fn name(bytes: &[u8]) -> Name {
        Name::of(3, &buffer(bytes))
    }

    fn bytes(length: usize) -> Vec<u8> {
        (1..=length).map(|byte| byte as u8).collect()
    }

    fn layer() -> Arc<Layer> {
        Layer::new(Context::new(), None, Purpose::plain(false))
    }

    fn fill(hits: &mut Hits, layer: &Layer, function: &'static Function, bytes: &[u8], value: u32) {
        let mut graph = layer.lock();
        let content = Value::new(String::from("unused"));
        let name = Name::of(function.number() as u32, &buffer(bytes));
        let gone = hits.fill(Answer {
            name,
            arguments: name.is_long().then(|| Arguments::new(bytes)),
            of: When::now(layer),
            inside: When::now(layer),
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
        let name = Name::of(function.known_number(), &buffer);
        let call = Call::new(name, name.is_long().then_some(&buffer));
        let found = hits.find(&call, layer).map(|answer| *answer.value::<u32>());
        // What is found at once is right as well.
        let at_once = hits.find_at_once(&call);
        let at_once = at_once.filter(|(_, line)| line.stands(layer));
        // SAFETY: all values here are of this type.
        #[allow(unsafe_code)]
        let at_once = at_once.map(|(_, line)| unsafe { *line.inline().get::<u32>() });
        assert!(at_once.is_none() || at_once == found);
        found
    }

    #[test]
    fn names_tell_functions_and_lengths() {
        for length in LENGTHS {
            let bytes = bytes(length);
            let buffer = buffer(&bytes);
            assert!(name(&bytes) != Name::of(4, &buffer), "{length}");
            assert_eq!(name(&bytes).is_long(), length > Name::SHORT);
            let short = Name::of_short(3, &buffer);
            assert_eq!(short.is_some(), length <= Name::SHORT);
        }
    }

    #[test]
    fn zeros_at_the_end_are_a_part_of_the_name() {
        let names = LENGTHS.map(|length| name(&vec![0; length]));
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
                assert!(name(&plain) != name(&other), "{length} {place}");
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
        assert_eq!(hits.table.len(), LENGTHS.len());
        for length in LENGTHS {
            drop(hits.forget(&F, &bytes(length), [layer.uid].into_iter()));
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
        assert!(name(&one) == name(&other));
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
        let most = MOST as u32;
        for number in 0..most + 10 {
            fill(&mut hits, &layer, &F, &argument(number), number);
        }
        assert_eq!(hits.table.len(), MOST);
        for number in [0, 8, 9] {
            assert_eq!(found(&hits, &layer, &F, &argument(number)), None);
        }
        for number in [10, 11, most, most + 9] {
            assert_eq!(found(&hits, &layer, &F, &argument(number)), Some(number));
        }
        let mark = hits.mark();
        let other = self::layer();
        fill(&mut hits, &other, &F, &argument(0), 7);
        assert_eq!(found(&hits, &other, &F, &argument(0)), Some(7));
        drop(hits.purge(|uid| uid == layer.uid, mark));
        assert_eq!(found(&hits, &other, &F, &argument(0)), None);
        assert_eq!(found(&hits, &layer, &F, &argument(11)), Some(11));
        assert_eq!(found(&hits, &layer, &F, &argument(10)), None);
    }

    #[test]
    fn of_many_layers_the_newest_are_found() {
        let mut hits = Hits::default();
        let layers: Vec<_> = (0..20).map(|_| layer()).collect();
        for length in [1, 40] {
            let argument = bytes(length);
            for (value, layer) in (0..).zip(&layers) {
                fill(&mut hits, layer, &F, &argument, value);
            }
            let oldest = layers.len() - 8;
            for (value, layer) in (0..).zip(&layers) {
                let expected = Some(value).filter(|value| *value as usize >= oldest);
                assert_eq!(found(&hits, layer, &F, &argument), expected);
            }
        }
        let mark = hits.mark();
        fill(&mut hits, &layers[0], &F, &bytes(1), 7);
        drop(hits.purge(|uid| uid == layers[15].uid, Mark(0)));
        for (value, layer) in (0..).zip(&layers) {
            let left = Some(value).filter(|value| *value == 15);
            assert_eq!(found(&hits, layer, &F, &bytes(1)), left);
            assert_eq!(found(&hits, layer, &F, &bytes(40)), left);
        }
        drop(hits.purge(|_| false, mark));
        assert_eq!(found(&hits, &layers[15], &F, &bytes(40)), Some(15));
    }

    #[test]
    fn the_newest_is_found_at_once_also_after_others_have_gone() {
        let mut hits = Hits::default();
        let layers: Vec<_> = (0..3).map(|_| layer()).collect();
        let is_first = |hits: &Hits, layer: &Layer| {
            let buffer = buffer(&bytes(4));
            let call = Call::new(Name::of(F.known_number(), &buffer), None);
            let first = hits.find_at_once(&call);
            first.is_some_and(|(_, line)| line.is_as_of(layer.surface.epoch()))
        };
        let mut marks = Vec::new();
        for layer in &layers {
            marks.push(hits.mark());
            fill(&mut hits, layer, &F, &bytes(4), 1);
            assert!(is_first(&hits, layer));
        }
        for number in (1..3).rev() {
            drop(hits.purge(|uid| uid != layers[number].uid, marks[number]));
            assert!(is_first(&hits, &layers[number - 1]));
        }
        fill(&mut hits, &layers[1], &F, &bytes(4), 1);
        fill(&mut hits, &layers[0], &F, &bytes(4), 1);
        assert!(is_first(&hits, &layers[0]));
    }

    /// Fills, leaves and forgets at random, beside a plain list.
    #[test]
    fn what_comes_and_goes_at_random_is_found_as_in_a_list() {
        let mut hits = Hits::default();
        let layers: Vec<_> = (0..3).map(|_| layer()).collect();
        // In the order of filling: whose, of which arguments, and what.
        let mut list: Vec<(usize, Vec<u8>, u32)> = Vec::new();
        let mut random = 1u64;
        let mut draw = |below: usize| {
            random = fold(random ^ ODD, 0xA076_1D64_78BD_642F);
            (random >> 33) as usize % below
        };
        let mut marks = Vec::new();
        for turn in 0..6000u32 {
            let (whose, length) = (draw(3), [2, 3, 24][draw(3)]);
            let mut argument = vec![0; length];
            argument[length / 2] = draw(120) as u8;
            let layer = &layers[whose];
            let is_it =
                |(other, its, _): &(usize, Vec<u8>, u32)| *other == whose && *its == argument;
            match draw(20) {
                0 => marks.push((hits.mark(), list.len())),
                1 if let Some((mark, length)) = marks.pop() => {
                    drop(hits.purge(|uid| uid == layer.uid, mark));
                    let newer = list.split_off(length.min(list.len()));
                    list.extend(newer.into_iter().filter(|(other, ..)| *other == whose));
                }
                2 => {
                    drop(hits.forget(&F, &argument, [layer.uid].into_iter()));
                    list.iter_mut()
                        .filter(|it| is_it(it))
                        .for_each(|it| it.2 = 0);
                }
                _ => {
                    fill(&mut hits, layer, &F, &argument, turn + 1);
                    match list.iter_mut().find(|it| is_it(it)) {
                        Some(known) => known.2 = turn + 1,
                        None => list.push((whose, argument.clone(), turn + 1)),
                    }
                }
            }
            if turn % 100 == 0 || turn > 5900 {
                for (whose, argument, value) in &list {
                    let value = Some(*value).filter(|value| *value > 0);
                    assert_eq!(found(&hits, &layers[*whose], &F, argument), value, "{turn}");
                }
                assert!(hits.table.len() >= list.len());
            }
            let there = list.iter().any(|it| is_it(it) && it.2 > 0);
            assert_eq!(
                found(&hits, layer, &F, &argument).is_some(),
                there,
                "{turn}"
            );
        }
        drop(hits.clear());
        assert!(
            list.iter().all(|(whose, argument, _)| {
                found(&hits, &layers[*whose], &F, argument).is_none()
            })
        );
    }
}
