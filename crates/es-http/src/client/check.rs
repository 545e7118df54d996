//! The rules that every page of a log keeps.

use es_persistence::{LogPage, Notification, Selection};

use super::{Fault, RemoteError};
use crate::wire::{Item, Page};

/// Turns an answer into a page, if it keeps to the selection and to the rules of logs.
pub(crate) fn page(sent: Page<'_>, selection: &Selection, names_topics: bool) -> Result<LogPage, RemoteError> {
    let (lower, upper) = (selection.lower(), selection.upper().unwrap_or(u64::MAX));
    let reached = sent.reached.max(lower);
    if reached > lower {
        within(reached, upper.min(i64::MAX.unsigned_abs()))?;
    }
    if sent.items.len() > selection.max_len().unwrap_or(usize::MAX) {
        return Err(Fault::TooMany.into());
    }
    if sent.contiguous && selection.selected_topics().is_none() {
        without_holes(&sent.items, lower, reached)?;
    }
    let mut notifications = Vec::with_capacity(sent.items.len());
    let mut after = lower;
    for item in sent.items {
        let notification = notification(item, &mut after, reached)?;
        if selection.has_topic(&notification.event.topic) {
            notifications.push(notification);
        } else if names_topics {
            return Err(Fault::Topic { position: after }.into());
        }
    }
    Ok(LogPage::new(notifications, reached))
}

fn notification(item: Item<'_>, after: &mut u64, reached: u64) -> Result<Notification, Fault> {
    let position = item.id;
    if position <= *after {
        return Err(Fault::Order {
            position,
            after: *after,
        });
    }
    within(position, reached)?;
    *after = position;
    item.into_notification().map_err(|error| Fault::Event {
        position,
        reason: error.reason(),
    })
}

const fn within(position: u64, upper: u64) -> Result<(), Fault> {
    if position > upper {
        return Err(Fault::Bound { position, upper });
    }
    Ok(())
}

/// Compares the positions with those that a log without holes has up to `reached`.
fn without_holes(items: &[Item<'_>], lower: u64, reached: u64) -> Result<(), Fault> {
    let mut expected = lower;
    for item in items {
        expected += 1;
        if item.id > expected {
            return Err(Fault::Hole { position: expected });
        }
    }
    if expected < reached {
        return Err(Fault::Hole { position: expected + 1 });
    }
    Ok(())
}
