//! What is done about an event that fails.

use std::{error, fmt, sync::Arc, time::Duration};

use es_persistence::{BoxError, OriginatorId, Recorded};
use uuid::Uuid;

/// An event that a projection, a policy or an outbox could not take.
#[derive(Debug)]
#[non_exhaustive]
pub struct Failure {
    /// The application whose event it is.
    pub upstream: Arc<str>,
    /// The position of the event in the log of that application.
    pub position: u64,
    /// The ID of the event.
    pub event_id: Uuid,
    /// The aggregate that the event belongs to.
    pub originator: OriginatorId,
    /// The topic of the event.
    pub topic: String,
    /// How often the event was tried, alone.
    pub attempts: u32,
    /// The error of the projection or policy, of the decoding, or the message of a panic.
    pub error: BoxError,
}

/// What is to be done about an event that fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Remedy {
    /// The event is tried again after a while. Nothing else is done meanwhile.
    RetryAfter(Duration),
    /// The projection or application stops before the event. The lease is given back, so that an instance of a newer program can go on.
    Stop,
    /// The event and all later events of its aggregate are set aside as dead letters, in order, until another attempt is asked
    /// for.
    SetAside,
    /// The event is passed over for good. A dead letter records it.
    Skip,
}

/// How often an event is tried by default before the projection stops.
const ATTEMPTS: u32 = 5;

impl Remedy {
    /// Returns what is done if a runner says nothing else: five attempts within a second, then a stop.
    pub fn by_default(failure: &Failure) -> Self {
        if failure.attempts < ATTEMPTS {
            Self::RetryAfter(Duration::from_millis(10) * 4_u32.pow(failure.attempts.saturating_sub(1)))
        } else {
            Self::Stop
        }
    }
}

impl Failure {
    /// Makes the failure of an event of `upstream`.
    #[doc(hidden)]
    pub fn of<E>(upstream: &Arc<str>, event: &Recorded<E>, attempts: u32, error: BoxError) -> Self {
        Self {
            upstream: Arc::clone(upstream),
            position: event.position(),
            event_id: event.event_id(),
            originator: event.originator().clone(),
            topic: event.topic().to_owned(),
            attempts,
            error,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            upstream,
            position,
            topic,
            originator,
            attempts,
            ..
        } = self;
        write!(
            f,
            "event {topic} of aggregate {originator}, at position {position} of {upstream:?}, failed {attempts} times"
        )
    }
}

impl error::Error for Failure {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        Some(&*self.error)
    }
}

/// An error with all its causes, as one line.
pub fn chain(error: &(dyn error::Error + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    let causes: Vec<_> = causes.map(ToString::to_string).collect();
    causes.join(": ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_is_five_attempts_and_a_stop() {
        let mut failure = Failure {
            upstream: "School".into(),
            position: 7,
            event_id: Uuid::nil(),
            originator: "rex".into(),
            topic: "Dog.Registered".to_owned(),
            attempts: 0,
            error: "no".into(),
        };
        let mut remedies = Vec::new();
        for attempts in 1..=5 {
            failure.attempts = attempts;
            remedies.push(Remedy::by_default(&failure));
        }
        let after = |millis| Remedy::RetryAfter(Duration::from_millis(millis));
        assert_eq!(remedies, [after(10), after(40), after(160), after(640), Remedy::Stop]);
        assert_eq!(
            chain(&failure),
            "event Dog.Registered of aggregate rex, at position 7 of \"School\", failed 5 times: no"
        );
    }
}
