//! Effects outside of the system: mails, payments, messages to brokers.

use std::{fmt, future::Future};

use es_persistence::{BoxError, EventSet, Recorded};
use uuid::Uuid;

use crate::{Processing, worker::Reaction};

/// Carries out effects outside of the system because of events of an application: sends mails, say.
///
/// The row of the event is the row of the outbox: it is stored in the same transaction as everything else that a command or a
/// policy does, so that no effect is forgotten and none is carried out for a command that was not stored. One worker at a time
/// delivers, in the order of the log. Each event is delivered at least once: a process that is killed after a delivery and before
/// its record delivers again, with the same key, by which the receiver can tell.
///
/// ```
/// use es_system::{DeliveryKey, prelude::*};
/// # use es_domain::prelude::*;
/// # #[derive(Aggregate, Clone, Debug, Default, Serialize, Deserialize)]
/// # pub struct Order { root: Root<Self> }
/// # #[events]
/// # impl Order {
/// #     #[event(Confirmed)]
/// #     pub fn confirm(customer: &str) -> Self { Self::default() }
/// # }
/// # struct Post;
/// # impl Post { async fn send(&self, to: &str, key: &str) -> Result<(), BoxError> { Ok(()) } }
///
/// /// Writes to customers.
/// pub struct Mails { post: Post }
///
/// impl Outbox for Mails {
///     type Events = OrderEvent;
///     const NAME: &str = "Mails";
///
///     async fn deliver(&self, event: &Recorded<OrderEvent>, key: &DeliveryKey) -> Result<(), BoxError> {
///         let OrderEvent::Confirmed { customer } = event.body();
///         self.post.send(customer, &key.to_string()).await
///     }
/// }
/// ```
pub trait Outbox: Send + Sync + 'static {
    /// The events that have effects: those of one aggregate (`OrderEvent`), or an enum with `#[derive(EventSet)]`.
    type Events: EventSet;

    /// The name under which the position and the dead letters are kept, in the tables of the application.
    const NAME: &'static str;

    /// Carries out the effect of one event. The key is the same at each attempt, and no other event has it.
    ///
    /// # Errors
    ///
    /// After an error the event is delivered again later, by default ten times in about a quarter of an hour, and is then set
    /// aside as a dead letter. [`System::on_error`](crate::System::on_error) says otherwise.
    fn deliver(
        &self,
        event: &Recorded<Self::Events>,
        key: &DeliveryKey,
    ) -> impl Future<Output = Result<(), BoxError>> + Send;
}

/// The key by which a receiver tells that it has had a delivery before.
///
/// It is the ID of the event; the parts of an event that was split by an upcaster have their number behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DeliveryKey {
    event_id: Uuid,
    part: usize,
}

impl DeliveryKey {
    /// The ID of the stored event.
    pub const fn event_id(&self) -> Uuid {
        self.event_id
    }
}

impl fmt::Display for DeliveryKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.part {
            0 => self.event_id.fmt(f),
            part => write!(f, "{}-{part}", self.event_id),
        }
    }
}

/// An outbox, as a worker calls it.
#[derive(Debug)]
pub(crate) struct Delivery<O>(pub(crate) O);

impl<O: Outbox> Reaction for Delivery<O> {
    type Events = O::Events;

    // What was delivered is recorded at once: a failure later in a batch must not deliver it again.
    const IN_BATCHES: bool = false;

    async fn react(&self, event: &Recorded<O::Events>, part: usize, _processing: &Processing) -> Result<(), BoxError> {
        let event_id = event.event_id();
        self.0.deliver(event, &DeliveryKey { event_id, part }).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_one_event_have_keys_of_their_own() {
        let event_id = Uuid::from_u128(7);
        let keys = [0, 1, 2].map(|part| DeliveryKey { event_id, part }.to_string());
        assert_eq!(
            keys,
            [
                "00000000-0000-0000-0000-000000000007",
                "00000000-0000-0000-0000-000000000007-1",
                "00000000-0000-0000-0000-000000000007-2"
            ]
        );
    }
}
