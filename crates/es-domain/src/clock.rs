//! What time it is: the one place that asks.

use std::{
    cell::RefCell,
    rc::Rc,
    sync::Arc,
    time::{Duration, SystemTime},
};

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
        let micros = |span: Duration| i64::try_from(span.as_micros()).ok();
        let of = |micros: Option<i64>| Timestamp::from_micros(micros?).ok();
        // A machine whose clock stands outside of the years 1 to 9999 gets the nearest time that there is.
        match SystemTime::now().duration_since(SystemTime::UNIX_EPOCH) {
            Ok(after) => of(micros(after)).unwrap_or(Timestamp::MAX),
            Err(before) => of(micros(before.duration()).map(i64::wrapping_neg)).unwrap_or(Timestamp::MIN),
        }
    }
}

/// A timestamp is a clock that stands still.
impl Clock for Timestamp {
    fn now(&self) -> Timestamp {
        *self
    }
}

impl<C: Clock + ?Sized> Clock for Arc<C> {
    fn now(&self) -> Timestamp {
        (**self).now()
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
/// let noon = Timestamp::from_micros(1_700_000_000_000_000)?;
/// let stamp = with_clock(noon, Stamp::now);
/// assert_eq!(stamp.timestamp(), noon);
/// # Ok::<(), es_domain::TimestampRangeError>(())
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
        let fixed = Timestamp::from_micros(7).unwrap();
        with_clock(fixed, || {
            let panicked = std::panic::catch_unwind(|| with_clock(Timestamp::UNIX_EPOCH, || panic!("on purpose")));
            assert!(panicked.is_err(), "the body panics");
            assert_eq!(now(), fixed);
        });
        assert!(now() > fixed);
    }
}
