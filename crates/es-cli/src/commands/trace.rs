//! `es trace`.

use std::collections::{HashMap, HashSet};

use es_persistence::Selection;

use super::each;
use crate::{
    arguments::Trace,
    database::Database,
    error::Error,
    output::{Output, clipped, printable},
    shown::Shown,
};

/// The width of a body in the tree.
const BODY_WIDTH: usize = 60;

pub(super) async fn run(database: &Database, options: &Trace, output: &mut Output) -> Result<(), Error> {
    let root = correlation(database, &options.id).await?;
    let mut events = Vec::new();
    each(database, Selection::all(), |notification| {
        let event = Shown::of(notification, &database.mapper);
        if event.metadata("correlation_id") == Some(&root) || event.row.event_id.to_string() == root {
            events.push(event);
        }
        Ok(true)
    })
    .await?;
    if events.is_empty() {
        return Err(Error::NoTrace {
            id: printable(&options.id),
        });
    }
    output.line(format_args!("{} ({} events)", printable(&root), events.len()))?;
    Tree::of(&events).print(output)
}

/// Returns the correlation ID of the event with this ID, or `id` itself if it is not the ID of an event that has one.
async fn correlation(database: &Database, id: &str) -> Result<String, Error> {
    let mut found = id.to_owned();
    each(database, Selection::all(), |notification| {
        if notification.event.event_id.to_string() != id {
            return Ok(true);
        }
        let event = Shown::of(notification, &database.mapper);
        if let Some(correlation) = event.metadata("correlation_id") {
            correlation.clone_into(&mut found);
        }
        Ok(false)
    })
    .await?;
    Ok(found)
}

/// A tree of events: the children of an event are the events that it has caused.
struct Tree<'a> {
    events: &'a [Shown],
    children: HashMap<String, Vec<usize>>,
    roots: Vec<usize>,
}

impl<'a> Tree<'a> {
    fn of(events: &'a [Shown]) -> Self {
        let ids: HashSet<String> = events.iter().map(|event| event.row.event_id.to_string()).collect();
        let mut tree = Self {
            events,
            children: HashMap::new(),
            roots: Vec::new(),
        };
        for (index, event) in events.iter().enumerate() {
            // A cause that was not found, or comes later, is none: so the tree has no circles.
            let cause = event.metadata("causation_id").filter(|cause| ids.contains(*cause));
            let earlier = cause.filter(|cause| {
                let is_cause = |other: &Shown| other.row.event_id.to_string() == *cause;
                events.get(..index).is_some_and(|before| before.iter().any(is_cause))
            });
            match earlier {
                None => tree.roots.push(index),
                Some(cause) => tree.children.entry(cause.to_owned()).or_default().push(index),
            }
        }
        tree
    }

    fn print(&self, output: &mut Output) -> Result<(), Error> {
        let mut open: Vec<(usize, usize)> = self.roots.iter().rev().map(|root| (*root, 0)).collect();
        while let Some((index, depth)) = open.pop() {
            let Some(event) = self.events.get(index) else { continue };
            output.line(self.line(event, depth))?;
            let children = self.children.get(&event.row.event_id.to_string());
            open.extend(children.into_iter().flatten().rev().map(|child| (*child, depth + 1)));
        }
        Ok(())
    }

    fn line(&self, event: &Shown, depth: usize) -> String {
        let start = self.events.first().map_or(0, |first| first.row.timestamp.as_micros());
        let micros = event.row.timestamp.as_micros().saturating_sub(start);
        let millis = micros / 1_000;
        format!(
            "{:>9} ms  {}{}  {} version {}  {}",
            millis,
            "  ".repeat(depth),
            printable(&event.row.topic),
            printable(&event.row.originator_id.to_string()),
            event.row.originator_version,
            clipped(&event.body.text(), BODY_WIDTH),
        )
    }
}
