//! A batch of saves becomes as few commits as possible.

use std::{future::poll_fn, pin::pin, task::Poll};

use es_persistence::StoredEvent;
use es_sql::Save;

use super::{
    Outcome, Writer,
    attempt::{Attempt, Token},
    insertion::WriteError,
    statements::ROWS,
};
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

    /// Stores a group: all of it together if no row is refused, otherwise each save by itself.
    async fn write_group(&mut self, group: &[Save], outcomes: &mut Vec<Outcome>) {
        let attempt = Attempt::new(self.tokens.next());
        if group.len() > 1 && group.iter().any(|save| save.tagging.is_some()) {
            // Conditions are checked one after another, each behind what was stored before it.
            return self.write_one_by_one(group, attempt, outcomes).await;
        }
        match self.write_together(group, attempt.token).await {
            Ok(first) => outcomes.extend(number(group, first).map(Ok)),
            Err(WriteError::Refused(refusal)) if group.len() == 1 => {
                outcomes.push(Err(self.explain(&group[0], refusal).await));
            }
            Err(WriteError::Refused(_)) => self.write_one_by_one(group, attempt, outcomes).await,
            Err(WriteError::Failed(failure)) => self.settle(group, &attempt, failure, outcomes).await,
        }
    }

    /// Stores a group in one commit, and returns the position of its first event: by one statement if there are nothing but
    /// events, and not too many.
    async fn write_together(&mut self, group: &[Save], token: Token) -> Result<u64, WriteError> {
        let events: Vec<_> = group.iter().flat_map(|save| save.events.iter()).collect();
        if events.len() <= ROWS && group.iter().all(Save::is_plain) {
            return self.write_at_once(&events).await;
        }
        self.link.execute("BEGIN IMMEDIATE").await?;
        let connection = self.link.get().await?;
        match self.statements.write_group(connection, group, &events, &token).await {
            Ok(first) => {
                self.link.execute("COMMIT").await?;
                Ok(first)
            }
            Err(WriteError::Refused(refusal)) => {
                self.link.execute("ROLLBACK").await?;
                Err(WriteError::Refused(refusal))
            }
            Err(failed) => Err(failed),
        }
    }

    /// Stores events by one statement, and returns the position of the first.
    async fn write_at_once(&mut self, events: &[&StoredEvent]) -> Result<u64, WriteError> {
        let (connection, place) = self.link.get_with_place().await?;
        let mut insert = pin!(self.statements.insert_events(connection, events));
        let begun = poll_fn(|context| Poll::Ready(insert.as_mut().poll(context))).await;
        place.look();
        match begun {
            Poll::Ready(inserted) => inserted,
            Poll::Pending => insert.await,
        }
    }

    /// Stores in one commit those saves of a group that are not refused.
    async fn write_one_by_one(&mut self, group: &[Save], mut attempt: Attempt, outcomes: &mut Vec<Outcome>) {
        if let Err(failure) = self.try_one_by_one(group, &mut attempt).await {
            return self.settle(group, &attempt, failure, outcomes).await;
        }
        for (save, written) in group.iter().zip(attempt.written) {
            outcomes.push(match written {
                Ok(positions) => Ok(positions),
                Err(refusal) => Err(self.explain(save, refusal).await),
            });
        }
    }

    async fn try_one_by_one(&mut self, group: &[Save], attempt: &mut Attempt) -> Result<(), Failure> {
        self.link.execute("BEGIN IMMEDIATE").await?;
        for save in group {
            self.link.execute("SAVEPOINT save").await?;
            let connection = self.link.get().await?;
            let written = self.statements.write(connection, save, &attempt.token).await;
            attempt.written.push(match written {
                Ok(positions) => Ok(positions),
                Err(WriteError::Refused(refusal)) => {
                    self.link.execute("ROLLBACK TO save").await?;
                    Err(refusal)
                }
                Err(WriteError::Failed(failure)) => return Err(failure),
            });
            self.link.execute("RELEASE save").await?;
        }
        self.link.execute("COMMIT").await
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
