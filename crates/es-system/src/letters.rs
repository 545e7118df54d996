//! Events that a follower has not taken, as an aggregate of the follower's own application.
//!
//! So they are stored in the transaction that moves the position on, on every store, and what was skipped stays in the log as a
//! fact.

use std::sync::Arc;

use es_application::{Application, ApplicationError};
use es_domain::{Aggregate, Id, Root, events};
use es_persistence::{
    OriginatorId, TrackingKey,
    views::{DeadLetter, Disposition},
};
use uuid::Uuid;

/// The letters of one follower about one log.
#[derive(Aggregate, Debug, Default)]
#[aggregate(topic = "es.DeadLetters")]
pub(crate) struct Letters {
    root: Root<Self>,
    /// In the order of positions.
    letters: Vec<Letter>,
}

#[derive(Debug)]
struct Letter {
    position: u64,
    event_id: Uuid,
    originator: OriginatorId,
    topic: String,
    error: String,
    attempts: u32,
    disposition: Disposition,
}

/// An event that is to be set aside or skipped.
#[derive(Clone, Debug)]
pub(crate) struct Note {
    pub(crate) position: u64,
    pub(crate) event_id: Uuid,
    pub(crate) originator: OriginatorId,
    pub(crate) topic: String,
    pub(crate) error: String,
    pub(crate) attempts: u32,
    pub(crate) is_skipped: bool,
}

#[events]
impl Letters {
    #[event(Opened, id = Self::id_for(consumer, upstream))]
    fn open(consumer: &str, upstream: &str) -> Self {
        Self::default()
    }

    #[expect(clippy::too_many_arguments, reason = "these are the fields of the event")]
    #[event(EventSetAside)]
    fn set_aside(
        &mut self,
        position: u64,
        event_id: Uuid,
        uuid: Option<Uuid>,
        text: Option<String>,
        topic: String,
        error: String,
        attempts: u32,
    ) {
        self.put(Letter {
            position,
            event_id,
            originator: originator(uuid, text),
            topic,
            error,
            attempts,
            disposition: Disposition::SetAside,
        });
    }

    #[expect(clippy::too_many_arguments, reason = "these are the fields of the event")]
    #[event(EventSkipped)]
    fn skip(
        &mut self,
        position: u64,
        event_id: Uuid,
        uuid: Option<Uuid>,
        text: Option<String>,
        topic: String,
        error: String,
        attempts: u32,
    ) {
        self.put(Letter {
            position,
            event_id,
            originator: originator(uuid, text),
            topic,
            error,
            attempts,
            disposition: Disposition::Skipped,
        });
    }

    #[event(RetryAsked)]
    fn ask(&mut self, positions: Vec<u64>) {
        for letter in &mut self.letters {
            if positions.contains(&letter.position) {
                letter.disposition = Disposition::Retry;
            }
        }
    }

    #[event(RetryFailed)]
    fn fail(&mut self, position: u64, error: String) {
        if let Some(letter) = self.find_mut(position) {
            letter.disposition = Disposition::SetAside;
            letter.attempts += 1;
            letter.error = error;
        }
    }

    #[event(RetryPutOff)]
    fn put_off(&mut self, position: u64) {
        if let Some(letter) = self.find_mut(position) {
            letter.disposition = Disposition::SetAside;
        }
    }

    #[event(EventTaken)]
    fn take_back(&mut self, position: u64) {
        self.letters.retain(|letter| letter.position != position);
    }

    #[event(LetterSkipped)]
    fn give_up(&mut self, position: u64) {
        if let Some(letter) = self.find_mut(position) {
            letter.disposition = Disposition::Skipped;
        }
    }

    fn put(&mut self, letter: Letter) {
        self.letters.retain(|known| known.position != letter.position);
        let index = self.letters.partition_point(|known| known.position < letter.position);
        self.letters.insert(index, letter);
    }

