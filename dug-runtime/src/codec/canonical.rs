//! A serializer in front of another that writes maps in the order of their encoded keys.

use super::encode;
use serde::ser::{
    self, Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant,
    SerializeTuple, SerializeTupleStruct, SerializeTupleVariant, Serializer,
};

/// Serializes as its content does, with every map inside it in key order.
pub(super) struct Canonical<'a, T: ?Sized>(pub(super) &'a T);

impl<T: Serialize + ?Sized> Serialize for Canonical<'_, T> {
    #[inline]
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(Sorted(serializer))
    }
}

/// Bytes that are encoded already. A tuple of bytes has no length in front.
struct Encoded(Vec<u8>);

impl Serialize for Encoded {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut tuple = serializer.serialize_tuple(self.0.len())?;
        for byte in &self.0 {
            tuple.serialize_element(byte)?;
        }
        tuple.end()
    }
}

struct Sorted<S>(S);

fn encoded<T: Serialize + ?Sized, E: ser::Error>(value: &T) -> Result<Encoded, E> {
    encode(value).map(Encoded).map_err(E::custom)
}

macro_rules! forward {
    ($($method:ident($type:ty)),* $(,)?) => {
        $(#[inline] fn $method(self, value: $type) -> Result<S::Ok, S::Error> { self.0.$method(value) })*
    };
}

impl<S: Serializer> Serializer for Sorted<S> {
    type Ok = S::Ok;
    type Error = S::Error;
    type SerializeSeq = Sequence<S>;
    type SerializeTuple = Sorted<S::SerializeTuple>;
    type SerializeTupleStruct = Sorted<S::SerializeTupleStruct>;
    type SerializeTupleVariant = Sorted<S::SerializeTupleVariant>;
    type SerializeMap = Map<S>;
    type SerializeStruct = Sorted<S::SerializeStruct>;
    type SerializeStructVariant = Sorted<S::SerializeStructVariant>;

    forward! {
        serialize_bool(bool), serialize_i8(i8), serialize_i16(i16), serialize_i32(i32),
        serialize_i64(i64), serialize_i128(i128), serialize_u8(u8), serialize_u16(u16),
        serialize_u32(u32), serialize_u64(u64), serialize_u128(u128), serialize_f32(f32),
        serialize_f64(f64), serialize_char(char), serialize_str(&str), serialize_bytes(&[u8]),
        serialize_unit_struct(&'static str),
    }

    #[inline]
    fn serialize_none(self) -> Result<S::Ok, S::Error> {
        self.0.serialize_none()
    }

    #[inline]
    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<S::Ok, S::Error> {
        self.0.serialize_some(&Canonical(value))
    }

    #[inline]
    fn serialize_unit(self) -> Result<S::Ok, S::Error> {
        self.0.serialize_unit()
    }

    #[inline]
    fn serialize_unit_variant(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
    ) -> Result<S::Ok, S::Error> {
        self.0.serialize_unit_variant(name, index, variant)
    }

    #[inline]
    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        value: &T,
    ) -> Result<S::Ok, S::Error> {
        super::handles::meet(name);
        self.0.serialize_newtype_struct(name, &Canonical(value))
    }

    #[inline]
    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<S::Ok, S::Error> {
        self.0
            .serialize_newtype_variant(name, index, variant, &Canonical(value))
    }

    fn serialize_seq(self, len: Option<usize>) -> Result<Sequence<S>, S::Error> {
        Ok(match len {
            Some(_) => Sequence::Counted(self.0.serialize_seq(len)?),
            None => Sequence::Uncounted(self.0, Vec::new()),
        })
    }

    #[inline]
    fn serialize_tuple(self, len: usize) -> Result<Self::SerializeTuple, S::Error> {
        self.0.serialize_tuple(len).map(Sorted)
    }

    fn serialize_tuple_struct(
        self,
        name: &'static str,
        len: usize,
    ) -> Result<Self::SerializeTupleStruct, S::Error> {
        self.0.serialize_tuple_struct(name, len).map(Sorted)
    }

    fn serialize_tuple_variant(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        len: usize,
    ) -> Result<Self::SerializeTupleVariant, S::Error> {
        self.0
            .serialize_tuple_variant(name, index, variant, len)
            .map(Sorted)
    }

    fn serialize_map(self, _len: Option<usize>) -> Result<Map<S>, S::Error> {
        Ok(Map {
            inner: self.0,
            entries: Vec::new(),
        })
    }

    fn serialize_struct(
        self,
        name: &'static str,
        len: usize,
    ) -> Result<Self::SerializeStruct, S::Error> {
        self.0.serialize_struct(name, len).map(Sorted)
    }

    fn serialize_struct_variant(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        len: usize,
    ) -> Result<Self::SerializeStructVariant, S::Error> {
        self.0
            .serialize_struct_variant(name, index, variant, len)
            .map(Sorted)
    }

    fn is_human_readable(&self) -> bool {
        self.0.is_human_readable()
    }
}

/// A sequence whose length the inner serializer must know first, told or not.
enum Sequence<S: Serializer> {
    Counted(S::SerializeSeq),
    Uncounted(S, Vec<Encoded>),
}

impl<S: Serializer> SerializeSeq for Sequence<S> {
    type Ok = S::Ok;
    type Error = S::Error;

    #[inline]
    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), S::Error> {
        match self {
            Sequence::Counted(inner) => inner.serialize_element(&Canonical(value)),
            Sequence::Uncounted(_, elements) => {
                elements.push(encoded(value)?);
                Ok(())
            }
        }
    }

    fn end(self) -> Result<S::Ok, S::Error> {
        match self {
            Sequence::Counted(inner) => inner.end(),
            Sequence::Uncounted(serializer, elements) => elements.serialize(serializer),
        }
    }
}

/// A map that is written when all its entries are known and sorted.
struct Map<S> {
    inner: S,
    entries: Vec<(Encoded, Option<Encoded>)>,
}

impl<S: Serializer> SerializeMap for Map<S> {
    type Ok = S::Ok;
    type Error = S::Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), S::Error> {
        self.entries.push((encoded(key)?, None));
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), S::Error> {
        match self.entries.last_mut() {
            Some((_, place)) => {
                *place = Some(encoded(value)?);
                Ok(())
            }
            None => Err(ser::Error::custom("a map value without a key")),
        }
    }

    fn end(mut self) -> Result<S::Ok, S::Error> {
        self.entries.sort_by(|a, b| a.0.0.cmp(&b.0.0));
        let mut map = self.inner.serialize_map(Some(self.entries.len()))?;
        for (key, value) in &self.entries {
            map.serialize_key(key)?;
            match value {
                Some(value) => map.serialize_value(value)?,
                None => return Err(ser::Error::custom("a map key without a value")),
            }
        }
        map.end()
    }
}

macro_rules! forward_compound {
    ($($trait:ident::$method:ident($($name:ident)?)),* $(,)?) => {$(
        impl<C: $trait> $trait for Sorted<C> {
            type Ok = C::Ok;
            type Error = C::Error;

            #[inline]
            fn $method<T: Serialize + ?Sized>(
                &mut self,
                $($name: &'static str,)?
                value: &T,
            ) -> Result<(), C::Error> {
                self.0.$method($($name,)? &Canonical(value))
            }

            #[inline]
            fn end(self) -> Result<C::Ok, C::Error> {
                self.0.end()
            }
        }
    )*};
}

forward_compound! {
    SerializeTuple::serialize_element(),
    SerializeTupleStruct::serialize_field(),
    SerializeTupleVariant::serialize_field(),
    SerializeStruct::serialize_field(key),
    SerializeStructVariant::serialize_field(key),
}
