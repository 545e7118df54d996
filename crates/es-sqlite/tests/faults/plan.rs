//! How long random tests go on, and what they draw.

use std::{
    env,
    time::{Duration, Instant},
};

/// Rounds to go: a number of them, or as many as fit into the time of a soak.
pub(crate) struct Plan {
    rounds: usize,
    until: Option<Instant>,
    seed: u64,
}

impl Plan {
    /// `rounds` rounds, unless a soak is asked for.
    pub(crate) fn new(name: &str, rounds: usize) -> Self {
        let number = |key: &str| env::var(key).ok().and_then(|value| value.parse::<u64>().ok());
        let until = number("ES_SOAK_SECONDS").map(|seconds| Instant::now() + Duration::from_secs(seconds));
        let seed = number("ES_SEED").unwrap_or_else(|| fastrand::u64(..));
        println!("{name}: replay with ES_SEED={seed}");
        Self { rounds, until, seed }
    }

    /// What the rounds draw from.
    pub(crate) fn random(&self) -> fastrand::Rng {
        fastrand::Rng::with_seed(self.seed)
    }

    /// The seed, for messages.
    pub(crate) const fn seed(&self) -> u64 {
        self.seed
    }

    /// Whether there is another round after `done` rounds.
    pub(crate) fn goes_on(&self, done: usize) -> bool {
        match self.until {
            Some(until) => Instant::now() < until,
            None => done < self.rounds,
        }
    }
}
