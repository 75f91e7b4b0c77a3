//! Arguments as readers of Rust would write them: `"AAPL"`, `Point { x: 1, y: 2 }`, `[1, 2]`.

use serde::ser::{
    self, Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant,
    SerializeTuple, SerializeTupleStruct, SerializeTupleVariant, Serializer,
};
use std::fmt::{self, Write};

/// Characters of one printed argument; what is longer is cut and marked.
const LIMIT: usize = 120;

/// Prints `value`, at most some 120 characters of it.
pub(crate) fn render<T: Serialize + ?Sized>(value: &T) -> String {
    let mut printer = Printer {
        text: String::new(),
        left: LIMIT,
    };
    match value.serialize(&mut printer) {
        Ok(()) => {}
        Err(Stop::Full) => printer.text.push('…'),
        Err(Stop::Failed) => printer.text.push('?'),
    }
    printer.text
}

struct Printer {
    text: String,
    left: usize,
}

#[derive(Debug)]
enum Stop {
    Full,
    Failed,
}

impl fmt::Display for Stop {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("cannot be printed")
    }
}

impl std::error::Error for Stop {}

impl ser::Error for Stop {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Stop::Failed
    }
}

impl Write for Printer {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for character in text.chars() {
            self.left = self.left.checked_sub(1).ok_or(fmt::Error)?;
            self.text.push(character);
        }
        Ok(())
    }
}

impl Printer {
    fn put(&mut self, text: fmt::Arguments<'_>) -> Result<(), Stop> {
        self.write_fmt(text).map_err(|_| Stop::Full)
    }
}

macro_rules! plain {
    ($($method:ident($type:ty) $format:literal),* $(,)?) => {
        $(fn $method(self, value: $type) -> Result<(), Stop> { self.put(format_args!($format, value)) })*
    };
}

impl<'a> Serializer for &'a mut Printer {
    type Ok = ();
    type Error = Stop;
    type SerializeSeq = List<'a>;
    type SerializeTuple = List<'a>;
    type SerializeTupleStruct = List<'a>;
    type SerializeTupleVariant = List<'a>;
    type SerializeMap = List<'a>;
    type SerializeStruct = List<'a>;
    type SerializeStructVariant = List<'a>;

    plain! {
        serialize_bool(bool) "{}", serialize_i8(i8) "{}", serialize_i16(i16) "{}",
        serialize_i32(i32) "{}", serialize_i64(i64) "{}", serialize_i128(i128) "{}",
        serialize_u8(u8) "{}", serialize_u16(u16) "{}", serialize_u32(u32) "{}",
        serialize_u64(u64) "{}", serialize_u128(u128) "{}", serialize_f32(f32) "{:?}",
        serialize_f64(f64) "{:?}", serialize_char(char) "{:?}", serialize_str(&str) "{:?}",
        serialize_bytes(&[u8]) "{:?}", serialize_unit_struct(&'static str) "{}",
    }

    fn serialize_none(self) -> Result<(), Stop> {
        self.put(format_args!("None"))
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Stop> {
        self.put(format_args!("Some("))?;
        value.serialize(&mut *self)?;
        self.put(format_args!(")"))
    }

    fn serialize_unit(self) -> Result<(), Stop> {
        self.put(format_args!("()"))
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
    ) -> Result<(), Stop> {
        self.put(format_args!("{variant}"))
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        value: &T,
    ) -> Result<(), Stop> {
        if name == super::HANDLE {
            super::handles::want_handle();
            // It gives itself, and ends.
            let _ = value.serialize(&mut *self);
            return match crate::handle::found_text() {
                Some(text) => self.put(format_args!("{text}")),
                None => Err(Stop::Failed),
            };
        }
        self.put(format_args!("{name}("))?;
        value.serialize(&mut *self)?;
        self.put(format_args!(")"))
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), Stop> {
        self.serialize_newtype_struct(variant, value)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<List<'a>, Stop> {
        List::open(self, "", "[", "]")
    }

    fn serialize_tuple(self, _: usize) -> Result<List<'a>, Stop> {
        List::open(self, "", "(", ")")
    }

    fn serialize_tuple_struct(self, name: &'static str, _: usize) -> Result<List<'a>, Stop> {
        List::open(self, name, "(", ")")
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<List<'a>, Stop> {
        List::open(self, variant, "(", ")")
    }

    fn serialize_map(self, _: Option<usize>) -> Result<List<'a>, Stop> {
        List::open(self, "", "{", "}")
    }

    fn serialize_struct(self, name: &'static str, _: usize) -> Result<List<'a>, Stop> {
        List::open(self, name, " { ", " }")
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<List<'a>, Stop> {
        List::open(self, variant, " { ", " }")
    }
}

/// Elements between an opening and a closing text.
struct List<'a> {
    printer: &'a mut Printer,
    close: &'static str,
    first: bool,
}

impl<'a> List<'a> {
    fn open(
        printer: &'a mut Printer,
        name: &str,
        open: &str,
        close: &'static str,
    ) -> Result<Self, Stop> {
        printer.put(format_args!("{name}{open}"))?;
        Ok(List {
            printer,
            close,
            first: true,
        })
    }

