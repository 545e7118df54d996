//! What can be saved together.

use std::collections::VecDeque;

use es_domain::{Aggregate, EventHash, Metadata};
use es_persistence::{Conflict, Mapper, StoredEvent, StoredSnapshot};
use futures_core::future::BoxFuture;

use crate::{ApplicationError, Repository, cache::Cache, snapshots::Snapshots};

/// Aggregates with pending events: `&mut dog`, a tuple of such, or a `Vec` or array of such. Aggregates whose types differ and
/// are known at run time only are a `Vec<Box<dyn Changes>>`.
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

    /// Adds the pending events to `events`, and the hash of each aggregate's last one to `heads`.
    #[doc(hidden)]
    fn encode(&self, mapper: &Mapper, events: &mut Vec<StoredEvent>, heads: &mut Heads)
    -> Result<(), ApplicationError>;

    /// Lets a new aggregate follow the discarded one with which it conflicts. Returns `true` if the changes can be saved
    /// then.
    #[doc(hidden)]
    fn revive<'a>(&'a mut self, repository: &'a Repository, conflict: &'a Conflict) -> Revival<'a>;

    /// Takes the pending events out, because they are stored.
    #[doc(hidden)]
    fn saved(&mut self, stored: &mut Stored<'_>);
}

/// What goes with events that are stored. It is made and used here only.
#[expect(unnameable_types, reason = "users never call the method that takes it")]
#[derive(Debug)]
pub struct Stored<'a> {
    pub(crate) heads: Heads,
    pub(crate) cache: Option<&'a Cache>,
    pub(crate) snapshots: Option<&'a Snapshots>,
    /// The snapshots that are to be kept now.
    pub(crate) due: Vec<StoredSnapshot>,
}

/// Whether a new aggregate follows a discarded one.
pub(crate) type Revival<'a> = BoxFuture<'a, Result<bool, ApplicationError>>;

/// The hash of the last event of each aggregate, in the order of the aggregates; none where events are not chained.
pub(crate) type Heads = VecDeque<Option<EventHash>>;

impl<A: Aggregate> Changes for &mut A {
    fn add_metadata(&mut self, metadata: &Metadata) {
        A::add_metadata(self, metadata);
    }

    fn encode(
        &self,
        mapper: &Mapper,
        events: &mut Vec<StoredEvent>,
        heads: &mut Heads,
    ) -> Result<(), ApplicationError> {
        if let Some(refusal) = self.root().refusal() {
            return Err(refusal.clone().into());
        }
        let head = mapper.pending_to_stored(&**self, events)?;
        heads.push_back(head);
        Ok(())
    }

    fn revive<'a>(&'a mut self, repository: &'a Repository, conflict: &'a Conflict) -> Revival<'a> {
        Box::pin(repository.revive(&mut **self, conflict))
    }

    fn saved(&mut self, stored: &mut Stored<'_>) {
        let events = self.collect_events().len() as u64;
        if let Some(head) = stored.heads.pop_front().flatten() {
            self.set_head(head);
        }
        if let Some(cache) = stored.cache {
            cache.put(&**self);
        }
        let due = stored
            .snapshots
            .and_then(|snapshots| snapshots.encode_due(&**self, events));
        stored.due.extend(due);
    }
}

impl<C: Changes + ?Sized> Changes for Box<C> {
    fn add_metadata(&mut self, metadata: &Metadata) {
        (**self).add_metadata(metadata);
    }

    fn encode(
        &self,
        mapper: &Mapper,
        events: &mut Vec<StoredEvent>,
        heads: &mut Heads,
    ) -> Result<(), ApplicationError> {
        (**self).encode(mapper, events, heads)
    }

    fn revive<'a>(&'a mut self, repository: &'a Repository, conflict: &'a Conflict) -> Revival<'a> {
        (**self).revive(repository, conflict)
    }

    fn saved(&mut self, stored: &mut Stored<'_>) {
        (**self).saved(stored);
    }
}

/// Several changes of one type.
macro_rules! many {
    ($([$($generics:tt)*] $many:ty;)*) => {$(
        impl<C: Changes, $($generics)*> Changes for $many {
            fn add_metadata(&mut self, metadata: &Metadata) {
                for changes in self {
                    changes.add_metadata(metadata);
                }
            }

            fn encode(&self, mapper: &Mapper, events: &mut Vec<StoredEvent>, heads: &mut Heads) -> Result<(), ApplicationError> {
                self.iter().try_for_each(|changes| changes.encode(mapper, events, heads))
            }

            fn revive<'a>(&'a mut self, repository: &'a Repository, conflict: &'a Conflict) -> Revival<'a> {
                Box::pin(async move {
                    for changes in self {
                        if changes.revive(repository, conflict).await? {
                            return Ok(true);
                        }
                    }
                    Ok(false)
                })
            }

            fn saved(&mut self, stored: &mut Stored<'_>) {
                for changes in self {
                    changes.saved(stored);
                }
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

            fn encode(&self, mapper: &Mapper, events: &mut Vec<StoredEvent>, heads: &mut Heads) -> Result<(), ApplicationError> {
                $(self.$index.encode(mapper, events, heads)?;)*
                Ok(())
            }

            fn revive<'a>(&'a mut self, repository: &'a Repository, conflict: &'a Conflict) -> Revival<'a> {
                Box::pin(async move {
                    $(
                        if self.$index.revive(repository, conflict).await? {
                            return Ok(true);
                        }
                    )*
                    Ok(false)
                })
            }

            fn saved(&mut self, stored: &mut Stored<'_>) {
                $(self.$index.saved(stored);)*
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
