//! Finds out whether a value is a handle, by the name of the newtype struct that it begins with.

use super::handles::{HANDLE, want_handle};
use serde::ser::{Error, Impossible, Serialize, Serializer};
use std::fmt;

/// Has `value`, if it is a handle, give itself; nothing else of it is looked at.
pub(crate) fn want_of<T: Serialize + ?Sized>(value: &T) {
    // It ends in an error at the first step, whatever the value is.
    let _ = value.serialize(Finder);
}

struct Finder;

/// There is nothing to look at.
#[derive(Debug)]
struct End;

impl fmt::Display for End {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("nothing else is looked at")
    }
}

impl std::error::Error for End {}

impl Error for End {
    fn custom<T: fmt::Display>(_: T) -> Self {
        End
    }
}

type Nothing = Impossible<(), End>;

macro_rules! end {
    ($($method:ident($($type:ty),*) -> $result:ty),* $(,)?) => {
        $(fn $method(self, $(_: $type),*) -> Result<$result, End> { Err(End) })*
    };
}

macro_rules! end_of {
    ($($method:ident($($type:ty),*)),* $(,)?) => {
        $(fn $method<T: Serialize + ?Sized>(self, $(_: $type,)* _: &T) -> Result<(), End> { Err(End) })*
    };
}

impl Serializer for Finder {
    type Ok = ();
    type Error = End;
    type SerializeSeq = Nothing;
    type SerializeTuple = Nothing;
    type SerializeTupleStruct = Nothing;
    type SerializeTupleVariant = Nothing;
    type SerializeMap = Nothing;
    type SerializeStruct = Nothing;
    type SerializeStructVariant = Nothing;

    end! {
        serialize_bool(bool) -> (), serialize_i8(i8) -> (), serialize_i16(i16) -> (),
        serialize_i32(i32) -> (), serialize_i64(i64) -> (), serialize_i128(i128) -> (),
        serialize_u8(u8) -> (), serialize_u16(u16) -> (), serialize_u32(u32) -> (),
        serialize_u64(u64) -> (), serialize_u128(u128) -> (), serialize_f32(f32) -> (),
        serialize_f64(f64) -> (), serialize_char(char) -> (), serialize_str(&str) -> (),
        serialize_bytes(&[u8]) -> (), serialize_none() -> (), serialize_unit() -> (),
        serialize_unit_struct(&'static str) -> (),
        serialize_unit_variant(&'static str, u32, &'static str) -> (),
        serialize_seq(Option<usize>) -> Nothing, serialize_tuple(usize) -> Nothing,
        serialize_tuple_struct(&'static str, usize) -> Nothing,
        serialize_tuple_variant(&'static str, u32, &'static str, usize) -> Nothing,
        serialize_map(Option<usize>) -> Nothing,
        serialize_struct(&'static str, usize) -> Nothing,
        serialize_struct_variant(&'static str, u32, &'static str, usize) -> Nothing,
    }

    end_of! {
        serialize_some(),
        serialize_newtype_variant(&'static str, u32, &'static str),
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        value: &T,
    ) -> Result<(), End> {
        if name == HANDLE {
            want_handle();
            return value.serialize(self);
        }
        Err(End)
    }

    fn is_human_readable(&self) -> bool {
        false
    }
}
