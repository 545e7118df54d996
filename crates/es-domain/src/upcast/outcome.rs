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

/// The events that a retired event becomes, as its function may return them.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be what a retired event becomes",
    label = "does not return a list of events",
    note = "it is read by a function that returns `Vec<DogEvent>` or `Result<Vec<DogEvent>, E>`"
)]
pub trait Bodies<E> {
    /// Returns the events, or why there are none.
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

/// A function that reads a retired event. `Arguments` tells the two kinds of functions apart.
#[diagnostic::on_unimplemented(
    message = "a retired event cannot be read by `{Self}`",
    label = "not a function that reads a retired event",
    note = "it is read by `fn(State) -> Vec<DogEvent>` or `fn(State, u32) -> Vec<DogEvent>`, where `u32` is the version in \
            which the state was stored; the function may return `Result<Vec<DogEvent>, E>`, too"
)]
pub trait ReadRetired<E, Arguments> {
    /// Reads the events out of the state of a version.
    ///
    /// # Errors
    ///
    /// The function's own.
    fn read_retired(self, state: State, version: u32) -> Result<Vec<E>, Cause>;
}

impl<E, B: Bodies<E>, F: FnOnce(State) -> B> ReadRetired<E, (State,)> for F {
    fn read_retired(self, state: State, _: u32) -> Result<Vec<E>, Cause> {
        self(state).into_bodies()
    }
}

impl<E, B: Bodies<E>, F: FnOnce(State, u32) -> B> ReadRetired<E, (State, u32)> for F {
    fn read_retired(self, state: State, version: u32) -> Result<Vec<E>, Cause> {
        self(state, version).into_bodies()
    }
}