    fn find_mut(&mut self, position: u64) -> Option<&mut Letter> {
        self.letters.iter_mut().find(|letter| letter.position == position)
    }

    fn id_for(consumer: &str, upstream: &str) -> Id<Self> {
        Id::named(Uuid::NAMESPACE_OID, &format!("es.DeadLetters\0{consumer}\0{upstream}"))
    }

    pub(crate) fn id_of(key: &TrackingKey) -> Id<Self> {
        Self::id_for(&key.consumer, &key.upstream)
    }

    /// The letters of a consumer about a log; new if there are none.
    pub(crate) async fn of(app: &Application, key: &TrackingKey) -> Result<Self, ApplicationError> {
        match app.repository().get(Self::id_of(key)).await {
            Err(error) if error.is_not_found() => Ok(Self::open(&key.consumer, &key.upstream)),
            found => found,
        }
    }

    /// Adds letters.
    pub(crate) fn add(&mut self, notes: &[Note]) {
        for note in notes.iter().cloned() {
            let (uuid, text) = match note.originator {
                OriginatorId::Uuid(uuid) => (Some(uuid), None),
                OriginatorId::Text(text) => (None, Some(text.to_string())),
            };
            let Note {
                position,
                event_id,
                topic,
                error,
                attempts,
                ..
            } = note;
            if note.is_skipped {
                self.skip(position, event_id, uuid, text, topic, error, attempts);
            } else {
                self.set_aside(position, event_id, uuid, text, topic, error, attempts);
            }
        }
    }

    /// Asks for another attempt of all events that are set aside.
    pub(crate) fn ask_all(&mut self) {
        let waiting = self.letters.iter();
        let waiting = waiting.filter(|letter| letter.disposition == Disposition::SetAside);
        let positions: Vec<_> = waiting.map(|letter| letter.position).collect();
        if !positions.is_empty() {
            self.ask(positions);
        }
    }

    /// Returns `true` if another attempt of an event was asked for, and not made yet.
    pub(crate) fn is_asked(&self, position: u64) -> bool {
        let is_it = |letter: &Letter| letter.position == position && letter.disposition == Disposition::Retry;
        self.letters.iter().any(is_it)
    }

    /// Notes the outcome of an attempt that was asked for.
    pub(crate) fn settle(&mut self, position: u64, outcome: Attempted) {
        match outcome {
            Attempted::Taken => self.take_back(position),
            Attempted::Failed(error) => self.fail(position, error),
            Attempted::PutOff => self.put_off(position),
        }
    }

    /// Passes over an event that is set aside. Returns `false` if there is no such letter.
    pub(crate) fn skip_letter(&mut self, position: u64) -> bool {
        let is_waiting = |letter: &Letter| letter.position == position && letter.disposition != Disposition::Skipped;
        let is_there = self.letters.iter().any(is_waiting);
        if is_there {
            self.give_up(position);
        }
        is_there
    }

    /// The letters, for users.
    pub(crate) fn all(&self, key: &TrackingKey) -> Vec<DeadLetter> {
        let letter = |letter: &Letter| {
            DeadLetter::new(key.clone(), letter.position, letter.event_id, letter.originator.clone())
                .with_topic(&*letter.topic)
                .with_error(&*letter.error, letter.attempts)
                .with_disposition(letter.disposition)
        };
        self.letters.iter().map(letter).collect()
    }
}

/// What has become of an attempt that was asked for.
#[derive(Debug)]
pub(crate) enum Attempted {
    /// The event has had its effect.
    Taken,
    /// It has failed again.
    Failed(String),
    /// An earlier event of the same aggregate has to be taken first.
    PutOff,
}

fn originator(uuid: Option<Uuid>, text: Option<String>) -> OriginatorId {
    match (uuid, text) {
        (Some(uuid), _) => OriginatorId::Uuid(uuid),
        (None, text) => OriginatorId::Text(Arc::from(text.unwrap_or_default())),
    }
}
