//! The shape of a value: the names and the types that serializing it goes through.
//!
//! Bytes are not self-describing, and what was written as one type may decode as
//! another. Where the shapes are equal too, the value that comes back is the one that went in.

use serde::ser::{self, Serialize, Serializer};
use std::fmt;

/// The shape of `value`, a digest of 32 bits that is the same in every process; 0 for what cannot
/// be serialized.
pub(crate) fn shape<T: Serialize + ?Sized>(value: &T) -> u64 {
    let mut shape = Shape(0xcbf2_9ce4_8422_2325);
    match value.serialize(&mut shape) {
        Ok(()) => shape.0 >> 32,
        Err(Unshaped) => 0,
    }
}

/// What was met so far.
struct Shape(u64);

impl Shape {
    /// FNV-1a, a word at a time with a mix: the strength of a checksum is what is needed.
    #[inline]
    fn met(&mut self, what: u64) {
        let mixed = (self.0 ^ what).wrapping_mul(0x0000_0100_0000_01b3);
        self.0 = mixed ^ (mixed >> 29);
    }

    fn named(&mut self, name: &str) {
        self.met(name.len() as u64);
        for byte in name.bytes() {
            self.met(u64::from(byte));
        }
    }
}

#[derive(Debug)]
struct Unshaped;

impl fmt::Display for Unshaped {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("the value cannot be serialized")
    }
}

impl std::error::Error for Unshaped {}

impl ser::Error for Unshaped {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Unshaped
    }
}

macro_rules! met {
    ($($method:ident($ty:ty) = $tag:literal),* $(,)?) => {$(
        #[inline]
        fn $method(self, _: $ty) -> Result<(), Unshaped> {
            self.met($tag);
            Ok(())
        }
    )*};
}

impl<'a> Serializer for &'a mut Shape {
    type Ok = ();
    type Error = Unshaped;
    type SerializeSeq = Sequence<'a>;
    type SerializeTuple = Sequence<'a>;
    type SerializeTupleStruct = Sequence<'a>;
    type SerializeTupleVariant = Sequence<'a>;
    type SerializeMap = Unordered<'a>;
    type SerializeStruct = Sequence<'a>;
    type SerializeStructVariant = Sequence<'a>;

    met! {
        serialize_bool(bool) = 1,
        serialize_i8(i8) = 2,
        serialize_i16(i16) = 3,
        serialize_i32(i32) = 4,
        serialize_i64(i64) = 5,
        serialize_i128(i128) = 6,
        serialize_u8(u8) = 7,
        serialize_u16(u16) = 8,
        serialize_u32(u32) = 9,
        serialize_u64(u64) = 10,
        serialize_u128(u128) = 11,
        serialize_f32(f32) = 12,
        serialize_f64(f64) = 13,
        serialize_char(char) = 14,
        serialize_str(&str) = 15,
        serialize_bytes(&[u8]) = 16,
        serialize_unit_struct(&'static str) = 17,
    }

    fn serialize_none(self) -> Result<(), Unshaped> {
        self.met(18);
        Ok(())
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Unshaped> {
        self.met(19);
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), Unshaped> {
        self.met(20);
        Ok(())
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        index: u32,
        variant: &'static str,
    ) -> Result<(), Unshaped> {
        self.met(21);
        self.met(u64::from(index));
        self.named(variant);
        Ok(())
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        value: &T,
    ) -> Result<(), Unshaped> {
        // A handle in a result is its value.
        if name != super::HANDLE {
            self.met(22);
            self.named(name);
        }
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        index: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), Unshaped> {
        self.met(23);
        self.met(u64::from(index));
        self.named(variant);
        value.serialize(self)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Sequence<'a>, Unshaped> {
        self.met(24);
        Ok(Sequence::new(self))
    }

    fn serialize_tuple(self, _: usize) -> Result<Sequence<'a>, Unshaped> {
        self.met(25);
        Ok(Sequence::new(self))
    }

    fn serialize_tuple_struct(
        self,
        name: &'static str,
        _: usize,
    ) -> Result<Sequence<'a>, Unshaped> {
        self.met(26);
        self.named(name);
        Ok(Sequence::new(self))
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        index: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Sequence<'a>, Unshaped> {
        self.met(27);
        self.met(u64::from(index));
        self.named(variant);
        Ok(Sequence::new(self))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Unordered<'a>, Unshaped> {
        self.met(28);
        Ok(Unordered {
            shape: self,
            key: 0,
            all: 0,
        })
    }

    fn serialize_struct(self, name: &'static str, _: usize) -> Result<Sequence<'a>, Unshaped> {
        self.met(29);
        self.named(name);
        Ok(Sequence::new(self))
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        index: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Sequence<'a>, Unshaped> {
        self.met(30);
        self.met(u64::from(index));
        self.named(variant);
        Ok(Sequence::new(self))
    }

    fn is_human_readable(&self) -> bool {
        false
    }
}

/// Parts one after the other. Parts in a row that have one shape are met once, and counted.
struct Sequence<'a> {
    shape: &'a mut Shape,
    last: Option<u64>,
    count: u64,
}

impl<'a> Sequence<'a> {
    fn new(shape: &'a mut Shape) -> Self {
        Sequence {
            shape,
            last: None,
            count: 0,
        }
    }

    #[inline]
    fn element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Unshaped> {
        let mut element = Shape(0);
        value.serialize(&mut element)?;
        self.count += 1;
        if self.last.replace(element.0) != Some(element.0) {
            self.shape.met(element.0);
        }
        Ok(())
    }

    fn field<T: Serialize + ?Sized>(&mut self, name: &str, value: &T) -> Result<(), Unshaped> {
        self.shape.named(name);
        value.serialize(&mut *self.shape)
    }

    fn end(self) {
        self.shape.met(31);
        self.shape.met(self.count);
    }
}

/// The entries of a map, in whatever order they come.
struct Unordered<'a> {
    shape: &'a mut Shape,
    key: u64,
    all: u64,
}

impl ser::SerializeMap for Unordered<'_> {
    type Ok = ();
    type Error = Unshaped;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Unshaped> {
        let mut shape = Shape(0);
        key.serialize(&mut shape)?;
        self.key = shape.0;
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Unshaped> {
        let mut shape = Shape(self.key);
        value.serialize(&mut shape)?;
        self.all = self.all.wrapping_add(shape.0);
        Ok(())
    }

    fn end(self) -> Result<(), Unshaped> {
        self.shape.met(self.all);
        Ok(())
    }
}

impl ser::SerializeSeq for Sequence<'_> {
    type Ok = ();
    type Error = Unshaped;

    #[inline]
    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Unshaped> {
        self.element(value)
    }

    fn end(self) -> Result<(), Unshaped> {
        Sequence::end(self);
        Ok(())
    }
}

macro_rules! compound {
    ($($trait:ident::$method:ident($($name:ident)?) = $part:ident),* $(,)?) => {$(
        impl ser::$trait for Sequence<'_> {
            type Ok = ();
            type Error = Unshaped;

            fn $method<T: Serialize + ?Sized>(
                &mut self,
                $($name: &'static str,)?
                value: &T,
            ) -> Result<(), Unshaped> {
                self.$part($($name,)? value)
            }

            fn end(self) -> Result<(), Unshaped> {
                Sequence::end(self);
                Ok(())
            }
        }
    )*};
}

compound! {
    SerializeTuple::serialize_element() = element,
    SerializeTupleStruct::serialize_field() = element,
    SerializeTupleVariant::serialize_field() = element,
    SerializeStruct::serialize_field(name) = field,
    SerializeStructVariant::serialize_field(name) = field,
}
