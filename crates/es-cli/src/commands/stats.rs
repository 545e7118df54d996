//! `es stats`.

use std::collections::{BTreeMap, HashMap};

use es_persistence::{Notification, OriginatorId, Selection, StoredEvent};

use super::each;
use crate::{
    database::Database,
    error::Error,
    output::{Output, printable},
};

/// How many hours and aggregates are listed.
const HOURS: usize = 24;
const LONGEST: usize = 5;

/// The width of the longest bar, in characters.
const BAR: u64 = 40;

const HOUR: i64 = 3_600 * 1_000_000;

/// What was counted.
#[derive(Default)]
struct Counts {
    events: u64,
    bytes: u64,
    types: BTreeMap<String, Type>,
    hours: BTreeMap<i64, u64>,
    /// The last version of each aggregate.
    aggregates: HashMap<OriginatorId, u64>,
}

/// The events of one type of aggregate.
#[derive(Default)]
struct Type {
    events: u64,
    aggregates: u64,
    bytes: u64,
}

pub(super) async fn run(database: &Database, output: &mut Output) -> Result<(), Error> {
    let mut counts = Counts::default();
    each(database, Selection::all(), |notification| {
        counts.take(notification);
        Ok(true)
    })
    .await?;
    counts.print(output)
}

impl Counts {
    fn take(&mut self, notification: Notification) {
        let row = notification.event;
        let bytes = size(&row);
        self.events += 1;
        self.bytes += bytes;
        *self
            .hours
            .entry(row.timestamp.as_micros().div_euclid(HOUR))
            .or_default() += 1;
        let name = row.topic.rsplit_once('.').map_or(&*row.topic, |(name, _)| name);
        let of_type = self.types.entry(name.to_owned()).or_default();
        of_type.events += 1;
        of_type.bytes += bytes;
        of_type.aggregates += u64::from(row.originator_version == 1);
        self.aggregates.insert(row.originator_id, row.originator_version);
    }

    fn print(&self, output: &mut Output) -> Result<(), Error> {
        output.line(format_args!("events      {}", self.events))?;
        output.line(format_args!("aggregates  {}", self.aggregates.len()))?;
        output.line(format_args!(
            "bytes       {} of bodies, metadata and hashes",
            self.bytes
        ))?;
        if self.events == 0 {
            return Ok(());
        }
        output.line("\nTYPE                            EVENTS  AGGREGATES       BYTES")?;
        for (name, counted) in &self.types {
            let name = printable(name);
            let Type {
                events,
                aggregates,
                bytes,
            } = counted;
            output.line(format_args!("{name:<28}  {events:>8}  {aggregates:>10}  {bytes:>10}"))?;
        }
        self.print_hours(output)?;
        self.print_longest(output)
    }

    fn print_hours(&self, output: &mut Output) -> Result<(), Error> {
        output.line(format_args!(
            "\nHOUR (UTC)        EVENTS, the last {HOURS} hours with events"
        ))?;
        let most = self.hours.values().copied().max().unwrap_or(1);
        let skipped = self.hours.len().saturating_sub(HOURS);
        for (hour, events) in self.hours.iter().skip(skipped) {
            let bar = (events * BAR).div_ceil(most);
            let bar = "#".repeat(usize::try_from(bar).unwrap_or_default());
            output.line(format_args!("{}  {events:>8}  {bar}", hour_text(*hour)))?;
        }
        Ok(())
    }

    fn print_longest(&self, output: &mut Output) -> Result<(), Error> {
        let mut longest: Vec<_> = self.aggregates.iter().collect();
        longest.sort_unstable_by_key(|(id, events)| (std::cmp::Reverse(**events), (*id).clone()));
        output.line("\nLONGEST AGGREGATES                      EVENTS")?;
        for (id, events) in longest.into_iter().take(LONGEST) {
            output.line(format_args!("{:<36}  {events:>8}", printable(&id.to_string())))?;
        }
        Ok(())
    }
}

fn size(row: &StoredEvent) -> u64 {
    let length = |bytes: &Option<Vec<u8>>| bytes.as_ref().map_or(0, Vec::len);
    (row.state.len() + length(&row.metadata) + length(&row.hash)) as u64
}

/// Returns the date and the hour, such as `2026-01-02T03:00`.
fn hour_text(hour: i64) -> String {
    let time = es_domain::Timestamp::from_micros(hour.saturating_mul(HOUR));
    let text = time.map_or_else(|_| hour.to_string(), |time| time.to_string());
    text.chars().take("2026-01-02T03:00".len()).collect()
}
