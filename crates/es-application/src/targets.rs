//! The aggregates that a command is about.

use std::{collections::HashSet, hash::Hash};

use es_domain::{AggregateId, OriginatorId};

use crate::{ApplicationError, Changes, Repository};

/// The aggregates of a command, named by their IDs: one ID, a tuple of IDs of any types, or a list of IDs of one type.
///
/// `M` tells these cases apart; the compiler infers it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not name aggregates",
    label = "neither the ID of an aggregate nor several of them",
    note = "name one aggregate by its ID, several as `(cart_id, stock_id)` or as `vec![first_id, second_id]`"
)]
pub trait Targets<M>: Clone + Send {
    /// The aggregates.
    type Aggregates: Send;

    /// What the command is given: `&mut` of the aggregate, or several of them in the form of the IDs.
    type Borrowed<'a>: Changes
    where
        Self: 'a;

    /// Adds the IDs as rows have them.
    #[doc(hidden)]
    fn push_ids(&self, ids: &mut Vec<OriginatorId>);

    /// Reads the aggregates.
    #[doc(hidden)]
    fn get(self, repository: &Repository) -> impl Future<Output = Result<Self::Aggregates, ApplicationError>> + Send;

    /// Lends the aggregates out.
    #[doc(hidden)]
    fn borrow(aggregates: &mut Self::Aggregates) -> Self::Borrowed<'_>
    where
        Self: Sized;
}

/// One aggregate.
#[derive(Debug)]
pub enum One {}

/// Several aggregates.
#[derive(Debug)]
pub enum Several {}

impl<I: AggregateId> Targets<One> for I {
    type Aggregates = I::Aggregate;
    type Borrowed<'a>
        = &'a mut I::Aggregate
    where
        Self: 'a;

    fn push_ids(&self, ids: &mut Vec<OriginatorId>) {
        ids.push(self.to_originator_id());
    }

    async fn get(self, repository: &Repository) -> Result<I::Aggregate, ApplicationError> {
        repository.get(self).await
    }

    fn borrow(aggregate: &mut I::Aggregate) -> &mut I::Aggregate {
        aggregate
    }
}

impl<I: AggregateId> Targets<Several> for Vec<I> {
    type Aggregates = Vec<I::Aggregate>;
    type Borrowed<'a>
        = Vec<&'a mut I::Aggregate>
    where
        Self: 'a;

    fn push_ids(&self, ids: &mut Vec<OriginatorId>) {
        ids.extend(self.iter().map(I::to_originator_id));
    }

    async fn get(self, repository: &Repository) -> Result<Vec<I::Aggregate>, ApplicationError> {
        let mut aggregates = Vec::with_capacity(self.len());
        for id in self {
            aggregates.push(repository.get(id).await?);
        }
        Ok(aggregates)
    }

    fn borrow(aggregates: &mut Vec<I::Aggregate>) -> Vec<&mut I::Aggregate> {
        aggregates.iter_mut().collect()
    }
}

macro_rules! tuple {
    ($($name:ident $index:tt),*) => {
        impl<$($name: AggregateId),*> Targets<Several> for ($($name,)*) {
            type Aggregates = ($($name::Aggregate,)*);
            type Borrowed<'a> = ($(&'a mut $name::Aggregate,)*) where Self: 'a;

            fn push_ids(&self, ids: &mut Vec<OriginatorId>) {
                $(ids.push(self.$index.to_originator_id());)*
            }

            async fn get(self, repository: &Repository) -> Result<Self::Aggregates, ApplicationError> {
                Ok(($(repository.get(self.$index).await?,)*))
            }

            fn borrow(aggregates: &mut Self::Aggregates) -> Self::Borrowed<'_> {
                ($(&mut aggregates.$index,)*)
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

/// Returns the IDs of the aggregates in the order of their values, or the ID that is named twice.
pub(crate) fn ids<M>(targets: &impl Targets<M>) -> Result<Vec<OriginatorId>, OriginatorId> {
    let mut ids = Vec::with_capacity(1);
    targets.push_ids(&mut ids);
    if let Some(id) = repeated(&ids) {
        return Err(id.clone());
    }
    ids.sort_unstable();
    Ok(ids)
}

fn repeated<T: Eq + Hash>(values: &[T]) -> Option<&T> {
    if values.len() < 2 {
        return None;
    }
    let mut seen = HashSet::with_capacity(values.len());
    values.iter().find(|value| !seen.insert(*value))
}
