//! Comparable pictures of an aggregate's state.

use serde::{Serialize, de::DeserializeOwned};

use crate::{Aggregate, SnapshotVisitor, State};

/// The state of an aggregate as a snapshot would keep it and as `Debug` prints it, as far as the type has them.
#[derive(Debug, PartialEq)]
pub(super) struct Picture {
    written: Option<State>,
    printed: Option<String>,
}

impl Picture {
    /// Takes a picture. Whether the body of an event has failed is not part of it.
    pub(super) fn of<A: Aggregate>(aggregate: &mut A) -> Self {
        let is_tainted = aggregate.root().is_tainted();
        aggregate.root_mut().set_tainted(false);
        let picture = Self {
            written: A::with_snapshots(Write(aggregate)).flatten(),
            printed: aggregate.try_debug(),
        };
        aggregate.root_mut().set_tainted(is_tainted);
        picture
    }

    /// Returns the state as text.
    pub(super) fn text(&self) -> String {
        match (&self.printed, &self.written) {
            (Some(printed), _) => printed.clone(),
            (None, written) => format!("{written:?}"),
        }
    }
}

struct Write<'a, A>(&'a A);

impl<A: Aggregate> SnapshotVisitor<A> for Write<'_, A> {
    type Output = Option<State>;

    fn visit(self) -> Option<State>
    where
        A: Serialize + DeserializeOwned,
    {
        State::from_value(self.0).ok()
    }
}
