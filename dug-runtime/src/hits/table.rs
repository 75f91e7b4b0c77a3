//! The lines of a thread, found by their names, and listed in the order of filling.
//!
//! Open addressing with linear probing: a line lies in the place of its name, or in the next free one behind it, so that
//! most are found by one look. Of those with one name, which are of several layers, the newest comes first.

use super::entry::{Call, Extra, Gone, Line, Name};
use super::{ODD, SMALLEST, fold};
use smallvec::SmallVec;
use std::collections::VecDeque;

#[derive(Default)]
pub(super) struct Table {
    /// Their number is a power of two, and so large that half of them are free.
    lines: Vec<Line>,
    /// Of the line at the same place; none, until the first line has something of this kind.
    extras: Vec<Extra>,
    /// So many bits of a hash are not needed to tell a place.
    shift: u32,
    /// In the order of filling: those of inner layers come last. Some are gone.
    order: VecDeque<Filled>,
    /// How many have gone from the front of that.
    passed: u64,
}

/// One that was filled.
struct Filled {
    /// The layer of which it is the answer.
    layer: u64,
    place: u32,
}

/// Where a name is looked for.
pub(super) struct Spot {
    /// Where the newest line of the name is, if there is any.
    pub(super) newest: Option<usize>,
    /// How many lines have the name.
    alike: usize,
    /// The first free place.
    free: usize,
}

/// What has gone lies nowhere.
const NOWHERE: u32 = u32::MAX;

/// So many lines may have one name; then the oldest gives way.
const ALIKE: usize = 8;

impl Table {
    /// How many lines there are, those included that are gone and still listed.
    pub(super) fn len(&self) -> usize {
        self.order.len()
    }

    /// How many lines have been filled, those included that have gone from the front.
    pub(super) fn filled(&self) -> u64 {
        self.passed + self.order.len() as u64
    }

    /// Where a line is listed. (Lines keep their numbers when others go from the front.)
    fn filled_at(&self, line: &Line) -> usize {
        line.number.wrapping_sub(self.passed as u32) as usize
    }

    /// The number of the line that is listed there.
    fn number_at(&self, index: usize) -> u32 {
        (self.passed as u32).wrapping_add(index as u32)
    }

    /// The line is at this place.
    fn set_place(&mut self, place: usize) {
        let index = self.filled_at(&self.lines[place]);
        self.order[index].place = place as u32;
    }

    /// How many places there are.
    pub(super) fn room(&self) -> usize {
        self.lines.len()
    }

    #[inline(always)]
    pub(super) fn line(&self, place: usize) -> Option<&Line> {
        self.lines.get(place)
    }

    /// What few lines have.
    #[inline]
    pub(super) fn extra(&self, place: usize) -> Option<&Extra> {
        self.extras.get(place)
    }

    /// Where lines of the name are looked for first.
    #[inline(always)]
    pub(super) fn home(&self, name: Name) -> usize {
        let [low, high] = name.halves();
        // Without any places the shift is zero, and there is no such place.
        (fold(low ^ ODD, high ^ 0xD6E8_FEB8_6659_FD93) >> (self.shift & 63)) as usize
    }

    /// The line at the place, if it is of this very call: an answer of some layer.
    #[inline(always)]
    pub(super) fn line_of(&self, place: usize, call: &Call<'_>) -> Option<&Line> {
        let line = self
            .lines
            .get(place)
            .filter(|line| line.name == call.name)?;
        match call.arguments {
            Some(arguments) => self.extra(place)?.has(arguments).then_some(line),
            None => Some(line),
        }
    }

    /// The places of lines with this name, the newest first.
    pub(super) fn all_of(&self, name: Name) -> impl Iterator<Item = usize> {
        let behind = self.behind(self.home(name));
        let taken = behind.take_while(|place| !self.lines[*place].is_empty());
        taken.filter(move |place| self.lines[*place].name == name)
    }

    /// All places, from this one on.
    fn behind(&self, place: usize) -> impl Iterator<Item = usize> + use<> {
        let room = self.lines.len();
        (place..place + room).map(move |place| place & room.wrapping_sub(1))
    }

