//! Reading parts of a log that are bounded in number and bytes.

use es_persistence::{LogPage, ReadableLog, RecorderError, Selection};
use uuid::Uuid;

use super::Limits;
use crate::wire::{Item, Mark};

/// How many events are read first. Each further read is twice as large, while the size of the events allows it: a log of large
/// events is not read into memory by the thousand.
const FIRST: usize = 32;

/// Reads the beginning of what `selection` names, within the limits of one page.
pub(crate) async fn page(
    log: &dyn ReadableLog,
    selection: Selection,
    limits: &Limits,
) -> Result<LogPage, RecorderError> {
    let len = selection.max_len().unwrap_or(usize::MAX).min(limits.page_len);
    let (mut found, mut bytes, mut step) = (Vec::new(), 0, FIRST);
    let mut next = selection.limit(len);
    loop {
        let rest = next.max_len().unwrap_or(len);
        let asked = rest.min(step);
        let page = log.select_notifications(next.clone().limit(asked)).await?;
        let taken = page.notifications.len();
        for notification in page.notifications {
            bytes += Item::size_of(&notification.event);
            if bytes > limits.page_bytes
                && let Some(reached) = last(&found)
            {
                return Ok(LogPage::new(found, reached));
            }
            found.push(notification);
        }
        match next.rest(page.reached, taken) {
            // A read that was not full has come to the end of the log, or of what one read may look at.
            Some(rest) if taken == asked => next = rest,
            _ => return Ok(LogPage::new(found, page.reached)),
        }
        step = (step * 2).min((limits.page_bytes.saturating_sub(bytes) / (bytes / found.len().max(1)).max(1)).max(1));
    }
}

fn last(found: &[es_persistence::Notification]) -> Option<u64> {
    found.last().map(|notification| notification.position)
}

/// Returns `Some` if the log does not have the event of `mark`, with the ID of the event that is there instead.
pub(crate) async fn rewound(log: &dyn ReadableLog, mark: Mark) -> Result<Option<Option<Uuid>>, RecorderError> {
    let there = Selection::from(mark.position).up_to(mark.position).limit(1);
    let page = log.select_notifications(there).await?;
    let found = page
        .notifications
        .first()
        .map(|notification| notification.event.event_id);
    Ok((found != Some(mark.event_id)).then_some(found))
}
