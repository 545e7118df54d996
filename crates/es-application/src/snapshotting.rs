//! Snapshots that the program takes and discards itself.

use es_domain::{Aggregate, AggregateId};
use es_persistence::SnapshotDeletion;
use serde::{Serialize, de::DeserializeOwned};

use crate::{Application, ApplicationError, snapshots::Snapshots};

impl Application {
    /// Keeps the aggregate's present state, so that later readings begin there and need only the events after it. Returns
    /// the version that was kept.
    ///
    /// The type must be serializable. The snapshot replaces an earlier one of the same version.
    ///
    /// ```
    /// # use es_application::prelude::*;
    /// # use es_domain::prelude::*;
    /// # #[derive(Aggregate, Clone, Debug, Default, Serialize, Deserialize)]
    /// # struct Dog { root: Root<Self>, tricks: Vec<String> }
    /// # #[events]
    /// # impl Dog {
    /// #     #[event(Registered)]
    /// #     fn register() -> Self { Self::default() }
    /// #     #[event(TrickAdded)]
    /// #     fn add_trick(&mut self, trick: &str) { self.tricks.push(trick.to_owned()); }
    /// # }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), ApplicationError> {
    /// let environment = Environment::new("DogSchool").with("IS_SNAPSHOTTING_ENABLED", "y");
    /// let app = Application::builder("DogSchool").environment(environment).open().await?;
    ///
    /// let mut dog = Dog::register();
    /// dog.add_trick("roll over");
    /// app.save(&mut dog).await?;
    /// assert_eq!(app.take_snapshot(dog.id()).await?, 2);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`ApplicationError::SnapshotsDisabled`] when neither `IS_SNAPSHOTTING_ENABLED` nor
    /// [`snapshot_every`](crate::ApplicationBuilder::snapshot_every) has switched snapshots on; otherwise as
    /// [`Repository::get`](crate::Repository::get), and when the snapshot cannot be stored.
    ///
    /// # Cancel safety
    ///
    /// A future that is dropped leaves the snapshot taken or not.
    pub async fn take_snapshot<I>(&self, id: I) -> Result<u64, ApplicationError>
    where
        I: AggregateId,
        I::Aggregate: Serialize + DeserializeOwned,
    {
        self.take_snapshot_at(id, u64::MAX).await
    }

    /// Takes a snapshot of the aggregate as it was at `version`. If its last version is lower, the snapshot is of the last
    /// version. Returns the version of the snapshot.
    ///
    /// # Errors
    ///
    /// The errors of [`take_snapshot`](Self::take_snapshot).
    ///
    /// # Cancel safety
    ///
    /// The same as for [`take_snapshot`](Self::take_snapshot).
    pub async fn take_snapshot_at<I>(&self, id: I, version: u64) -> Result<u64, ApplicationError>
    where
        I: AggregateId,
        I::Aggregate: Serialize + DeserializeOwned,
    {
        let repository = self.repository();
        let snapshots = self.kept_snapshots()?;
        let aggregate = repository.get_at(id, version).await?;
        if let Some(snapshot) = snapshots.encode(&aggregate)? {
            snapshots.keep(vec![snapshot]).await?;
        }
        Ok(aggregate.version())
    }

    /// Discards the snapshots of one aggregate, such as after its events were changed by
    /// hand. It is read from its events until the next snapshot is taken.
    ///
    /// # Errors
    ///
    /// [`ApplicationError::SnapshotsDisabled`] as by [`take_snapshot`](Self::take_snapshot), and when the store cannot be
    /// written. It is no error that there are none.
    ///
    /// # Cancel safety
    ///
    /// A future that is dropped leaves all of them discarded or none.
    pub async fn discard_snapshots<I: AggregateId>(&self, id: I) -> Result<(), ApplicationError> {
        let doomed = SnapshotDeletion::OfAggregate(id.to_originator_id());
        Ok(self.kept_snapshots()?.discard(doomed).await?)
    }

    /// Discards the snapshots of all aggregates of a type, such as after its state has got another meaning.
    ///
    /// # Errors
    ///
    /// As [`discard_snapshots`](Self::discard_snapshots).
    ///
    /// # Cancel safety
    ///
    /// As [`discard_snapshots`](Self::discard_snapshots).
    pub async fn discard_snapshots_of<A: Aggregate>(&self) -> Result<(), ApplicationError> {
        let doomed = SnapshotDeletion::OfTopic(A::TOPIC.to_owned());
        Ok(self.kept_snapshots()?.discard(doomed).await?)
    }

    fn kept_snapshots(&self) -> Result<&Snapshots, ApplicationError> {
        self.repository().snapshots().ok_or(ApplicationError::SnapshotsDisabled)
    }
}
