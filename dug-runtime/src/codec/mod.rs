//! How arguments and values become bytes. The only module that knows bincode.
//!
//! The encoding is bincode's, and canonical: maps are written in the order of their encoded
//! keys, so that equal maps have equal encodings. It is not self-describing:
//! bytes are read back by the type that wrote them.

mod buffer;
mod encode;
mod find;
mod handles;
pub(crate) mod passed;
mod shape;
mod text;

pub(crate) use buffer::Buffer;
pub(crate) use find::want_of;
pub(crate) use handles::{HANDLE, Wanted, is_for_call, is_identity_next, take_wanted};
pub(crate) use shape::shape;
pub(crate) use text::render;

use encode::Encoder;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Names the encoding. Stored bytes carry it in front, ids in their digest.
pub(crate) const FORMAT: u8 = 1;

const CONFIG: bincode::config::Configuration = bincode::config::standard();

/// Why something could not be encoded or decoded.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{0}")]
pub(crate) struct CodecError(String);

impl CodecError {
    pub(crate) fn new(message: &str) -> Self {
        CodecError(message.to_owned())
    }
}

/// A place that takes encoded bytes.
pub(crate) trait Sink {
    fn put(&mut self, bytes: &[u8]);

    /// As [`put`](Self::put), of the first `length` bytes of a word, 15 at most; all others are zero.
    #[inline]
    fn put_word(&mut self, word: u128, length: usize) {
        self.put(&word.to_le_bytes()[..length]);
    }

    /// As [`put`](Self::put), of how many bytes there are, and them.
    fn put_counted(&mut self, bytes: &[u8]) {
        encode::put_number(self, bytes.len() as u64);
        self.put(bytes);
    }
}

impl Sink for Vec<u8> {
    fn put(&mut self, bytes: &[u8]) {
        self.extend_from_slice(bytes);
    }
}

/// Appends the canonical encoding of `value` to `sink`. What handles in it hold has been
/// [met](passed::met) then.
#[inline]
pub(crate) fn encode_into<T: Serialize + ?Sized, S: Sink>(
    value: &T,
    sink: &mut S,
) -> Result<(), CodecError> {
    value.serialize(Encoder(sink))
}

/// The canonical encoding of `value`; what handles in it hold is no part of it.
pub(crate) fn encode<T: Serialize + ?Sized>(value: &T) -> Result<Vec<u8>, CodecError> {
    let mut bytes = Vec::new();
    let met = passed::met();
    let encoded = encode_into(value, &mut bytes);
    if passed::met() != met {
        passed::take_met(met);
    }
    encoded.map(|()| bytes)
}

/// As [`encode`], of a result: handles in it are their values.
pub(crate) fn encode_result<T: Serialize + ?Sized>(value: &T) -> Result<Vec<u8>, CodecError> {
    handles::as_result(|| encode(value))
}

/// As [`decode`], of a result.
pub(crate) fn decode_result<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, CodecError> {
    handles::out_of_arguments(|| decode(bytes))
}

/// As [`decode_front`], of an argument: handles in it are identities.
pub(crate) fn decode_argument<T: DeserializeOwned>(bytes: &mut &[u8]) -> Result<T, CodecError> {
    handles::as_arguments(|| decode_front(bytes))
}

/// As [`decode_argument`], for a call.
pub(crate) fn decode_for_call<T: DeserializeOwned>(bytes: &mut &[u8]) -> Result<T, CodecError> {
    handles::for_call(|| decode_front(bytes))
}

/// The value as JSON, if that holds all of it: read back, it has the same encoding.
pub(crate) fn to_json<T: Serialize + DeserializeOwned>(
    value: &T,
) -> Result<serde_json::Value, CodecError> {
    let wrong = |error: serde_json::Error| CodecError(format!("JSON cannot hold it: {error}"));
    let written = serde_json::to_value(value).map_err(wrong)?;
    let back: T = serde_json::from_value(written.clone()).map_err(wrong)?;
    match encode(&back)? == encode(value)? {
        true => Ok(written),
        false => Err(CodecError("JSON does not hold all of it".to_owned())),
    }
}

