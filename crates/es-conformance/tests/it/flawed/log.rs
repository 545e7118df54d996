//! Reading the log with a fault.

use es_persistence::{
    BoxFuture, Capabilities, LOG_WINDOW, LogPage, Notification, ReadableLog, RecorderError, Selection, Topics, Waker,
    Wakeup,
};

use super::{Flaw, recorder::Flawed};

/// How many topics a store with [`Flaw::FewTopics`] compares.
const FEW: usize = 1000;

impl Flawed {
    async fn read(&self, selection: Selection) -> Result<LogPage, RecorderError> {
        let _waiting = match self.flaw {
            Flaw::KeepsOthersOut => Some(self.lock.read().await),
            _ => None,
        };
        match self.flaw {
            Flaw::Holes => self.read_with_holes(&selection).await,
            Flaw::LimitBeforeTopics => {
                let mut page = self.memory.select_notifications(without_topics(&selection)).await?;
                page.notifications
                    .retain(|notification| selection.has_topic(&notification.event.topic));
                Ok(page)
            }
            Flaw::UnboundedReads => self.read_by(&selection, |topic| selection.has_topic(topic)).await,
            Flaw::EmptySetIsAll if selection.selected_topics().is_some_and(Topics::is_empty) => {
                self.memory.select_notifications(without_topics(&selection)).await
            }
            Flaw::FewTopics | Flaw::FamiliesIgnoreCase | Flaw::FamiliesWithoutStop => {
                self.read_by(&selection, |topic| self.has_topic(&selection, topic))
                    .await
            }
            _ => {
                let page = self
                    .memory
                    .select_notifications(self.alter_selection(&selection))
                    .await?;
                self.alter_page(&selection, self.hide(page)).await
            }
        }
    }

    fn alter_selection(&self, selection: &Selection) -> Selection {
        let lower = selection.lower();
        let lower = lower.saturating_sub((self.flaw == Flaw::InclusiveStart).into());
        let limit = selection
            .max_len()
            .filter(|limit| *limit > 0 || self.flaw != Flaw::ZeroIsUnlimited);
        let topics = selection.selected_topics().cloned().into_iter();
        topics.fold(part(lower, selection.upper(), limit), Selection::of_topics)
    }

    /// Tells another position than the page has reached.
    async fn alter_page(&self, selection: &Selection, page: LogPage) -> Result<LogPage, RecorderError> {
        let last = self.memory.max_position().await?.unwrap_or(0);
        let is_full = selection.max_len() == Some(page.notifications.len());
        let found = page.notifications.last().map(|last| last.position);
        let reached = match self.flaw {
            Flaw::ReachesLastFound => found.unwrap_or(selection.lower()),
            Flaw::ReachesBeyondUpper if !is_full => last.max(page.reached),
            Flaw::ReachesBeyondLast if !is_full => selection.upper().unwrap_or(page.reached),
            Flaw::FullPageReachesEnd if is_full && found.is_some() => selection.upper().unwrap_or(last).min(last),
            Flaw::ZeroReachesEnd if selection.max_len() == Some(0) => last,
            _ => page.reached,
        };
        Ok(LogPage::new(page.notifications, reached))
    }

    /// Positions are three times those in memory, and so are the bounds of a selection.
    async fn read_with_holes(&self, selection: &Selection) -> Result<LogPage, RecorderError> {
        let last = self.memory.max_position().await?.map_or(0, |last| self.spread(last));
        let lower = selection.lower();
        let mut end = selection.upper().unwrap_or(u64::MAX).min(last);
        if selection.selected_topics().is_some() {
            end = end.min(lower.saturating_add(LOG_WINDOW));
        }
        let limit = selection.max_len().unwrap_or(usize::MAX);
        if limit == 0 || end <= lower {
            return Ok(LogPage::new(Vec::new(), lower));
        }
        let gathered = part(lower / 3, Some(end / 3), Some(limit));
        let topics = selection.selected_topics().cloned().into_iter();
        let page = self
            .memory
            .select_notifications(topics.fold(gathered, Selection::of_topics))
            .await?;
        let numbered = page.notifications.into_iter();
        let notifications: Vec<_> = numbered
            .map(|read| Notification::new(self.spread(read.position), read.event))
            .collect();
        let full = notifications.last().filter(|_| notifications.len() == limit);
        let reached = full.map_or(end, |last| last.position);
        Ok(LogPage::new(notifications, reached))
    }

