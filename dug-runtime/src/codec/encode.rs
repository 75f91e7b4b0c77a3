//! The encoding, written: that of bincode's standard configuration, with every map in the order
//! of its encoded keys. Each call of a tracked function comes through here, so it is written
//! straight into the sink; a test compares it with bincode's own.

use super::{CodecError, Sink};
use serde::ser::{
    self, Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant,
    SerializeTuple, SerializeTupleStruct, SerializeTupleVariant, Serializer,
};

/// Writes into a sink.
pub(super) struct Encoder<'a, S>(pub(super) &'a mut S);

impl ser::Error for CodecError {
    fn custom<T: std::fmt::Display>(message: T) -> Self {
        CodecError(message.to_string())
    }
}

const U16: u8 = 251;
const U32: u8 = 252;
const U64: u8 = 253;
const U128: u8 = 254;

/// The shortest form of a number: one byte, or a byte that says how many follow.
#[inline(always)]
pub(super) fn put_number<S: Sink + ?Sized>(sink: &mut S, value: u64) {
    let long = |mark: u8| u128::from(value) << 8 | u128::from(mark);
    let (word, length) = match value {
        0..=250 => (value.into(), 1),
        251..=0xFFFF => (long(U16), 3),
        0x1_0000..=0xFFFF_FFFF => (long(U32), 5),
        _ => (long(U64), 9),
    };
    sink.put_word(word, length);
}

impl<S: Sink> Encoder<'_, S> {
    #[inline(always)]
    fn number(&mut self, value: u64) {
        put_number(self.0, value);
    }

    fn wide(&mut self, value: u128) {
        match u64::try_from(value) {
            Ok(value) => self.number(value),
            Err(_) => {
                self.0.put_word(U128.into(), 1);
                self.0.put(&value.to_le_bytes());
            }
        }
    }
}

macro_rules! numbers {
    ($($method:ident($type:ty) $unsigned:ty),* $(,)?) => {$(
        #[inline]
        fn $method(mut self, value: $type) -> Result<(), CodecError> {
            self.number(<$unsigned>::from(value).into());
            Ok(())
        }
    )*};
}

macro_rules! signed_numbers {
    ($($method:ident($type:ty)),* $(,)?) => {$(
        #[inline]
        fn $method(mut self, value: $type) -> Result<(), CodecError> {
            let value = i64::from(value);
            // The sign comes last, so that small numbers stay short.
            self.number(((value << 1) ^ (value >> 63)) as u64);
            Ok(())
        }
    )*};
}

macro_rules! arrays {
    ($($method:ident($type:ty)),* $(,)?) => {$(
        #[inline]
        fn $method(self, value: $type) -> Result<(), CodecError> {
            let mut word = [0; 16];
            word[..size_of::<$type>()].copy_from_slice(&value.to_le_bytes());
            self.0.put_word(u128::from_le_bytes(word), size_of::<$type>());
            Ok(())
        }
    )*};
}

impl<'a, S: Sink> Serializer for Encoder<'a, S> {
    type Ok = ();
    type Error = CodecError;
    type SerializeSeq = Sequence<'a, S>;
    type SerializeTuple = Self;
    type SerializeTupleStruct = Self;
    type SerializeTupleVariant = Self;
    type SerializeMap = Map<'a, S>;
    type SerializeStruct = Self;
    type SerializeStructVariant = Self;

    numbers! {
        serialize_u16(u16) u64, serialize_u32(u32) u64, serialize_u64(u64) u64,
    }

    signed_numbers! {
        serialize_i16(i16), serialize_i32(i32), serialize_i64(i64),
    }

    arrays! {
        serialize_i8(i8), serialize_u8(u8), serialize_f32(f32), serialize_f64(f64),
    }

    #[inline]
    fn serialize_bool(self, value: bool) -> Result<(), CodecError> {
        self.serialize_u8(value.into())
    }

    fn serialize_i128(mut self, value: i128) -> Result<(), CodecError> {
        self.wide(((value << 1) ^ (value >> 127)) as u128);
        Ok(())
    }

    fn serialize_u128(mut self, value: u128) -> Result<(), CodecError> {
        self.wide(value);
        Ok(())
    }