/// Reads a value that people wrote.
pub(crate) fn from_json<T: DeserializeOwned>(written: serde_json::Value) -> Result<T, CodecError> {
    serde_json::from_value(written).map_err(|error| CodecError(error.to_string()))
}

/// Reads one value from the front of `bytes` and moves `bytes` behind it.
///
/// A false length allocates at most some hundred times what `bytes` holds.
pub(crate) fn decode_front<T: DeserializeOwned>(bytes: &mut &[u8]) -> Result<T, CodecError> {
    // bincode reserves what a length promises, up to a limit that is a constant of the type.
    // It counts a number by its size in memory, up to sixteen times its encoding.
    let decoded = match bytes.len().saturating_mul(16) {
        0..0x1000 => decode_limited::<T, 0x1000>(bytes),
        0x1000..0x10_0000 => decode_limited::<T, 0x10_0000>(bytes),
        0x10_0000..0x1000_0000 => decode_limited::<T, 0x1000_0000>(bytes),
        _ => decode_limited::<T, { usize::MAX >> 1 }>(bytes),
    };
    let (value, read) = decoded.map_err(|error| CodecError(error.to_string()))?;
    *bytes = &bytes[read..];
    Ok(value)
}

/// Reads one value, to the last byte.
pub(crate) fn decode<T: DeserializeOwned>(mut bytes: &[u8]) -> Result<T, CodecError> {
    let value = decode_front(&mut bytes)?;
    match bytes {
        [] => Ok(value),
        _ => Err(CodecError("there are bytes behind the value".to_owned())),
    }
}

fn decode_limited<T: DeserializeOwned, const LIMIT: usize>(
    bytes: &[u8],
) -> Result<(T, usize), bincode::error::DecodeError> {
    bincode::serde::decode_from_slice(bytes, CONFIG.with_limit::<LIMIT>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::{BTreeMap, HashMap};

    #[test]
    fn equal_maps_have_equal_encodings_whatever_their_order() {
        let sorted: BTreeMap<String, u32> = (0..100).map(|n| (format!("key {n}"), n)).collect();
        let expected = encode(&sorted).unwrap();
        for _ in 0..4 {
            let shuffled: HashMap<String, u32> = sorted.clone().into_iter().collect();
            assert_eq!(encode(&shuffled).unwrap(), expected);
        }
        // Order is that of the encoded keys, at every depth.
        let nested = |inner: HashMap<u16, i8>| encode(&vec![(1u8, Some(inner))]).unwrap();
        let entries: Vec<(u16, i8)> = (0..600).map(|n| (n, n as i8)).collect();
        let reversed = entries.iter().rev().copied().collect();
        assert_eq!(nested(entries.into_iter().collect()), nested(reversed));
    }

    #[test]
    fn what_is_encoded_decodes() {
        let value: (String, HashMap<u8, Vec<Option<char>>>, f64) = (
            "text".into(),
            HashMap::from([(3, vec![None, Some('x')]), (1, vec![])]),
            -0.0,
        );
        let bytes = encode(&value).unwrap();
        let back: (String, HashMap<u8, Vec<Option<char>>>, f64) =
            decode_front(&mut &bytes[..]).unwrap();
        assert_eq!(back, value);
        assert!(back.2.is_sign_negative());
    }

    #[test]
    fn zero_and_minus_zero_differ() {
        assert_ne!(encode(&0.0f64).unwrap(), encode(&-0.0f64).unwrap());
    }

    #[test]
    fn a_false_length_is_an_error() {
        let bytes = encode(&u64::MAX).unwrap();
        assert!(decode_front::<Vec<u64>>(&mut &bytes[..]).is_err());
        assert!(decode_front::<String>(&mut &bytes[..]).is_err());
    }

    #[test]
    fn golden_bytes() {
        assert_eq!(encode(&4i64).unwrap(), [8]);
        assert_eq!(encode("AAPL").unwrap(), [4, b'A', b'A', b'P', b'L']);
        assert_eq!(encode(&(1u8, 300u32)).unwrap(), [1, 251, 44, 1]);
        let map = HashMap::from([(2u8, 'b'), (1, 'a')]);
        assert_eq!(encode(&map).unwrap(), [2, 1, b'a', 2, b'b']);
    }
}