    /// The layer of which the line at the place is the answer.
    pub(super) fn layer(&self, place: usize) -> u64 {
        self.order[self.filled_at(&self.lines[place])].layer
    }

    /// The lines in the order of filling, each with what few have.
    pub(super) fn all(&self) -> impl Iterator<Item = (&Line, Option<&Extra>)> {
        let places = self.order.iter().map(|filled| filled.place as usize);
        places.filter_map(|place| Some((self.lines.get(place)?, self.extra(place))))
    }

    /// Puts another line, which is the answer of the same layer, in this place.
    pub(super) fn replace(
        &mut self,
        place: usize,
        mut line: Line,
        extra: Option<Extra>,
        gone: &mut Gone,
    ) {
        self.give(place, gone);
        line.number = self.lines[place].number;
        self.clear_place(place);
        self.put(place, line, extra);
    }

    /// What lies where lines of the name are looked for. There are places.
    #[inline]
    pub(super) fn look(&self, name: Name) -> Spot {
        let (mut newest, mut alike) = (None, 0);
        let mut place = self.home(name);
        loop {
            let line = &self.lines[place];
            if line.is_empty() {
                let free = place;
                return Spot {
                    newest,
                    alike,
                    free,
                };
            }
            if line.name == name {
                newest = newest.or(Some(place));
                alike += 1;
            }
            place = (place + 1) & (self.lines.len() - 1);
        }
    }

    /// Puts the line before the others of its name, the first of which is `newest`.
    pub(super) fn bring_forward(&mut self, place: usize, newest: usize) {
        self.exchange(place, newest);
        self.set_place(place);
        self.set_place(newest);
    }

    /// Adds a line, for which was [looked](Self::look).
    #[inline]
    pub(super) fn push(
        &mut self,
        layer: u64,
        mut line: Line,
        extra: Option<Extra>,
        spot: Spot,
        gone: &mut Gone,
    ) {
        line.number = self.number_at(self.order.len());
        let place = NOWHERE;
        self.order.push_back(Filled { layer, place });
        let spot = match spot.alike < ALIKE {
            true => spot,
            false => self.without_oldest(line.name, gone),
        };
        self.insert(line, extra, spot);
    }

    #[cold]
    fn without_oldest(&mut self, name: Name, gone: &mut Gone) -> Spot {
        let oldest = self.all_of(name);
        let oldest = oldest.min_by_key(|place| self.filled_at(&self.lines[*place]));
        oldest
            .into_iter()
            .for_each(|place| self.remove(place, gone));
        self.look(name)
    }

    /// Puts the line before all others of its name.
    #[inline]
    fn insert(&mut self, line: Line, extra: Option<Extra>, spot: Spot) {
        let mut place = spot.free;
        if spot.newest.is_some() {
            let alike: SmallVec<[usize; ALIKE]> = self.all_of(line.name).collect();
            for newer in alike.into_iter().rev() {
                self.shift(newer, place);
                place = newer;
            }
        }
        self.put(place, line, extra);
        self.set_place(place);
    }

    /// Puts the line into a place, of which there is nothing else.
    #[inline]
    fn put(&mut self, place: usize, line: Line, extra: Option<Extra>) {
        self.lines[place] = line;
        if let Some(extra) = extra {
            self.put_extra(place, extra);
        }
    }

    #[inline(never)]
    fn put_extra(&mut self, place: usize, extra: Extra) {
        if self.extras.is_empty() {
            self.extras.resize_with(self.lines.len(), Extra::default);
        }
        self.extras[place] = extra;
    }

    /// Moves a line to a free place.
    fn shift(&mut self, place: usize, free: usize) {
        self.exchange(place, free);
        self.set_place(free);
    }

    /// Exchanges what is at two places, which are still to be [listed](Self::set_place).
    fn exchange(&mut self, one: usize, other: usize) {
        self.lines.swap(one, other);
        if !self.extras.is_empty() {
            self.extras.swap(one, other);
        }
    }