    fn comma(&mut self) -> Result<(), Stop> {
        if !std::mem::replace(&mut self.first, false) {
            self.printer.put(format_args!(", "))?;
        }
        Ok(())
    }

    fn element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Stop> {
        self.comma()?;
        value.serialize(&mut *self.printer)
    }

    fn field<T: Serialize + ?Sized>(&mut self, key: &str, value: &T) -> Result<(), Stop> {
        self.comma()?;
        self.printer.put(format_args!("{key}: "))?;
        value.serialize(&mut *self.printer)
    }

    fn close(self) -> Result<(), Stop> {
        self.printer.put(format_args!("{}", self.close))
    }
}

macro_rules! elements {
    ($($trait:ident::$method:ident),* $(,)?) => {$(
        impl $trait for List<'_> {
            type Ok = ();
            type Error = Stop;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Stop> {
                self.element(value)
            }

            fn end(self) -> Result<(), Stop> {
                self.close()
            }
        }
    )*};
}

macro_rules! fields {
    ($($trait:ident),* $(,)?) => {$(
        impl $trait for List<'_> {
            type Ok = ();
            type Error = Stop;

            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                key: &'static str,
                value: &T,
            ) -> Result<(), Stop> {
                self.field(key, value)
            }

            fn end(self) -> Result<(), Stop> {
                self.close()
            }
        }
    )*};
}

elements! {
    SerializeSeq::serialize_element,
    SerializeTuple::serialize_element,
    SerializeTupleStruct::serialize_field,
    SerializeTupleVariant::serialize_field,
}

fields!(SerializeStruct, SerializeStructVariant);

impl SerializeMap for List<'_> {
    type Ok = ();
    type Error = Stop;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Stop> {
        self.element(key)?;
        self.printer.put(format_args!(": "))
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Stop> {
        value.serialize(&mut *self.printer)
    }

    fn end(self) -> Result<(), Stop> {
        self.close()
    }
}

#[cfg(test)]
mod tests {
    use super::render;
    use std::collections::BTreeMap;

    #[test]
    fn values_print_as_rust_writes_them() {
        #[derive(serde::Serialize)]
        struct Point {
            x: i32,
            y: Option<f64>,
        }
        assert_eq!(render(&4), "4");
        assert_eq!(render("AAPL"), "\"AAPL\"");
        assert_eq!(render(&(1, 'c')), "(1, 'c')");
        assert_eq!(
            render(&Point { x: 1, y: Some(2.0) }),
            "Point { x: 1, y: Some(2.0) }"
        );
        assert_eq!(render(&BTreeMap::from([(1, [1u8, 2])])), "{1: (1, 2)}");
    }

    #[test]
    fn long_values_are_cut() {
        let text = render(&vec![7; 1000]);
        assert!(text.ends_with('…') && text.chars().count() == 121);
    }
}
