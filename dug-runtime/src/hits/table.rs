//! The lines of a thread, found by their names, and listed in the order of filling.
//!
//! Open addressing with linear probing: a line lies in the place of its name, or in the next free one behind it, so that
//! most are found by one look. Of those with one name, which are of several layers, the newest comes first.

use super::entry::{Call, Extra, Gone, Line, Name};
use super::{ODD, fold};

#[derive(Default)]
pub(super) struct Table {
    /// Their number is a power of two, and so large that half of them are free.
    lines: Vec<Line>,
    /// Of the line at the same place; none, until the first line has something of this kind.
    extras: Vec<Extra>,
    /// So many bits of a hash are not needed to tell a place.
    shift: u32,
    /// Those of inner layers come last. Some are gone.
    order: Vec<Filled>,
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
    /// How many lines were filled, those included that are gone and still listed.
    pub(super) fn len(&self) -> usize {
        self.order.len()
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
        // Without any places, there is none at the first one either.
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
        self.order[self.lines[place].order as usize].layer
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
        line.order = self.lines[place].order;
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
        let order = self.order.len() as u32;
        let place = NOWHERE;
        self.order.push(Filled { layer, place });
        let spot = match spot.alike < ALIKE {
            true => spot,
            false => self.without_oldest(line.name, gone),
        };
        line.order = order;
        self.insert(line, extra, spot);
    }

    #[cold]
    fn without_oldest(&mut self, name: Name, gone: &mut Gone) -> Spot {
        let oldest = self.all_of(name);
        let oldest = oldest.min_by_key(|place| self.lines[*place].order);
        oldest
            .into_iter()
            .for_each(|place| self.remove(place, gone));
        self.look(name)
    }

    /// Puts the line before all others of its name.
    #[inline]
    fn insert(&mut self, line: Line, extra: Option<Extra>, spot: Spot) {
        let place = match spot.newest {
            Some(newest) => {
                self.swap(newest, spot.free);
                newest
            }
            None => spot.free,
        };
        self.order[line.order as usize].place = place as u32;
        self.put(place, line, extra);
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
    fn swap(&mut self, place: usize, free: usize) {
        self.lines.swap(place, free);
        if !self.extras.is_empty() {
            self.extras.swap(place, free);
        }
        self.order[self.lines[free].order as usize].place = free as u32;
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
        self.order[self.lines[place].order as usize].place = NOWHERE;
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
                self.swap(at, free);
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

    /// Takes away those that were filled from `first` on, but for those of layers that `stays`.
    pub(super) fn purge(&mut self, first: usize, stays: impl Fn(u64) -> bool, gone: &mut Gone) {
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
            self.lines[place as usize].order = kept as u32;
            self.order[kept] = Filled { layer, place };
            kept += 1;
        }
        self.order.truncate(kept);
    }

    /// Takes away the older half. Returns how many were listed there.
    pub(super) fn take_older_half(&mut self, gone: &mut Gone) -> usize {
        let half = self.order.len() / 2;
        for index in 0..half {
            let place = self.order[index].place as usize;
            if place < self.lines.len() {
                self.give(place, gone);
                self.clear_place(place);
            }
        }
        self.order.drain(..half);
        self.resize(self.lines.len());
        half
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
            let mut line = std::mem::replace(line, Line::empty());
            line.order = index as u32;
            let extra = extras.get_mut(place).map(std::mem::take);
            let spot = self.look(line.name);
            self.insert(line, extra.filter(|extra| !extra.is_nothing()), spot);
        }
    }

    /// Gives back everything.
    pub(super) fn clear(&mut self, gone: &mut Gone) {
        for index in 0..self.order.len() {
            let place = self.order[index].place as usize;
            if place < self.lines.len() {
                self.give(place, gone);
            }
        }
        *self = Table::default();
    }
}