    /// Reads in one step, however long the log is.
    async fn read_by(&self, selection: &Selection, is_chosen: impl Fn(&str) -> bool) -> Result<LogPage, RecorderError> {
        let limit = selection.max_len().unwrap_or(usize::MAX);
        let whole = part(selection.lower(), selection.upper(), None);
        let mut page = self.memory.select_notifications(whole).await?;
        page.notifications
            .retain(|notification| is_chosen(&notification.event.topic));
        page.notifications.truncate(limit);
        if limit == 0 {
            page.reached = selection.lower();
        } else if page.notifications.len() == limit {
            page.reached = page.notifications[limit - 1].position;
        }
        Ok(page)
    }

    fn has_topic(&self, selection: &Selection, topic: &str) -> bool {
        let Some(topics) = selection.selected_topics() else {
            return true;
        };
        let mut exact = topics.exact_topics().iter().rev().take(FEW);
        let mut families = topics.prefixes().iter().rev().take(FEW);
        exact.any(|exact| exact == topic)
            || families.any(|prefix| match self.flaw {
                Flaw::FamiliesIgnoreCase => topic.to_lowercase().starts_with(&prefix.to_lowercase()),
                Flaw::FamiliesWithoutStop => topic.starts_with(prefix.trim_end_matches('.')),
                _ => topic.starts_with(&**prefix),
            })
    }

    /// Leaves out what is hidden, until something above it was read.
    fn hide(&self, mut page: LogPage) -> LogPage {
        let mut hidden = self.hidden.lock().expect("nothing panics while it holds the lock");
        let read = &mut page.notifications;
        read.retain(|notification| !hidden.positions.contains(&notification.position));
        if read.last().map(|last| last.position) > hidden.positions.last().copied() {
            hidden.positions.clear();
        }
        page
    }
}

/// Selects a part of the log without regard to topics.
fn part(lower: u64, upper: Option<u64>, limit: Option<usize>) -> Selection {
    let selection = upper.into_iter().fold(Selection::after(lower), Selection::up_to);
    limit.into_iter().fold(selection, Selection::limit)
}

fn without_topics(selection: &Selection) -> Selection {
    part(selection.lower(), selection.upper(), selection.max_len())
}

impl ReadableLog for Flawed {
    fn select_notifications(&self, selection: Selection) -> BoxFuture<'_, Result<LogPage, RecorderError>> {
        Box::pin(self.read(selection))
    }

    fn max_position(&self) -> BoxFuture<'_, Result<Option<u64>, RecorderError>> {
        Box::pin(async {
            let last = self.memory.max_position().await?;
            Ok(match self.flaw {
                Flaw::MaxPositionAhead => last.map(|last| last + 1),
                _ => last.map(|last| self.spread(last)),
            })
        })
    }

    fn wakeup(&self) -> Wakeup {
        let waker = Waker::new();
        let wakeup = waker.listen();
        let mut listeners = self.listeners.lock().expect("nothing panics while it holds the lock");
        match self.flaw {
            Flaw::LateListener => listeners.late.push(waker),
            Flaw::NoWakeup => {}
            _ => listeners.in_time.push(waker),
        }
        wakeup
    }

    fn capabilities(&self) -> Capabilities {
        match self.flaw {
            Flaw::Holes => Capabilities::default(),
            _ => self.memory.capabilities(),
        }
    }
}
