//! What can be saved together.

use es_domain::{Aggregate, Metadata};
use es_persistence::{Mapper, StoredEvent};

use crate::ApplicationError;

/// Aggregates with pending events: `&mut dog`, a tuple of such, or a `Vec` or array of such.
///
/// It is implemented here and nowhere else.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be saved",
    label = "neither `&mut` of an aggregate nor several of them",
    note = "save one aggregate as `&mut dog`, several as `(&mut page, &mut index)`"
)]
pub trait Changes: Send {
    /// Puts `metadata` on the pending events.
    #[doc(hidden)]
    fn add_metadata(&mut self, metadata: &Metadata);

    /// Adds the pending events to `events`.
    #[doc(hidden)]
    fn encode(&self, mapper: &Mapper, events: &mut Vec<StoredEvent>) -> Result<(), ApplicationError>;

    /// Takes the pending events out: they are stored.
    #[doc(hidden)]
    fn forget_pending(&mut self);
}

impl<A: Aggregate> Changes for &mut A {
    fn add_metadata(&mut self, metadata: &Metadata) {
        A::add_metadata(self, metadata);
    }

    fn encode(&self, mapper: &Mapper, events: &mut Vec<StoredEvent>) -> Result<(), ApplicationError> {
        if let Some(refusal) = self.root().refusal() {
            return Err(refusal.clone().into());
        }
        for event in self.pending_events() {
            events.push(mapper.to_stored(event)?);
        }
        Ok(())
    }

    fn forget_pending(&mut self) {
        drop(self.collect_events());
    }
}

/// Several changes of one type.
macro_rules! many {
    ($([$($generics:tt)*] $many:ty;)*) => {$(
        impl<C: Changes, $($generics)*> Changes for $many {
            fn add_metadata(&mut self, metadata: &Metadata) {
                self.iter_mut().for_each(|changes| changes.add_metadata(metadata));
            }

            fn encode(&self, mapper: &Mapper, events: &mut Vec<StoredEvent>) -> Result<(), ApplicationError> {
                self.iter().try_for_each(|changes| changes.encode(mapper, events))
            }

            fn forget_pending(&mut self) {
                self.iter_mut().for_each(C::forget_pending);
            }
        }
    )*};
}

many! {
    [] Vec<C>;
    [const N: usize] [C; N];
}

/// Several changes of several types.
macro_rules! tuple {
    ($($name:ident $index:tt),*) => {
        impl<$($name: Changes),*> Changes for ($($name,)*) {
            fn add_metadata(&mut self, metadata: &Metadata) {
                $(self.$index.add_metadata(metadata);)*
            }

            fn encode(&self, mapper: &Mapper, events: &mut Vec<StoredEvent>) -> Result<(), ApplicationError> {
                $(self.$index.encode(mapper, events)?;)*
                Ok(())
            }

            fn forget_pending(&mut self) {
                $(self.$index.forget_pending();)*
            }
        }
    };
}

tuple!(A 0);
tuple!(A 0, B 1);
tuple!(A 0, B 1, C 2);
tuple!(A 0, B 1, C 2, D 3);
tuple!(A 0, B 1, C 2, D 3, E 4);
tuple!(A 0, B 1, C 2, D 3, E 4, F 5);
tuple!(A 0, B 1, C 2, D 3, E 4, F 5, G 6);
tuple!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7);
