//! Rows without the types of their aggregates: for tools.

use es_domain::{EventHash, State};

use super::{Mapper, MapperError, body::UntypedState, chain::ChainHead};
use crate::{StoredEvent, cipher::RecordKind};

impl Mapper {
    /// Reads the body of a row without its type: the state is decrypted, decompressed and decoded, and is not brought up to
    /// date.
    ///
    /// # Errors
    ///
    /// [`MapperError`] when the state cannot be read.
    ///
    /// ```
    /// use es_domain::State;
    /// use es_persistence::{Mapper, OriginatorId, StoredEvent};
    ///
    /// let row = StoredEvent::new(OriginatorId::from("rex"), 1, "Dog.Registered", br#"{"name":"Rex"}"#.to_vec());
    /// let state = Mapper::default().to_state(&row)?;
    /// assert_eq!(state.get("name"), Some(&State::from("Rex")));
    /// # Ok::<(), es_persistence::MapperError>(())
    /// ```
    pub fn to_state(&self, row: &StoredEvent) -> Result<State, MapperError> {
        let context = self.event_context(row, RecordKind::Event);
        let plain = self.config.open(&context, &row.state);
        let read = plain.and_then(|plain| self.config.decode_untyped(&plain));
        let state = read.map(|UntypedState { state, .. }| state);
        state.map_err(|kind| MapperError::new(&context, kind))
    }

    /// Verifies that `row` follows the event after which the hash chain of its aggregate has the head `head`. Returns the head
    /// after `row`.
    ///
    /// The head before the first event is [`chain_start`](Self::chain_start); the head after a row that has been verified is
    /// also its [`claimed_head`](Self::claimed_head).
    ///
    /// # Errors
    ///
    /// [`MapperError`] with a [`ChainError`](super::ChainError) when the row is not what was stored after that event.
    pub fn follow_chain(&self, head: EventHash, row: &StoredEvent) -> Result<EventHash, MapperError> {
        let mut head = ChainHead::resume(head);
        let verified = self.config.chain.verify(&mut head, row);
        verified.map_err(|error| self.fail(row, error.into()))?;
        Ok(head.to_hash())
    }
}
