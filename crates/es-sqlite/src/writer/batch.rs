//! How a batch of saves becomes as few commits as can be.

use std::{future::poll_fn, pin::pin, task::Poll};

use es_sql::{Save, Table};

use super::{Outcome, Writer, insertion::WriteError, refusal::Refusal, statements::ROWS};
use crate::error::Failure;

impl Writer {
    pub(super) async fn write_batch(&mut self, saves: &[Save]) -> Vec<Outcome> {
        let mut outcomes = Vec::with_capacity(saves.len());
        let mut rest = saves;
        while !rest.is_empty() {
            let (group, others) = rest.split_at(group_len(rest));
            self.write_group(group, &mut outcomes).await;
            rest = others;
        }
        outcomes
    }

    /// Stores a group: all of it by one statement when it can be, else each save by its own, in one transaction.
    async fn write_group(&mut self, group: &[Save], outcomes: &mut Vec<Outcome>) {
        let rows = group.iter().map(|save| save.events.len()).sum();
        if rows > 0 && rows <= ROWS && group.iter().all(Save::is_plain) {
            match self.write_at_once(group, rows).await {
                Ok(first) => return outcomes.extend(number(group, first).map(Ok)),
                Err(WriteError::Refused(refusal)) if group.len() == 1 => {
                    return outcomes.push(Err(self.explain(&group[0], refusal).await));
                }
                Err(WriteError::Refused(_)) => {}
                Err(WriteError::Failed(failure)) => return self.settle(group, failure, outcomes).await,
            }
        }
        match self.write_one_by_one(group).await {
            Err(failure) => self.settle(group, failure, outcomes).await,
            Ok(written) => {
                for (save, written) in group.iter().zip(written) {
                    outcomes.push(match written {
                        Ok(positions) => Ok(positions),
                        Err(refusal) => Err(self.explain(save, refusal).await),
                    });
                }
            }
        }
    }

    /// Stores all events of a group by one statement, and returns the position of the first.
    async fn write_at_once(&mut self, group: &[Save], rows: usize) -> Result<u64, WriteError> {
        let events = group.iter().flat_map(|save| &save.events);
        let (connection, place) = self.link.get_with_place().await?;
        let mut insert = pin!(self.statements.insert(connection, Table::Events, events, rows));
        let begun = poll_fn(|context| Poll::Ready(insert.as_mut().poll(context))).await;
        place.look();
        match begun {
            Poll::Ready(inserted) => inserted,
            Poll::Pending => insert.await,
        }
    }

    /// Stores in one commit those saves of a group that are not refused.
    async fn write_one_by_one(&mut self, group: &[Save]) -> Result<Vec<Result<Vec<u64>, Refusal>>, Failure> {
        self.link.execute("BEGIN IMMEDIATE").await?;
        let mut written = Vec::with_capacity(group.len());
        for save in group {
            self.link.execute("SAVEPOINT save").await?;
            written.push(match self.statements.write(self.link.get().await?, save).await {
                Ok(positions) => Ok(positions),
                Err(WriteError::Refused(refusal)) => {
                    self.link.execute("ROLLBACK TO save").await?;
                    Err(refusal)
                }
                Err(WriteError::Failed(failure)) => return Err(failure),
            });
            self.link.execute("RELEASE save").await?;
        }
        self.link.execute("COMMIT").await?;
        Ok(written)
    }
}

/// How many of `saves`, from the first, may share a transaction; a first one that is too large has one of its own.
fn group_len(saves: &[Save]) -> usize {
    let mut rows = 0;
    let fits = saves.iter().take_while(|save| {
        rows += save.events.len();
        rows <= ROWS
    });
    fits.count().max(1)
}

/// The positions of each save's events, when the first event of the group has position `first`.
fn number(group: &[Save], first: u64) -> impl Iterator<Item = Vec<u64>> {
    group.iter().scan(first, |next, save| {
        let start = *next;
        *next += save.events.len() as u64;
        Some((start..*next).collect())
    })
}
