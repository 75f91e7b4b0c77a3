//! Bytes, read by hand.

/// Bytes that are left to be read.
pub struct Bytes<'a>(pub &'a [u8]);

impl<'a> Bytes<'a> {
    pub fn take(&mut self, count: usize) -> &'a [u8] {
        let (taken, rest) = self.0.split_at(count);
        self.0 = rest;
        taken
    }

    pub fn byte(&mut self) -> u8 {
        self.take(1)[0]
    }

    /// In the least significant first.
    pub fn fixed(&mut self, count: usize) -> u64 {
        let bytes = self.take(count).iter().rev();
        bytes.fold(0, |number, byte| number << 8 | u64::from(*byte))
    }

    /// In the encoding of values: below 251 in one byte, else a byte that says how many follow.
    pub fn number(&mut self) -> u64 {
        match self.byte() {
            251 => self.fixed(2),
            252 => self.fixed(4),
            253 => self.fixed(8),
            small => u64::from(small),
        }
    }

    /// In records: seven bits a byte, the least significant first.
    pub fn sevens(&mut self) -> u64 {
        let byte = self.byte();
        let low = u64::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            low
        } else {
            low | self.sevens() << 7
        }
    }

    pub fn text(&mut self) -> String {
        let count = self.number() as usize;
        String::from_utf8(self.take(count).to_vec()).unwrap()
    }

    pub fn end(self) {
        assert_eq!(self.0, b"");
    }
}

/// The first bytes of a BLAKE3 digest of the parts, one after the other.
pub fn digest(parts: &[&[u8]], count: usize) -> Vec<u8> {
    let mut hasher = blake3::Hasher::new();
    for part in parts {
        hasher.update(part);
    }
    hasher.finalize().as_bytes()[..count].to_vec()
}

/// As [`digest`], each part behind its length.
pub fn digest_of_list(parts: &[&[u8]], count: usize) -> Vec<u8> {
    let lengths: Vec<[u8; 8]> = parts
        .iter()
        .map(|part| (part.len() as u64).to_le_bytes())
        .collect();
    let all = lengths.iter().zip(parts);
    let all: Vec<&[u8]> = all.flat_map(|(length, part)| [&length[..], part]).collect();
    digest(&all, count)
}

/// The content of what is stored under `key`, whose format and checksum are right.
pub fn unsealed<'a>(key: &[u8], bytes: &'a [u8]) -> Bytes<'a> {
    let (head, content) = bytes.split_at(9);
    assert_eq!(head[0], 1);
    let length = (key.len() as u64).to_le_bytes();
    assert_eq!(head[1..], digest(&[&[1], &length, key, content], 8));
    Bytes(content)
}

/// The checksum of a record.
pub fn checksum(key: &[u8], flags: u8, content: &[u8]) -> u64 {
    let mix = |sum: u64, word: u64| {
        let product = u128::from(sum ^ word ^ 0x9e37_79b9_7f4a_7c15) * 0xd6e8_feb8_6659_fd93;
        ((product >> 64) as u64 ^ product as u64).rotate_left(23)
    };
    let mut sum = mix(0x300 | u64::from(flags), content.len() as u64);
    for part in [key, content] {
        // The last word may be none of the bytes, and is always there.
        for at in (0..=part.len()).step_by(8) {
            let word = Bytes(&part[at..]).fixed_at_most(8);
            sum = mix(sum, word);
        }
    }
    sum
}

impl Bytes<'_> {
    fn fixed_at_most(&mut self, count: usize) -> u64 {
        self.fixed(count.min(self.0.len()))
    }
}
