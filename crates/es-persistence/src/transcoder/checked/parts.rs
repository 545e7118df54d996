//! Checked lists, maps and structs.

use serde::{
    Serialize,
    ser::{
        SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple, SerializeTupleStruct,
        SerializeTupleVariant,
    },
};

use super::{
    Checked, Place,
    notes::{Notes, Step},
};

/// A value with parts.
pub(in crate::transcoder) struct Parts<'a, P> {
    inner: P,
    notes: &'a Notes,
    levels: usize,
    /// The index of the next element.
    next: usize,
}

impl<'a, P> Parts<'a, P> {
    pub(super) const fn new(inner: P, notes: &'a Notes, levels: usize) -> Self {
        Self {
            inner,
            notes,
            levels,
            next: 0,
        }
    }

    fn end(self) -> P {
        self.notes.leave(self.levels);
        self.inner
    }
}

macro_rules! lists {
    ($($trait:ident::$method:ident)*) => {$(
        impl<P: $trait> $trait for Parts<'_, P> {
            type Ok = P::Ok;
            type Error = P::Error;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), P::Error> {
                let step = Step::Element(self.next);
                self.next += 1;
                let written = self.inner.$method(&Checked::new(value, self.notes));
                written.inspect_err(|_| self.notes.failed_at(step))
            }

            fn end(self) -> Result<P::Ok, P::Error> {
                self.end().end()
            }
        }
    )*};
}

lists! {
    SerializeSeq::serialize_element
    SerializeTuple::serialize_element
    SerializeTupleStruct::serialize_field
    SerializeTupleVariant::serialize_field
}

macro_rules! structs {
    ($($trait:ident)*) => {$(
        impl<P: $trait> $trait for Parts<'_, P> {
            type Ok = P::Ok;
            type Error = P::Error;

            fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), P::Error> {
                let written = self.inner.serialize_field(name, &Checked::new(value, self.notes));
                written.inspect_err(|_| self.notes.failed_at(Step::Field(name)))
            }

            fn skip_field(&mut self, name: &'static str) -> Result<(), P::Error> {
                // A reader misses the field, unless it has a default.
                self.notes.doubt();
                self.inner.skip_field(name)
            }

            fn end(self) -> Result<P::Ok, P::Error> {
                self.end().end()
            }
        }
    )*};
}

structs! { SerializeStruct SerializeStructVariant }

impl<P: SerializeMap> SerializeMap for Parts<'_, P> {
    type Ok = P::Ok;
    type Error = P::Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), P::Error> {
        let written = self.inner.serialize_key(&Checked::at(Place::Key, key, self.notes));
        written.inspect_err(|_| self.notes.failed_at(Step::Entry))
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), P::Error> {
        let written = self.inner.serialize_value(&Checked::new(value, self.notes));
        written.inspect_err(|_| self.notes.failed_at(Step::Entry))
    }

    fn end(self) -> Result<P::Ok, P::Error> {
        self.end().end()
    }
}
