//! What a user's functions return that read older states.

use crate::{Cause, State};

/// An upcaster may return this type.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be what an upcaster returns",
    label = "does not return a state",
    note = "an upcaster is `fn(State) -> State` or `fn(State) -> Result<State, E>`"
)]
pub trait Upcast {
    /// The state, or why there is none.
    ///
    /// # Errors
    ///
    /// The function's own.
    fn into_state(self) -> Result<State, Cause>;
}

impl Upcast for State {
    fn into_state(self) -> Result<State, Cause> {
        Ok(self)
    }
}

impl<E: Into<Cause>> Upcast for Result<State, E> {
    fn into_state(self) -> Result<State, Cause> {
        self.map_err(Into::into)
    }
}

/// What reads a retired event may return this type.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be what a retired event becomes",
    label = "does not return a list of events",
    note = "it is read by `fn(State) -> Vec<DogEvent>` or `fn(State) -> Result<Vec<DogEvent>, E>`"
)]
pub trait Bodies<E> {
    /// The events, or why there are none.
    ///
    /// # Errors
    ///
    /// The function's own.
    fn into_bodies(self) -> Result<Vec<E>, Cause>;
}

impl<E> Bodies<E> for Vec<E> {
    fn into_bodies(self) -> Result<Self, Cause> {
        Ok(self)
    }
}

impl<E, const N: usize> Bodies<E> for [E; N] {
    fn into_bodies(self) -> Result<Vec<E>, Cause> {
        Ok(self.into())
    }
}

impl<E, B: Bodies<E>, R: Into<Cause>> Bodies<E> for Result<B, R> {
    fn into_bodies(self) -> Result<Vec<E>, Cause> {
        self.map_err(Into::into)?.into_bodies()
    }
}
