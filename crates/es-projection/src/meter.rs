//! The status of a projection, as its task changes it and others watch it.

use std::sync::Arc;

use tokio::{sync::watch, time::Instant};

use crate::{Progress, State, Status};

/// Tells the status to all who watch it.
#[derive(Debug)]
pub(crate) struct Meter(watch::Sender<Status>);

/// Which of the two generations a session writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// The one that readers get.
    Serving,
    /// The one that is to take its place.
    Rebuilding,
}

/// When a session began, and where.
#[derive(Clone, Debug)]
pub(crate) struct Start {
    at: Instant,
    positions: Vec<u64>,
}

impl Start {
    pub(crate) fn now(positions: Vec<u64>) -> Self {
        Self {
            at: Instant::now(),
            positions,
        }
    }

    fn rate(&self, index: usize, position: u64) -> f64 {
        let passed = position.saturating_sub(self.positions.get(index).copied().unwrap_or(position));
        let seconds = self.at.elapsed().as_secs_f64();
        #[expect(clippy::cast_precision_loss, reason = "it is an estimate")]
        let passed = passed as f64;
        if seconds > 0.0 { passed / seconds } else { 0.0 }
    }
}

impl Status {
    fn part(&mut self, part: Part) -> &mut Vec<Progress> {
        match part {
            Part::Serving => &mut self.progress,
            Part::Rebuilding => &mut self.rebuilding,
        }
    }
}

impl Meter {
    pub(crate) fn new() -> Self {
        Self(watch::Sender::new(Status::new()))
    }

    pub(crate) fn watch(&self) -> watch::Receiver<Status> {
        self.0.subscribe()
    }

    pub(crate) fn status(&self) -> Status {
        self.0.borrow().clone()
    }

    pub(crate) fn enter(&self, state: State) {
        self.0.send_modify(|status| status.state = state);
    }

    /// A session has begun with these positions and targets.
    pub(crate) fn begin(&self, part: Part, generation: u32, progress: Vec<Progress>) {
        self.0.send_modify(|status| {
            *status.part(part) = progress;
            if part == Part::Serving {
                status.generation = generation;
                status.state = State::CatchingUp;
            }
        });
    }

    /// A session of a rebuild has ended.
    pub(crate) fn end_rebuild(&self) {
        self.0.send_modify(|status| status.rebuilding.clear());
    }

    pub(crate) fn aim(&self, part: Part, targets: &[u64]) {
        self.0.send_modify(|status| {
            for (progress, target) in status.part(part).iter_mut().zip(targets) {
                progress.target = *target;
            }
        });
    }

    /// A transaction has stored `position` of the upstream at `index`.
    pub(crate) fn advance(&self, part: Part, index: usize, position: u64, start: &Start) {
        self.0.send_modify(|status| {
            status.last_error = None;
            if let Some(progress) = status.part(part).get_mut(index) {
                progress.position = position;
                progress.target = progress.target.max(position);
                progress.rate = start.rate(index, position);
            }
        });
    }

    pub(crate) fn report(&self, error: &str) {
        self.0.send_modify(|status| status.last_error = Some(Arc::from(error)));
    }
}
