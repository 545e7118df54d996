//! What the library does with an aggregate.

use crate::{Aggregate, DomainEvent, EventHash, FreshId, Root, TriggerError, trigger};

/// Access to the [`Root`] of an aggregate, and all that changes an aggregate without one of its own methods.
///
/// Stores call it, and aggregates that are written by hand implement and call it. The [prelude](crate::prelude) does not
/// bring it: code that uses an aggregate calls the aggregate's methods, and a private event method stays private.
/// `#[derive(Aggregate)]` implements it; by hand it takes one method, as the example of [`Event`](crate::Event) shows.
#[diagnostic::on_unimplemented(
    message = "`{Self}` gives no access to its root",
    label = "`RootAccess` is not implemented",
    note = "add `#[derive(Aggregate)]` and a field `root: Root<Self>` to `{Self}`"
)]
pub trait RootAccess: Sized {
    /// Returns the aggregate's root.
    fn root_mut(&mut self) -> &mut Root<Self>
    where
        Self: Aggregate;

    /// Makes a new aggregate of an initial event, which becomes its first pending event.
    ///
    /// # Errors
    ///
    /// [`TriggerError`] if no aggregate starts with `event`, or the event's own code refuses it.
    fn create(id: Self::Id, event: Self::Event) -> Result<Self, TriggerError>
    where
        Self: Aggregate,
    {
        trigger::create(id, event)
    }

    /// Makes a new aggregate of an initial event, with a fresh ID. See [`create`](Self::create).
    ///
    /// # Errors
    ///
    /// [`TriggerError`] if no aggregate starts with `event`, or the event's own code refuses it.
    fn create_fresh(event: Self::Event) -> Result<Self, TriggerError>
    where
        Self: Aggregate<Id: FreshId>,
    {
        Self::create(Self::Id::fresh(), event)
    }

    /// Applies `event` and adds it to the pending events.
    ///
    /// # Errors
    ///
    /// [`TriggerError`] if the aggregate has not been created or is discarded, if another event is being applied, if only
    /// a new aggregate starts with `event`, or if the event's own code refuses it. The version and the pending events are
    /// then as before.
    fn trigger(&mut self, event: Self::Event) -> Result<(), TriggerError>
    where
        Self: Aggregate,
    {
        trigger::trigger(self, event)
    }

    /// Triggers `events` one after the other, as one decision: see [`styles`](crate::styles).
    ///
    /// # Errors
    ///
    /// [`TriggerError`] at the first event that is refused. The root keeps the refusal too, so that the events before it
    /// are not saved without the rest.
    fn trigger_all(&mut self, events: impl IntoIterator<Item = Self::Event>) -> Result<(), TriggerError>
    where
        Self: Aggregate,
    {
        trigger::trigger_all(self, events)
    }

    /// Takes the pending events out. The caller stores them: the aggregate forgets them.
    #[must_use = "events that are dropped here are lost"]
    fn collect_events(&mut self) -> Vec<DomainEvent<Self::Event>>
    where
        Self: Aggregate,
    {
        self.root_mut().collect_events()
    }

    /// Sets the hash of the last stored event. A store calls this after it has read or stored events.
    fn set_head(&mut self, head: EventHash)
    where
        Self: Aggregate,
    {
        self.root_mut().set_head(head);
    }

    /// Lets the pending events of a new aggregate follow those of an earlier life, which ended at `version` with the hash
    /// `head`. Returns `true` if that was done.
    ///
    /// Returns `false` and changes nothing if the aggregate is not new, or if its initial event does not
    /// [revive](crate::EventKind::revives) a discarded aggregate.
    fn revive_after(&mut self, version: u64, head: Option<EventHash>) -> bool
    where
        Self: Aggregate,
    {
        self.root_mut().revive_after(version, head)
    }
}
