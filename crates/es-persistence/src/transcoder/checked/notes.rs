//! Notes about a value that is being written.

use std::{
    cell::{Cell, RefCell},
    fmt::Write as _,
};

use serde::ser;

use crate::transcoder::MAX_DEPTH;

/// Notes about a value that is being written.
#[derive(Debug)]
pub(in crate::transcoder) struct Notes {
    has_all_floats: bool,
    depth: Cell<usize>,
    is_doubtful: Cell<bool>,
    /// The steps to the part that could not be written, the innermost one first.
    path: RefCell<Vec<Step>>,
}

/// A step from a value to one of its parts. It names fields and never keys of maps, which are content.
#[derive(Clone, Copy, Debug)]
pub(super) enum Step {
    Field(&'static str),
    Element(usize),
    Entry,
}

impl Notes {
    /// Makes notes without an entry. `has_all_floats` is `true` for formats that have NaN and infinities.
    pub(in crate::transcoder) const fn new(has_all_floats: bool) -> Self {
        Self {
            has_all_floats,
            depth: Cell::new(0),
            is_doubtful: Cell::new(false),
            path: RefCell::new(Vec::new()),
        }
    }

    /// Returns `true` if only reading the value tells whether it can be read back.
    pub(in crate::transcoder) const fn is_doubtful(&self) -> bool {
        self.is_doubtful.get()
    }

    /// Returns the field that could not be written, such as `owner.addresses[2].street`.
    pub(in crate::transcoder) fn field(&self) -> Option<String> {
        let mut field = String::new();
        for step in self.path.borrow().iter().rev() {
            // Writing to a text cannot fail.
            let _ = match step {
                Step::Field(name) if field.is_empty() => field.write_str(name),
                Step::Field(name) => write!(field, ".{name}"),
                Step::Element(idx) => write!(field, "[{idx}]"),
                Step::Entry => field.write_str("[…]"),
            };
        }
        (!field.is_empty()).then_some(field)
    }

    pub(super) fn doubt(&self) {
        self.is_doubtful.set(true);
    }

    pub(super) fn enter<E: ser::Error>(&self, levels: usize) -> Result<(), E> {
        let depth = self.depth.get() + levels;
        self.depth.set(depth);
        if depth <= MAX_DEPTH { Ok(()) } else { too_deep() }
    }

    pub(super) fn leave(&self, levels: usize) {
        self.depth.set(self.depth.get() - levels);
    }

    /// Refuses NaN or an infinity, if the format has none.
    pub(super) fn no_number<E: ser::Error>(&self) -> Result<(), E> {
        if self.has_all_floats {
            return Ok(());
        }
        Err(E::custom(
            "NaN and infinities are no numbers of this format: use an `Option`, or MessagePack",
        ))
    }

    /// Adds this part to the path of the error.
    #[cold]
    pub(super) fn failed_at(&self, step: Step) {
        self.path.borrow_mut().push(step);
    }
}

#[cold]
fn too_deep<E: ser::Error>() -> Result<(), E> {
    Err(E::custom(format_args!(
        "it is nested more than {MAX_DEPTH} levels deep, which no reader accepts"
    )))
}
