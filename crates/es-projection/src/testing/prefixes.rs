//! Fold equality: however events are cut into batches, the read model is the same.

use std::fmt::Debug;

use es_persistence::{BoxError, EventSet, Recorded};

use crate::{Projection, testing::Given};

impl<S: EventSet> Given<S> {
    /// Checks at every prefix of the events that the read model is the same, whether the events come one by one, all in one
    /// batch, or in two batches.
    ///
    /// `connect` returns a connection to an empty database each time, and `rows` what is compared.
    ///
    /// # Errors
    ///
    /// The error of the projection, of `connect` or of `rows`.
    ///
    /// # Panics
    ///
    /// When two ways give different rows. The message says after how many events, and by which cut.
    ///
    /// # Cancel safety
    ///
    /// The connections are dropped together with the future.
    pub async fn check_every_prefix<C, P, R>(
        self,
        projection: P,
        connect: impl AsyncFn() -> Result<C, BoxError>,
        rows: impl AsyncFn(&mut C) -> Result<R, BoxError>,
    ) -> Result<(), BoxError>
    where
        C: Send + 'static,
        P: Projection<C, Events = S>,
        R: Debug + PartialEq,
    {
        let mut one_by_one = connect().await?;
        projection.create(&mut one_by_one).await?;
        for count in 0..=self.events.len() {
            let prefix = &self.events[..count];
            if let Some(last) = prefix.last() {
                projection.project(last, &mut one_by_one).await?;
            }
            let expected = rows(&mut one_by_one).await?;
            for cut in [0, count / 2] {
                let mut connection = connect().await?;
                project_cut(&projection, prefix, cut, &mut connection).await?;
                let found = rows(&mut connection).await?;
                assert_eq!(
                    found,
                    expected,
                    "after {count} events, a batch of {cut} and one of {} give other rows than one by one",
                    count - cut
                );
            }
        }
        Ok(())
    }
}

async fn project_cut<C: Send + 'static, P: Projection<C>>(
    projection: &P,
    events: &[Recorded<P::Events>],
    cut: usize,
    connection: &mut C,
) -> Result<(), BoxError> {
    projection.create(connection).await?;
    let (first, second) = events.split_at(cut);
    for batch in [first, second] {
        if !batch.is_empty() {
            projection.project_all(batch, connection).await?;
        }
    }
    Ok(())
}