    fn serialize_char(self, value: char) -> Result<(), CodecError> {
        self.0.put(value.encode_utf8(&mut [0; 4]).as_bytes());
        Ok(())
    }

    #[inline]
    fn serialize_str(self, value: &str) -> Result<(), CodecError> {
        self.serialize_bytes(value.as_bytes())
    }

    #[inline]
    fn serialize_bytes(self, value: &[u8]) -> Result<(), CodecError> {
        self.0.put_counted(value);
        Ok(())
    }

    #[inline]
    fn serialize_none(self) -> Result<(), CodecError> {
        self.serialize_u8(0)
    }

    #[inline]
    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), CodecError> {
        self.0.put_word(1, 1);
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), CodecError> {
        Ok(())
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), CodecError> {
        Ok(())
    }

    #[inline]
    fn serialize_unit_variant(
        self,
        _: &'static str,
        index: u32,
        _: &'static str,
    ) -> Result<(), CodecError> {
        self.serialize_u32(index)
    }

    #[inline]
    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        value: &T,
    ) -> Result<(), CodecError> {
        super::handles::meet(name);
        value.serialize(self)
    }

    #[inline]
    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        mut self,
        _: &'static str,
        index: u32,
        _: &'static str,
        value: &T,
    ) -> Result<(), CodecError> {
        self.number(index.into());
        value.serialize(self)
    }

    #[inline]
    fn serialize_seq(mut self, len: Option<usize>) -> Result<Sequence<'a, S>, CodecError> {
        Ok(match len {
            Some(len) => {
                self.number(len as u64);
                Sequence::Counted(self)
            }
            None => Sequence::Uncounted(self, 0, Vec::new()),
        })
    }

    #[inline]
    fn serialize_tuple(self, _: usize) -> Result<Self, CodecError> {
        Ok(self)
    }

    #[inline]
    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Self, CodecError> {
        Ok(self)
    }

    #[inline]
    fn serialize_tuple_variant(
        mut self,
        _: &'static str,
        index: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self, CodecError> {
        self.number(index.into());
        Ok(self)
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Map<'a, S>, CodecError> {
        Ok(Map {
            encoder: self,
            entries: Vec::new(),
        })
    }

    #[inline]
    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Self, CodecError> {
        Ok(self)
    }

    #[inline]
    fn serialize_struct_variant(
        mut self,
        _: &'static str,
        index: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self, CodecError> {
        self.number(index.into());
        Ok(self)
    }

    fn is_human_readable(&self) -> bool {
        false
    }
}

fn encoded<T: Serialize + ?Sized>(value: &T) -> Result<Vec<u8>, CodecError> {
    let mut bytes = Vec::new();
    value.serialize(Encoder(&mut bytes))?;
    Ok(bytes)
}

/// A sequence, whose length comes first: told, or counted.
pub(super) enum Sequence<'a, S> {
    Counted(Encoder<'a, S>),
    Uncounted(Encoder<'a, S>, u64, Vec<u8>),
}

impl<S: Sink> SerializeSeq for Sequence<'_, S> {
    type Ok = ();
    type Error = CodecError;

    #[inline]
    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), CodecError> {
        match self {
            Sequence::Counted(encoder) => value.serialize(Encoder(&mut *encoder.0)),
            Sequence::Uncounted(_, count, bytes) => {
                *count += 1;
                value.serialize(Encoder(bytes))
            }
        }
    }

    fn end(self) -> Result<(), CodecError> {
        if let Sequence::Uncounted(mut encoder, count, bytes) = self {
            encoder.number(count);
            encoder.0.put(&bytes);
        }
        Ok(())
    }
}

/// A map, which is written when all its entries are known and sorted.
pub(super) struct Map<'a, S> {
    encoder: Encoder<'a, S>,
    entries: Vec<(Vec<u8>, Option<Vec<u8>>)>,
}

