//! What time it is: the one place that asks.

use std::{cell::RefCell, rc::Rc, time::SystemTime};

use crate::{Timestamp, scoped};

/// Tells the time that events are stamped with.
///
/// Implement it to fix or move the time in tests, and install it with [`with_clock`].
pub trait Clock {
    /// The time now.
    fn now(&self) -> Timestamp;
}

/// The clock of the machine, to the microsecond.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the clock that all others go through")]
    fn now(&self) -> Timestamp {
        let micros = match SystemTime::now().duration_since(SystemTime::UNIX_EPOCH) {
            Ok(after) => i64::try_from(after.as_micros()).unwrap_or(i64::MAX),
            Err(before) => -i64::try_from(before.duration().as_micros()).unwrap_or(i64::MAX),
        };
        Timestamp::from_micros(micros)
    }
}

/// A timestamp is a clock that stands still.
impl Clock for Timestamp {
    fn now(&self) -> Timestamp {
        *self
    }
}

thread_local! {
    static CLOCK: RefCell<Option<Rc<dyn Clock>>> = const { RefCell::new(None) };
}

/// Runs `body` with `clock` in place of the machine's, on this thread.
///
/// Calls nest; the clock from before comes back when `body` returns or panics.
///
/// ```
/// use es_domain::{Stamp, Timestamp, with_clock};
///
/// let noon = Timestamp::from_micros(1_700_000_000_000_000);
/// let stamp = with_clock(noon, Stamp::now);
/// assert_eq!(stamp.timestamp(), noon);
/// ```
pub fn with_clock<R>(clock: impl Clock + 'static, body: impl FnOnce() -> R) -> R {
    scoped::with(&CLOCK, Rc::new(clock), body)
}

/// The time by the clock in force on this thread.
pub(crate) fn now() -> Timestamp {
    scoped::current(&CLOCK).map_or_else(|| SystemClock.now(), |clock| clock.now())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_from_before_comes_back_after_a_panic() {
        let fixed = Timestamp::from_micros(7);
        with_clock(fixed, || {
            let panicked = std::panic::catch_unwind(|| with_clock(Timestamp::UNIX_EPOCH, || panic!("on purpose")));
            assert!(panicked.is_err(), "the body panics");
            assert_eq!(now(), fixed);
        });
        assert!(now() > fixed);
    }
}
