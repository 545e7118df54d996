//! A value that is in force on one thread while a closure runs.

use std::{cell::RefCell, rc::Rc, thread::LocalKey};

/// Where the value in force stands, or `None` for the default.
pub(crate) type Slot<T> = LocalKey<RefCell<Option<Rc<T>>>>;

/// Runs `body` with `value` in force; the value from before comes back when it returns or panics.
pub(crate) fn with<T: ?Sized, R>(slot: &'static Slot<T>, value: Rc<T>, body: impl FnOnce() -> R) -> R {
    let _restored = Restore {
        slot,
        before: slot.replace(Some(value)),
    };
    body()
}

/// The value in force.
pub(crate) fn current<T: ?Sized>(slot: &'static Slot<T>) -> Option<Rc<T>> {
    slot.with_borrow(Option::clone)
}

struct Restore<T: ?Sized + 'static> {
    slot: &'static Slot<T>,
    before: Option<Rc<T>>,
}

impl<T: ?Sized> Drop for Restore<T> {
    fn drop(&mut self) {
        self.slot.set(self.before.take());
    }
}
