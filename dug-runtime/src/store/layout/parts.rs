//! Numbers, texts and times as records have them: seven bits of a number to a byte, times in two.

pub(super) fn put_number(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// In so many bytes at least, as far as a number may have them.
pub(super) fn put_wide(out: &mut Vec<u8>, mut number: u64, width: usize) {
    for _ in 1..width.min(10) {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    put_number(out, number);
}

pub(super) fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    put_number(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

/// Milliseconds in six bytes: eight thousand years.
pub(super) fn put_moment(out: &mut Vec<u8>, milliseconds: u64) {
    out.extend_from_slice(&milliseconds.to_le_bytes()[..6]);
}

/// Nanoseconds to three digits, rounded up: ten bits, and by how many they are shifted.
pub(super) fn put_time(out: &mut Vec<u8>, nanoseconds: u64) {
    let mut shift = (u64::BITS - nanoseconds.leading_zeros()).saturating_sub(10);
    let mut bits = nanoseconds.div_ceil(1 << shift);
    if bits == 1 << 10 {
        bits >>= 1;
        shift += 1;
    }
    out.extend_from_slice(&((shift as u16) << 10 | bits as u16).to_le_bytes());
}

/// What is left to be read. Nothing that it says is believed before it is there.
pub(super) struct Parts<'a>(pub(super) &'a [u8]);

impl<'a> Parts<'a> {
    pub(super) fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    pub(super) fn fixed<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.try_into().ok()
    }

    pub(super) fn number(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..u64::BITS).step_by(7) {
            let byte = self.fixed::<1>()?[0];
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(number);
            }
        }
        None
    }

    pub(super) fn bytes(&mut self) -> Option<&'a [u8]> {
        let count = self.number()?;
        self.take(usize::try_from(count).ok()?)
    }

    pub(super) fn moment(&mut self) -> Option<u64> {
        let mut bytes = [0; 8];
        bytes[..6].copy_from_slice(self.take(6)?);
        Some(u64::from_le_bytes(bytes))
    }

    pub(super) fn time(&mut self) -> Option<u64> {
        let time = u16::from_le_bytes(self.fixed()?);
        let (bits, shift) = (u64::from(time & 0x3ff), u32::from(time >> 10));
        Some(if bits.leading_zeros() < shift {
            u64::MAX
        } else {
            bits << shift
        })
    }

    /// How many of a promised count there is room for, each of at least so many bytes.
    pub(super) fn at_most(&self, count: u64, each: usize) -> usize {
        usize::try_from(count).map_or(0, |count| count.min(self.0.len() / each))
    }
}
