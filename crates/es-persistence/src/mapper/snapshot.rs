//! Snapshots to rows and back.

use es_domain::{Aggregate, AggregateId as _, Snapshot, SnapshotRef};
use serde::{
    Serialize,
    de::{DeserializeOwned, DeserializeSeed as _},
};

use super::{ChainError, Mapper, MapperError, MapperErrorKind, body::UntypedState};
use crate::{StoredSnapshot, cipher::SealContext};

impl Mapper {
    /// Turns a snapshot into a row. That of a chained aggregate is authenticated.
    ///
    /// # Errors
    ///
    /// [`MapperError`] when the aggregate cannot be written, or is chained and has no head.
    pub fn to_stored_snapshot<A: Aggregate + Serialize>(
        &self,
        snapshot: &SnapshotRef<'_, A>,
    ) -> Result<StoredSnapshot, MapperError> {
        let aggregate = snapshot.aggregate();
        let version = Snapshot::<A>::class_version();
        let mut row = StoredSnapshot::new(
            aggregate.id().to_originator_id(),
            aggregate.version(),
            A::TOPIC,
            Vec::new(),
        )
        .with_timestamp(aggregate.modified_on())
        .with_schema_version(u16::try_from(version).unwrap_or(u16::MAX));
        check_head(aggregate).map_err(|error| self.fail_snapshot(&row, error.into()))?;
        let written = self.config.write(&self.snapshot_context(&row), aggregate);
        row.state = written.map_err(|kind| self.fail_snapshot(&row, kind))?;
        if A::HASH_CHAIN {
            self.config.chain.seal_snapshot(&self.config.application, &mut row);
        }
        Ok(row)
    }

    /// Turns a row into the snapshot of an aggregate of type `A`. States of older versions are brought up to date.
    ///
    /// It does not compare the snapshot with the event that it ends at.
    ///
    /// # Errors
    ///
    /// [`MapperError`] when the row is that of another aggregate, cannot be read, or is not authentic.
    pub fn to_snapshot<A: Aggregate + DeserializeOwned>(
        &self,
        row: &StoredSnapshot,
    ) -> Result<Snapshot<A>, MapperError> {
        let fail = |kind| self.fail_snapshot(row, kind);
        if A::HASH_CHAIN {
            let verified = self.config.chain.verify_snapshot(&self.config.application, row);
            verified.map_err(|error| fail(error.into()))?;
        }
        let plain = self
            .config
            .open(&self.snapshot_context(row), &row.state)
            .map_err(fail)?;
        let aggregate: A = self.read_aggregate(&plain, row.schema_version).map_err(fail)?;
        check_head(&aggregate).map_err(|error| fail(error.into()))?;
        let is_right = row.topic == A::TOPIC
            && aggregate.version() == row.originator_version
            && aggregate.id().to_originator_id() == row.originator_id
            && aggregate.modified_on() == row.timestamp;
        let snapshot = Snapshot::take(aggregate).filter(|_| is_right);
        snapshot.ok_or_else(|| fail(MapperErrorKind::OtherAggregate { aggregate: A::TOPIC }))
    }

    fn read_aggregate<A: Aggregate + DeserializeOwned>(
        &self,
        plain: &[u8],
        version: u16,
    ) -> Result<A, MapperErrorKind> {
        let stored = u32::from(version);
        if Snapshot::<A>::class_version() <= stored {
            return self.config.decode(plain, || std::marker::PhantomData);
        }
        let UntypedState {
            state,
            is_human_readable,
        } = self.config.decode_untyped(plain)?;
        let state = Snapshot::<A>::upcast(stored, state).map_err(|error| self.config.upcasting(error))?;
        let aggregate = std::marker::PhantomData.deserialize(state.into_deserializer(is_human_readable));
        aggregate.map_err(|error| self.config.outdated(error))
    }

    fn snapshot_context<'a>(&'a self, row: &'a StoredSnapshot) -> SealContext<'a> {
        SealContext::of_snapshot(&self.config.application, row)
    }

    fn fail_snapshot(&self, row: &StoredSnapshot, kind: MapperErrorKind) -> MapperError {
        MapperError::new(&self.snapshot_context(row), kind)
    }
}

/// A snapshot without a head could not be followed by any event.
fn check_head<A: Aggregate>(aggregate: &A) -> Result<(), ChainError> {
    if A::HASH_CHAIN && aggregate.head().is_none() {
        return Err(ChainError::Headless);
    }
    Ok(())
}
