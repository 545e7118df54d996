//! Rounds, medians and rows.

use std::{fmt, time::Instant};

/// Runs benchmarks whose names a filter lets through, and prints a row for each.
pub(crate) struct Bench {
    filter: String,
}

/// How many rounds there are; the median counts.
const ROUNDS: usize = 5;

/// The figure of one benchmark: nanoseconds for one operation.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Figure(f64);

/// A printed row.
pub(crate) struct Row<'a> {
    name: &'a str,
    figure: Figure,
    against: Option<(&'a str, Figure)>,
}

impl Bench {
    pub(crate) const fn new(filter: String) -> Self {
        Self { filter }
    }

    pub(crate) fn wants(&self, name: &str) -> bool {
        name.contains(&self.filter)
    }

    /// Times `work`, which does `operations` operations a call.
    pub(crate) fn time(operations: usize, mut work: impl FnMut()) -> Figure {
        work();
        let rounds = (0..ROUNDS).map(|_| {
            let start = Instant::now();
            work();
            nanoseconds(start, operations)
        });
        median(rounds.collect())
    }

    /// Prints the row of a benchmark, beside that of the same work by hand.
    pub(crate) fn row(name: &str, figure: Figure, against: Option<(&str, Figure)>) {
        println!("{}", Row { name, figure, against });
    }
}

/// Times rounds of two things in turn, so that a change of the machine's speed meets both.
pub(crate) struct Rounds {
    ours: Vec<f64>,
    theirs: Vec<f64>,
}

impl Rounds {
    /// The numbers of the rounds; the first is a warm-up that does not count.
    pub(crate) fn numbers() -> std::ops::RangeInclusive<usize> {
        0..=ROUNDS
    }

    pub(crate) const fn new() -> Self {
        Self {
            ours: Vec::new(),
            theirs: Vec::new(),
        }
    }

    pub(crate) fn add(&mut self, round: usize, operations: usize, ours: Lap, theirs: Lap) {
        if round > 0 {
            self.ours.push(ours.0 / float(operations));
            self.theirs.push(theirs.0 / float(operations));
        }
    }

    pub(crate) fn figures(self) -> (Figure, Figure) {
        (median(self.ours), median(self.theirs))
    }
}

/// The nanoseconds of one round.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lap(f64);

impl Lap {
    pub(crate) fn since(start: Instant) -> Self {
        Self(nanoseconds(start, 1))
    }

    /// A lap of this length.
    pub(crate) fn of(time: std::time::Duration) -> Self {
        Self(time.as_secs_f64() * 1e9)
    }

    /// The round in the middle.
    pub(crate) fn median(laps: Vec<Self>) -> Self {
        Self(median(laps.into_iter().map(|lap| lap.0).collect()).0)
    }

    /// The time of one operation of a round of `operations`.
    pub(crate) const fn each(self, operations: usize) -> Self {
        Self(self.0 / float(operations))
    }
}

fn nanoseconds(start: Instant, operations: usize) -> f64 {
    start.elapsed().as_secs_f64() * 1e9 / float(operations)
}

#[expect(clippy::cast_precision_loss, reason = "there are not so many operations")]
const fn float(operations: usize) -> f64 {
    operations as f64
}

fn median(mut rounds: Vec<f64>) -> Figure {
    rounds.sort_by(f64::total_cmp);
    Figure(rounds[rounds.len() / 2])
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (time, rate) = (self.0, 1e9 / self.0);
        if time < 10_000.0 {
            write!(f, "{time:.0} ns")?;
        } else {
            write!(f, "{:.1} µs", time / 1e3)?;
        }
        if rate < 10_000.0 {
            write!(f, ", {rate:.0}/s")
        } else {
            write!(f, ", {:.0} k/s", rate / 1e3)
        }
    }
}

impl Row<'_> {
    pub(crate) const HEAD: &'static str =
        "| benchmark | one operation | beside | one operation | ratio of times |\n|---|---|---|---|---|";
}

impl fmt::Display for Row<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, figure, against } = self;
        match against {
            None => write!(f, "| {name} | {figure} | | | |"),
            Some((other, beside)) => {
                write!(
                    f,
                    "| {name} | {figure} | {other} | {beside} | {:.2} |",
                    figure.0 / beside.0
                )
            }
        }
    }
}
