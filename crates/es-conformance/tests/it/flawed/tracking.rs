//! Tracking with a fault.

use es_persistence::{
    AggregateRecorder as _, BoxFuture, ProcessRecorder, RecorderError, StoredEvent, Tracking, TrackingKey,
    TrackingRecorder, check_tracking,
};

use super::{Flaw, recorder::Flawed};

impl Flawed {
    fn alter_tracking(&self, tracking: Tracking) -> Tracking {
        let mut altered = tracking;
        altered.key = self.alter_key(altered.key);
        match self.flaw {
            Flaw::NoEventId => altered.event_id = None,
            Flaw::NoFence => altered.fence = 0,
            Flaw::UncheckedTracking if check_tracking("flawed", &altered).is_err() => {
                altered = Tracking::new("anything", 1);
            }
            _ => {}
        }
        altered
    }

    fn alter_key(&self, key: TrackingKey) -> TrackingKey {
        match self.flaw {
            Flaw::OneConsumer => TrackingKey::of(key.upstream),
            Flaw::JoinedNames => TrackingKey::of([&*key.consumer, &*key.upstream].concat()),
            _ => key,
        }
    }

    /// Returns the fence of the last tracking, so that a greater one is never asked for.
    async fn with_last_fence(&self, tracking: Tracking) -> Result<Tracking, RecorderError> {
        let last = self.memory.last_tracking(tracking.key.clone()).await?;
        let fence = last.map_or(0, |last| last.fence).max(tracking.fence);
        Ok(tracking.with_fence(fence))
    }

    /// Returns what is told of a key that was altered.
    async fn told(&self, key: TrackingKey) -> Result<Option<Tracking>, RecorderError> {
        let last = self.memory.last_tracking(self.alter_key(key.clone())).await?;
        Ok(last.map(|mut last| {
            last.key = key;
            last
        }))
    }
}

impl TrackingRecorder for Flawed {
    fn insert_tracking(&self, tracking: Tracking) -> BoxFuture<'_, Result<(), RecorderError>> {
        Box::pin(async {
            let mut tracking = self.alter_tracking(tracking);
            if self.flaw == Flaw::LenientFence {
                tracking = self.with_last_fence(tracking).await?;
            }
            match self.memory.insert_tracking(tracking).await {
                Err(_) if self.flaw == Flaw::TracksAgain => Ok(()),
                tracked => tracked,
            }
        })
    }

    fn last_tracking(&self, key: TrackingKey) -> BoxFuture<'_, Result<Option<Tracking>, RecorderError>> {
        Box::pin(self.told(key))
    }

    fn wait_for_tracking(&self, key: TrackingKey, position: u64) -> BoxFuture<'_, Result<(), RecorderError>> {
        self.memory.wait_for_tracking(self.alter_key(key), position)
    }
}

impl ProcessRecorder for Flawed {
    fn insert_events_with_tracking(
        &self,
        events: Vec<StoredEvent>,
        tracking: Tracking,
    ) -> BoxFuture<'_, Result<Vec<u64>, RecorderError>> {
        let tracking = self.alter_tracking(tracking);
        Box::pin(async {
            match self.flaw {
                Flaw::ForgetsTracking => self.insert_events(events).await,
                Flaw::TrackingFirst => {
                    self.memory.insert_tracking(tracking).await?;
                    self.insert_events(events).await
                }
                Flaw::HalfWhenDropped => {
                    let stored = self.insert_events(events).await?;
                    self.memory.insert_tracking(tracking).await?;
                    Ok(stored)
                }
                Flaw::LenientFence => {
                    let tracking = self.with_last_fence(tracking).await?;
                    self.memory.insert_events_with_tracking(events, tracking).await
                }
                _ => {
                    let stored = self.memory.insert_events_with_tracking(events, tracking).await;
                    self.tell();
                    Ok(stored?.into_iter().map(|position| self.spread(position)).collect())
                }
            }
        })
    }
}
