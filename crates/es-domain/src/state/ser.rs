//! Serialization: values to states, and states to formats.

use serde::{
    Serialize, Serializer,
    ser::{
        self, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
        SerializeTupleStruct, SerializeTupleVariant,
    },
};

use super::{State, StateError, number::serialize_integer};

impl Serialize for State {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Integer(value) => serialize_integer(*value, serializer),
            Self::Unsigned(value) => serializer.serialize_u128(*value),
            Self::Float(value) => serializer.serialize_f64(*value),
            Self::Text(text) => serializer.serialize_str(text),
            Self::Bytes(bytes) => serializer.serialize_bytes(bytes),
            Self::List(values) => serializer.collect_seq(values),
            Self::Map(fields) => serializer.collect_map(fields.iter().map(|(key, value)| (key, value))),
        }
    }
}

/// Makes a state of a value.
pub(super) struct StateSerializer;

/// A list, or the list of a variant.
pub(super) struct ListSerializer {
    variant: Option<&'static str>,
    values: Vec<State>,
}

/// A map, or the map of a variant.
pub(super) struct MapSerializer {
    variant: Option<&'static str>,
    fields: Vec<(State, State)>,
    key: Option<State>,
}

fn of_variant(variant: Option<&'static str>, state: State) -> State {
    match variant {
        Some(variant) => State::map([(variant, state)]),
        None => state,
    }
}

impl ListSerializer {
    fn new(variant: Option<&'static str>, len: usize) -> Self {
        let values = Vec::with_capacity(len);
        Self { variant, values }
    }

    fn push<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), StateError> {
        self.values.push(value.serialize(StateSerializer)?);
        Ok(())
    }

    fn finish(self) -> State {
        of_variant(self.variant, State::List(self.values))
    }
}

impl MapSerializer {
    fn new(variant: Option<&'static str>, len: usize) -> Self {
        Self {
            variant,
            fields: Vec::with_capacity(len),
            key: None,
        }
    }

    fn push<T: Serialize + ?Sized>(&mut self, key: State, value: &T) -> Result<(), StateError> {
        self.fields.push((key, value.serialize(StateSerializer)?));
        Ok(())
    }

    fn finish(self) -> State {
        of_variant(self.variant, State::Map(self.fields))
    }
}

macro_rules! integers {
    ($($method:ident($ty:ty);)*) => {$(
        fn $method(self, value: $ty) -> Result<State, StateError> {
            Ok(State::Integer(value.into()))
        }
    )*};
}

impl Serializer for StateSerializer {
    type Ok = State;
    type Error = StateError;
    type SerializeSeq = ListSerializer;
    type SerializeTuple = ListSerializer;
    type SerializeTupleStruct = ListSerializer;
    type SerializeTupleVariant = ListSerializer;
    type SerializeMap = MapSerializer;
    type SerializeStruct = MapSerializer;
    type SerializeStructVariant = MapSerializer;

    integers! {
        serialize_i8(i8);
        serialize_i16(i16);
        serialize_i32(i32);
        serialize_i64(i64);
        serialize_i128(i128);
        serialize_u8(u8);
        serialize_u16(u16);
        serialize_u32(u32);
        serialize_u64(u64);
    }

    fn serialize_u128(self, value: u128) -> Result<State, StateError> {
        Ok(value.into())
    }

    fn serialize_bool(self, value: bool) -> Result<State, StateError> {
        Ok(State::Bool(value))
    }

    fn serialize_f32(self, value: f32) -> Result<State, StateError> {
        Ok(State::Float(value.into()))
    }

    fn serialize_f64(self, value: f64) -> Result<State, StateError> {
        Ok(State::Float(value))
    }

    fn serialize_char(self, value: char) -> Result<State, StateError> {
        Ok(State::Text(value.into()))
    }

    fn serialize_str(self, text: &str) -> Result<State, StateError> {
        Ok(text.into())
    }

    fn serialize_bytes(self, bytes: &[u8]) -> Result<State, StateError> {
        Ok(State::Bytes(bytes.to_owned()))
    }

    fn serialize_none(self) -> Result<State, StateError> {
        Ok(State::Null)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<State, StateError> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<State, StateError> {
        Ok(State::Null)
    }

    fn serialize_unit_struct(self, _name: &'static str) -> Result<State, StateError> {
        Ok(State::Null)
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<State, StateError> {
        Ok(variant.into())
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Result<State, StateError> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<State, StateError> {
        Ok(of_variant(Some(variant), value.serialize(self)?))
    }

    fn serialize_seq(self, len: Option<usize>) -> Result<ListSerializer, StateError> {
        Ok(ListSerializer::new(None, len.unwrap_or_default()))
    }

    fn serialize_tuple(self, len: usize) -> Result<ListSerializer, StateError> {
        Ok(ListSerializer::new(None, len))
    }

    fn serialize_tuple_struct(self, _: &'static str, len: usize) -> Result<ListSerializer, StateError> {
        Ok(ListSerializer::new(None, len))
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        len: usize,
    ) -> Result<ListSerializer, StateError> {
        Ok(ListSerializer::new(Some(variant), len))
    }

    fn serialize_map(self, len: Option<usize>) -> Result<MapSerializer, StateError> {
        Ok(MapSerializer::new(None, len.unwrap_or_default()))
    }

    fn serialize_struct(self, _: &'static str, len: usize) -> Result<MapSerializer, StateError> {
        Ok(MapSerializer::new(None, len))
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        len: usize,
    ) -> Result<MapSerializer, StateError> {
        Ok(MapSerializer::new(Some(variant), len))
    }
}

macro_rules! list {
    ($($trait:ident::$method:ident)*) => {$(
        impl $trait for ListSerializer {
            type Ok = State;
            type Error = StateError;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), StateError> {
                self.push(value)
            }

            fn end(self) -> Result<State, StateError> {
                Ok(self.finish())
            }
        }
    )*};
}

list! {
    SerializeSeq::serialize_element
    SerializeTuple::serialize_element
    SerializeTupleStruct::serialize_field
    SerializeTupleVariant::serialize_field
}

macro_rules! map {
    ($($trait:ident)*) => {$(
        impl $trait for MapSerializer {
            type Ok = State;
            type Error = StateError;

            fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), StateError> {
                self.push(name.into(), value)
            }

            fn end(self) -> Result<State, StateError> {
                Ok(self.finish())
            }
        }
    )*};
}

map! { SerializeStruct SerializeStructVariant }

impl SerializeMap for MapSerializer {
    type Ok = State;
    type Error = StateError;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), StateError> {
        self.key = Some(key.serialize(StateSerializer)?);
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), StateError> {
        let key = self
            .key
            .take()
            .ok_or_else(|| ser::Error::custom("a value came before its key"))?;
        self.push(key, value)
    }

    fn end(self) -> Result<State, StateError> {
        Ok(self.finish())
    }
}
