//! All of it together. The library's counterpart: `Application`.

use std::{
    mem,
    sync::{Arc, Mutex, PoisonError},
};

use es_persistence::ApplicationRecorder;
use uuid::Uuid;

use crate::{
    entity::Example,
    event::DomainEvent,
    publishing::Subscribers,
    store::{EventStore, StoreError},
};

/// Makes, changes and discards examples, and keeps them.
#[derive(Debug)]
pub struct ExampleApplication {
    store: EventStore,
    subscribers: Subscribers,
    policy: PersistencePolicy,
}

/// Hears of all events, and stores those of one command together.
#[derive(Clone, Debug, Default)]
struct PersistencePolicy {
    heard: Arc<Mutex<Vec<DomainEvent>>>,
}

impl PersistencePolicy {
    fn subscribe(&self, subscribers: &mut Subscribers) {
        let heard = Arc::clone(&self.heard);
        let hear = move |event: &DomainEvent| {
            heard.lock().unwrap_or_else(PoisonError::into_inner).push(event.clone());
        };
        subscribers.subscribe(hear);
    }

    async fn store(&self, store: &EventStore) -> Result<(), StoreError> {
        let events = mem::take(&mut *self.heard.lock().unwrap_or_else(PoisonError::into_inner));
        store.store(&events).await
    }
}

impl ExampleApplication {
    /// An application whose events `recorder` keeps.
    #[must_use]
    pub fn new(recorder: Arc<dyn ApplicationRecorder>) -> Self {
        let mut subscribers = Subscribers::default();
        let policy = PersistencePolicy::default();
        policy.subscribe(&mut subscribers);
        Self {
            store: EventStore::new(recorder),
            subscribers,
            policy,
        }
    }

    /// Where the events are.
    pub const fn store(&self) -> &EventStore {
        &self.store
    }

    /// Who hears of events.
    pub const fn subscribers(&mut self) -> &mut Subscribers {
        &mut self.subscribers
    }

    /// Makes an example.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when it cannot be stored.
    pub async fn create_example(&mut self, title: &str) -> Result<Uuid, StoreError> {
        let example = Example::create(title, &mut self.subscribers)?;
        self.policy.store(&self.store).await?;
        Ok(example.id())
    }

    /// Gives the attribute of an example another value. Returns whether there is such an example.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when it cannot be read or stored.
    pub async fn set_title(&mut self, id: Uuid, value: &str) -> Result<bool, StoreError> {
        let Some(example) = self.store.get(id).await? else {
            return Ok(false);
        };
        example.set_title(value, &mut self.subscribers)?;
        self.policy.store(&self.store).await?;
        Ok(true)
    }

    /// Discards an example. Returns whether there was such an example.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when it cannot be read or stored.
    pub async fn discard(&mut self, id: Uuid) -> Result<bool, StoreError> {
        let Some(example) = self.store.get(id).await? else {
            return Ok(false);
        };
        example.discard(&mut self.subscribers)?;
        self.policy.store(&self.store).await?;
        Ok(true)
    }
}