    /// Takes what the line at the place holds.
    fn give(&mut self, place: usize, gone: &mut Gone) {
        gone.add(&self.lines[place], self.extras.get_mut(place));
    }

    /// The line at the place answers no more.
    pub(super) fn forget(&mut self, place: usize, gone: &mut Gone) {
        self.give(place, gone);
        self.lines[place].forget();
    }

    /// Takes the line at the place away. Others move up, so that none lies behind a free place.
    fn remove(&mut self, place: usize, gone: &mut Gone) {
        self.give(place, gone);
        let index = self.filled_at(&self.lines[place]);
        self.order[index].place = NOWHERE;
        self.clear_place(place);
        let mask = self.lines.len() - 1;
        let mut free = place;
        for at in self.behind(place).skip(1) {
            let line = &self.lines[at];
            if line.is_empty() {
                return;
            }
            let from_home = at.wrapping_sub(self.home(line.name)) & mask;
            if from_home >= at.wrapping_sub(free) & mask {
                self.shift(at, free);
                free = at;
            }
        }
    }

    fn clear_place(&mut self, place: usize) {
        self.lines[place] = Line::empty();
        if let Some(extra) = self.extras.get_mut(place) {
            *extra = Extra::default();
        }
    }

    /// Takes away those that were filled after so many, but for those of layers that `stays`.
    pub(super) fn purge(&mut self, filled: u64, stays: impl Fn(u64) -> bool, gone: &mut Gone) {
        let first = filled.saturating_sub(self.passed) as usize;
        if first == 0 && !self.order.iter().any(|filled| stays(filled.layer)) {
            return self.empty(gone);
        }
        let first = first.min(self.order.len());
        let mut kept = first;
        for index in first..self.order.len() {
            let Filled { layer, place } = self.order[index];
            if place == NOWHERE {
                continue;
            }
            if !stays(layer) {
                self.remove(place as usize, gone);
                continue;
            }
            self.lines[place as usize].number = self.number_at(kept);
            self.order[kept] = Filled { layer, place };
            kept += 1;
        }
        self.order.truncate(kept);
    }

    /// Takes all away; the places stay.
    fn empty(&mut self, gone: &mut Gone) {
        for index in 0..self.order.len() {
            let place = self.order[index].place as usize;
            if place < self.lines.len() {
                self.give(place, gone);
                self.clear_place(place);
            }
        }
        self.order.clear();
    }

    /// Takes the one away that was filled first.
    pub(super) fn take_oldest(&mut self, gone: &mut Gone) {
        let oldest = self.order.front().map(|filled| filled.place as usize);
        if let Some(place) = oldest.filter(|place| *place < self.lines.len()) {
            self.remove(place, gone);
        }
        self.order.pop_front();
        self.passed += 1;
    }

    /// Gives the lines so many places, a power of two, at least twice as many as there are.
    pub(super) fn resize(&mut self, room: usize) {
        let fresh = std::iter::repeat_with(Line::empty).take(room).collect();
        let mut lines = std::mem::replace(&mut self.lines, fresh);
        let mut extras = std::mem::take(&mut self.extras);
        self.shift = u64::BITS - room.ilog2();
        for index in 0..self.order.len() {
            let place = self.order[index].place as usize;
            let Some(line) = lines.get_mut(place) else {
                continue;
            };
            let line = std::mem::replace(line, Line::empty());
            let extra = extras.get_mut(place).map(std::mem::take);
            let spot = self.look(line.name);
            self.insert(line, extra.filter(|extra| !extra.is_nothing()), spot);
        }
    }

    /// Gives back everything, but for the room of a small table: who frees one value after the other would else make
    /// it anew each time, among what stays.
    pub(super) fn clear(&mut self, gone: &mut Gone) {
        let passed = self.filled();
        self.empty(gone);
        self.passed = passed;
        if self.room() > SMALLEST {
            (self.lines, self.extras) = (Vec::new(), Vec::new());
            self.order = VecDeque::new();
            self.shift = 0;
        }
    }
}