impl<S: Sink> SerializeMap for Map<'_, S> {
    type Ok = ();
    type Error = CodecError;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), CodecError> {
        self.entries.push((encoded(key)?, None));
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), CodecError> {
        let (_, place) = self
            .entries
            .last_mut()
            .ok_or_else(|| CodecError::new("a map value without a key"))?;
        *place = Some(encoded(value)?);
        Ok(())
    }

    fn end(mut self) -> Result<(), CodecError> {
        self.entries.sort_by(|a, b| a.0.cmp(&b.0));
        self.encoder.number(self.entries.len() as u64);
        for (key, value) in &self.entries {
            let value = value.as_ref();
            let value = value.ok_or_else(|| CodecError::new("a map key without a value"))?;
            self.encoder.0.put(key);
            self.encoder.0.put(value);
        }
        Ok(())
    }
}

macro_rules! compound {
    ($($trait:ident::$method:ident($($name:ident)?)),* $(,)?) => {$(
        impl<S: Sink> $trait for Encoder<'_, S> {
            type Ok = ();
            type Error = CodecError;

            #[inline]
            fn $method<T: Serialize + ?Sized>(
                &mut self,
                $($name: &'static str,)?
                value: &T,
            ) -> Result<(), CodecError> {
                $(let _ = $name;)?
                value.serialize(Encoder(&mut *self.0))
            }

            #[inline]
            fn end(self) -> Result<(), CodecError> {
                Ok(())
            }
        }
    )*};
}

compound! {
    SerializeTuple::serialize_element(),
    SerializeTupleStruct::serialize_field(),
    SerializeTupleVariant::serialize_field(),
    SerializeStruct::serialize_field(key),
    SerializeStructVariant::serialize_field(key),
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Serialize;

    fn agree<T: Serialize>(value: T) {
        let mut bytes = Vec::new();
        value.serialize(Encoder(&mut bytes)).unwrap();
        let expected = bincode::serde::encode_to_vec(&value, super::super::CONFIG).unwrap();
        assert_eq!(bytes, expected);
    }

    #[derive(Serialize)]
    enum Kind {
        Unit,
        New(u8),
        Pair(i64, char),
        Fields { a: Option<u16>, b: (bool, f32) },
    }

    #[derive(Serialize)]
    struct Unit;

    #[derive(Serialize)]
    struct New(String);

    #[test]
    fn it_is_bincodes() {
        for shift in 0..64 {
            for near in [-2, -1, 0, 1, 2] {
                let number = (1u64 << shift).wrapping_add_signed(near);
                agree((number, number as i64, -(number as i64 >> 1)));
                agree((number as u32, number as i32, number as u16, number as i16));
                agree((number as u8, number as i8, f64::from_bits(number)));
                let wide = u128::from(number) << shift;
                agree((wide, wide as i128, !wide, !wide as i128));
            }
        }
        for number in [
            249u64,
            250,
            251,
            252,
            253,
            254,
            255,
            256,
            65535,
            65536,
            u64::MAX,
        ] {
            agree((number, number as i64, u128::from(number), number as i16));
        }
        agree((i128::MIN, i128::MAX, u128::MAX, i64::MIN, i16::MIN, i8::MIN));
        agree((f32::NAN, f64::NEG_INFINITY, -0.0f64, true, false, (), Unit));
        agree(("", "AAPL", "ä€😀".repeat(100), 'a', 'ä', '€', '😀'));
        agree((Some(1u8), None::<u8>, Some(Some("x")), Some(None::<()>)));
        agree((
            vec![1u64; 300],
            [1u8, 2],
            Vec::<u8>::new(),
            New("new".into()),
        ));
        agree((Kind::Unit, Kind::New(3), Kind::Pair(-4, 'x')));
        agree(Kind::Fields {
            a: Some(300),
            b: (true, 1.5),
        });
        agree(std::collections::BTreeMap::from([(1u8, "a"), (2, "b")]));
    }

    #[test]
    fn sequences_of_unknown_length_are_counted() {
        struct Unknown;
        impl Serialize for Unknown {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let mut sequence = serializer.serialize_seq(None)?;
                (0u8..3).try_for_each(|n| sequence.serialize_element(&n))?;
                sequence.end()
            }
        }
        assert_eq!(encoded(&Unknown).unwrap(), [3, 0, 1, 2]);
    }
}
