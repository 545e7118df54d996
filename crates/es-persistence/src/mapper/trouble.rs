//! Errors that no format has a place for, on their way through its deserializer.

use std::cell::Cell;

use es_domain::UpcastError;
use serde::de;

use super::{MapperError, MapperErrorKind};

/// What went wrong while a state was read, apart from what the format says.
#[derive(Default)]
pub(super) struct Trouble {
    newer: Cell<Option<(u32, u32)>>,
    upcasting: Cell<Option<UpcastError>>,
}

impl Trouble {
    /// Says that a body of a newer version begins.
    pub(super) fn expect_newer(&self, stored: u32, known: u32) {
        self.newer.set(Some((stored, known)));
    }

    /// Says that the body could be read.
    pub(super) fn forget(&self) {
        self.newer.set(None);
    }

    /// Keeps `error`, and returns one for the format to carry.
    pub(super) fn keep<E: de::Error>(&self, error: UpcastError) -> E {
        let text = E::custom(&error);
        self.upcasting.set(Some(error));
        text
    }

    /// The error with the cause that the format could not carry.
    pub(super) fn explain(self, error: MapperError) -> MapperError {
        error.map_kind(
            |kind| match (self.upcasting.into_inner(), self.newer.into_inner(), kind) {
                (Some(error), ..) => MapperErrorKind::Upcasting(error),
                (None, Some((stored, known)), MapperErrorKind::Decoding(source)) => {
                    MapperErrorKind::NewerVersion { stored, known, source }
                }
                (None, _, kind) => kind,
            },
        )
    }
}
