//! The answers that this thread remembers: most calls end here.
//!
//! A call that finds its answer at once looks without being counted at what else this thread has, since
//! nothing of that changes meanwhile; all others take the way round.

#![allow(unsafe_code)]

use crate::bounds::InMemoryResult;
use crate::codec::Buffer;
use crate::hits::{Call, Hits, Line, Name};
use crate::inline;
use crate::key::Key;
use crate::layer::Layer;
use crate::trace::{self, Noted, Thread};
use std::cell::Ref;
use std::sync::Arc;

impl Key {
    /// The answer, if this thread remembers it. A call goes on with [`run`](Self::run) otherwise.
    // As `Key::new`.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub fn hit<R: InMemoryResult>(&self) -> Option<R> {
        if self.is_refused() {
            return None;
        }
        // Without a number, nothing is remembered of the function.
        let function = self.function.known_number();
        match Name::of_short(function, &self.arguments) {
            Some(name) => hit_short(name),
            None => hit_long(function, &self.arguments),
        }
    }
}

/// The remembered answer of a call whose arguments are short. (What is given by value leaves the
/// key of a hit in registers.)
#[inline(never)]
fn hit_short<R: InMemoryResult>(name: Name) -> Option<R> {
    match at_once(&Call::new(name, None)) {
        Found::Answer(answer) => Some(answer),
        Found::At(place) => hit_at(place, name, None),
        Found::Nothing => recall_short(name),
    }
}

/// The remembered answer of a call whose arguments are not.
#[inline(never)]
fn hit_long<R: InMemoryResult>(function: u32, arguments: &Buffer) -> Option<R> {
    let name = Name::of_long(function, arguments);
    match at_once(&Call::new(name, Some(arguments))) {
        Found::Answer(answer) => Some(answer),
        Found::At(place) => hit_at(place, name, Some(arguments)),
        Found::Nothing => recall(&Call::new(name, Some(arguments))),
    }
}

/// What is found where an answer is looked for first.
enum Found<R> {
    Answer(R),
    /// Something of the call, which needs a closer look.
    At(usize),
    Nothing,
}

/// What this thread remembers, and the layer in which it stands.
///
/// # Safety
/// While these are used, nothing runs that remembers or forgets an answer, or goes to another layer; and none of
/// them is used after this thread has ended.
#[inline(always)]
unsafe fn state<'a>() -> Option<(&'a Thread, &'a Hits, &'a Arc<Layer>)> {
    // SAFETY: the place is null once the state goes; of the rest, the caller takes care.
    unsafe {
        let thread = trace::place().as_ref()?;
        let hits = thread.hits.try_borrow_unguarded().ok()?;
        let layer = thread.layer.try_borrow_unguarded().ok()?;
        Some((thread, hits, layer.as_ref()?))
    }
}

/// Keeps what this thread remembers as it is while a value is cloned, if that is done by user code.
#[inline(always)]
fn guard<R: InMemoryResult>(thread: &Thread) -> Option<Option<Ref<'_, Hits>>> {
    match inline::is_plain::<R>() {
        true => Some(None),
        false => thread.hits.try_borrow().ok().map(Some),
    }
}

/// The answer, if it lies where it is looked for first, is one of the layer in which this thread stands, and needs no
/// drop. (What needs more is left to others, so that this needs few registers.)
#[inline(always)]
fn at_once<R: InMemoryResult>(call: &Call<'_>) -> Found<R> {
    if const { !inline::fits::<R>() } {
        return Found::Nothing;
    }
    // SAFETY: what runs until the value is cloned stands here; while that is done, the guard is there.
    let Some((thread, hits, layer)) = (unsafe { state() }) else {
        return Found::Nothing;
    };
    let (Some(_guard), Some((place, line))) = (guard::<R>(thread), hits.find_at_once(call)) else {
        return Found::Nothing;
    };
    if !line.is_as_of(layer.surface.epoch()) || !note_at_once(thread, line) {
        return Found::At(place);
    }
    thread.count_hit();
    line.count_hit();
    // SAFETY: as in `Remembered::value`.
    Found::Answer(unsafe { line.inline().get::<R>() }.clone())
}

/// The answer at the place, which is of the call, if it stands where this thread does, be it that of a layer further
/// out.
#[inline(never)]
fn hit_at<R: InMemoryResult>(place: usize, name: Name, arguments: Option<&Buffer>) -> Option<R> {
    // SAFETY: as in `at_once`.
    if let Some((thread, hits, layer)) = unsafe { state() }
        && let Some(_guard) = guard::<R>(thread)
        && let Some(line) = hits.line(place).filter(|line| line.stands(layer))
    {
        if !hits.is_near(line, layer) {
            return None;
        }
        if thread.notes_here.get() != thread.recorder() {
            thread.begin_notes_here();
        }
        if note_at_once(thread, line) {
            thread.count_hit();
            line.count_hit();
            // SAFETY: as in `Remembered::value`.
            return Some(unsafe { line.inline().get::<R>() }.clone());
        }
    }
    recall(&Call::new(name, arguments))
}

/// As [`Thread::note_remembered`], where that takes next to nothing: it says no where there is no room, either, and where it
/// is not known that the notes are made [here](Thread::notes_here).
#[inline(always)]
fn note_at_once(thread: &Thread, line: &Line) -> bool {
    let recorder = thread.recorder();
    if recorder == 0 || line.recorded_by().get() == recorder {
        return true;
    }
    if thread.notes_here.get() != recorder {
        return false;
    }
    let Ok(mut noted) = thread.noted.try_borrow_mut() else {
        return false;
    };
    let length = noted.len();
    let Some(place) = noted.spare_capacity_mut().first_mut() else {
        return false;
    };
    place.write(Noted::remembered(line));
    // SAFETY: it was written behind the last one. (Where `push` may have to make room, a hit saves registers.)
    unsafe { noted.set_len(length + 1) };
    line.recorded_by().set(recorder);
    true
}

#[inline(never)]
fn recall_short<R: InMemoryResult>(name: Name) -> Option<R> {
    recall(&Call::new(name, None))
}

/// The answer, wherever it lies among those that this thread remembers.
#[inline(never)]
fn recall<R: InMemoryResult>(call: &Call<'_>) -> Option<R> {
    trace::with(|thread| {
        let hits = thread.hits.borrow();
        let answer = {
            let layer = thread.layer.borrow();
            let layer = layer.as_ref()?;
            let answer = hits.find(call, layer)?;
            if !thread.note_remembered(layer, answer.line()) {
                return None;
            }
            answer
        };
        thread.count_hit();
        answer.line().count_hit();
        Some(answer.value::<R>().clone())
    })
}
