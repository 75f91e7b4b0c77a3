//! How a record was used, in its bytes: counts change more often than the rest, and are
//! exchanged without reading that.
//!
//! There is room for small counts from the beginning, and the part never shrinks: a row that
//! keeps its length is changed in place, while one that grew would split the page that it fills
//! with others.

use super::parts::{Parts, put_number, put_wide};
use super::{BEFORE_USAGE, opened, put_checksum};
use crate::store::key::RecordKey;
use crate::store::usage::Usage;

/// As much room: counts up to 127, and 16 microseconds of loading.
const ROOM: usize = 7;

/// Appends the part, which is as long as `room` at least.
fn put_in(out: &mut Vec<u8>, usage: &Usage, saved_at: u64, room: usize) {
    let end = out.len() + room;
    put_age(out, usage.last_used.saturating_sub(saved_at));
    put_number(out, usage.hits);
    put_number(out, usage.loads);
    let left = end.saturating_sub(out.len());
    put_wide(out, usage.load_time, left);
}

pub(super) fn put(out: &mut Vec<u8>, usage: &Usage, saved_at: u64) {
    put_in(out, usage, saved_at, ROOM);
}

/// Milliseconds in three bytes, rounded down: 18 bits, and by how many they are shifted.
fn put_age(out: &mut Vec<u8>, milliseconds: u64) {
    let shift = (u64::BITS - milliseconds.leading_zeros()).saturating_sub(18);
    let bits = (milliseconds >> shift) as u32;
    out.extend_from_slice(&(shift << 18 | bits).to_le_bytes()[..3]);
}

fn age(parts: &mut Parts<'_>) -> Option<u64> {
    let [a, b, c] = parts.fixed()?;
    let age = u32::from_le_bytes([a, b, c, 0]);
    u64::from(age & 0x3_ffff).checked_shl(age >> 18)
}

pub(super) fn read(parts: &mut Parts<'_>, saved_at: u64) -> Option<Usage> {
    Some(Usage {
        last_used: saved_at.saturating_add(age(parts)?),
        hits: parts.number()?,
        loads: parts.number()?,
        load_time: parts.number()?,
    })
}

/// The bytes of the record with another usage, which is told from the one that it has; `None` if
/// the bytes are damaged, or nothing is to be changed.
pub(in crate::store) fn with_usage(
    key: &RecordKey,
    bytes: &[u8],
    change: impl FnOnce(Usage) -> Option<Usage>,
) -> Option<Vec<u8>> {
    opened(key, bytes)?;
    let (before, rest) = bytes.split_at_checked(BEFORE_USAGE)?;
    let saved_at = Parts(before.get(BEFORE_USAGE - 6..)?).moment()?;
    let mut parts = Parts(rest);
    let usage = read(&mut parts, saved_at)?;
    let room = rest.len() - parts.0.len();
    let usage = change(usage)?;
    let mut out = Vec::with_capacity(bytes.len() + ROOM);
    out.extend_from_slice(before);
    put_in(&mut out, &usage, saved_at, room);
    out.extend_from_slice(parts.0);
    put_checksum(key, &mut out);
    Some(out)
}
