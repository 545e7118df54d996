//! From the first event of a log to the last.

use std::num::NonZeroUsize;

use es_domain::{EventHash, OriginatorId};
use es_persistence::{
    EventStore, LogPage, MapperError, Notification, Recorded, RecorderError, RecorderErrorKind, Selection, StoredEvent,
    StreamSelection,
};
use lru::LruCache;

use super::{Damage, DamageKind, Known, VerifyError};

/// A log that has been verified.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Verified {
    /// How many events were verified.
    pub events: u64,
    /// How many of them are linked by the hash chain of their aggregate.
    pub linked: u64,
    /// The position of the last event that was verified; 0 if there was none.
    pub position: u64,
}

/// How many events are read at once.
const PAGE: usize = 256;

/// A walk along the log.
pub(super) struct Walk<'a> {
    store: &'a EventStore,
    known: &'a [Known],
    places: LruCache<OriginatorId, Place>,
    verified: Verified,
    reached: u64,
}

/// How far the events of an aggregate have been verified.
#[derive(Clone, Copy)]
struct Place {
    version: u64,
    /// The head of the hash chain; `None` if the event has no link.
    head: Option<EventHash>,
}

impl<'a> Walk<'a> {
    pub(super) fn new(store: &'a EventStore, known: &'a [Known], after: u64, remembered: usize) -> Self {
        Self {
            store,
            known,
            places: LruCache::new(NonZeroUsize::new(remembered).unwrap_or(NonZeroUsize::MIN)),
            verified: Verified::default(),
            reached: after,
        }
    }

    pub(super) const fn verified(&self) -> Verified {
        self.verified
    }

    /// Verifies the first events of `selection`, and returns the position that was reached.
    pub(super) async fn page(&mut self, selection: &Selection) -> Result<u64, VerifyError> {
        let page = self.read(selection).await?;
        for found in &page.notifications {
            self.event(found).await?;
        }
        if self.has_no_holes() && page.reached > self.reached {
            return Err(self.hole().into());
        }
        self.reached = page.reached;
        Ok(page.reached)
    }

    /// Reads a page. If the store cannot read one of its rows, the page ends before that row, so that damage before it is found
    /// first.
    async fn read(&self, selection: &Selection) -> Result<LogPage, VerifyError> {
        let mut limit = PAGE;
        loop {
            let selection = selection.clone().limit(limit);
            match self.store.recorder().select_notifications(selection).await {
                Err(error) if *error.kind() == RecorderErrorKind::Corrupt => {
                    if limit == 1 {
                        return Err(Damage::of_position(self.reached + 1, DamageKind::Row(error)).into());
                    }
                    limit /= 2;
                }
                read => return Ok(read?),
            }
        }
    }

    fn has_no_holes(&self) -> bool {
        self.store.recorder().capabilities().contiguous_positions
    }

    const fn hole(&self) -> Damage {
        Damage::of_position(self.reached + 1, DamageKind::MissingPosition)
    }

    async fn event(&mut self, found: &Notification) -> Result<(), VerifyError> {
        if self.has_no_holes() && found.position != self.reached + 1 {
            return Err(self.hole().into());
        }
        let head = self.verify_link(found).await?;
        self.check_readable(found)
            .map_err(|error| Damage::of_event(found, DamageKind::Event(error)))?;
        let event = &found.event;
        let version = event.originator_version;
        self.places.put(event.originator_id.clone(), Place { version, head });
        self.reached = found.position;
        self.verified = Verified {
            events: self.verified.events + 1,
            linked: self.verified.linked + u64::from(event.hash.is_some()),
            position: found.position,
        };
        Ok(())
    }

    fn check_readable(&self, found: &Notification) -> Result<(), MapperError> {
        let mapper = self.store.mapper();
        if let Some(known) = self.known_of(&found.event) {
            return (known.decode)(&Recorded::of(found.clone(), mapper.clone()));
        }
        mapper.metadata(&found.event)?;
        mapper.to_state(&found.event).map(drop)
    }

    fn known_of(&self, event: &StoredEvent) -> Option<&Known> {
        self.known.iter().find(|known| known.topics.contains(&event.topic))
    }

    /// Verifies that the event follows the one before it. Returns the head of the chain after it, if there is a chain.
    async fn verify_link(&mut self, found: &Notification) -> Result<Option<EventHash>, VerifyError> {
        let event = &found.event;
        let before = self.place_before(found).await?;
        let must_be_linked = self.known_of(event).is_some_and(|known| known.is_chained);
        let head = match before.head {
            Some(head) => head,
            None if event.hash.is_none() && !must_be_linked => return Ok(None),
            None => self.follow(&event.originator_id, before.version).await?,
        };
        let followed = self.store.mapper().follow_chain(head, event);
        let followed = followed.map_err(|error| Damage::of_event(found, DamageKind::Event(error)))?;
        Ok(Some(followed))
    }

    /// Returns the place before the event.
    async fn place_before(&mut self, found: &Notification) -> Result<Place, VerifyError> {
        let event = &found.event;
        let version = event.originator_version - 1;
        let remembered = self.places.get(&event.originator_id).copied();
        match remembered {
            Some(place) if place.version == version => return Ok(place),
            Some(place) if place.version > version => {
                return Err(Damage::of_event(found, DamageKind::OutOfOrder).into());
            }
            None if version == 0 => return Ok(Place { version, head: None }),
            _ => {}
        }
        let Some(before) = self.read_event(&event.originator_id, version).await? else {
            return Err(Damage::of_event(found, DamageKind::MissingVersion { version }).into());
        };
        if remembered.is_some() {
            return Err(Damage::of_event(found, DamageKind::OutOfOrder).into());
        }
        // It has been verified already: its link is the head.
        let head = self.store.mapper().claimed_head(&before);
        Ok(Place { version, head })
    }

    async fn read_event(&self, id: &OriginatorId, version: u64) -> Result<Option<StoredEvent>, RecorderError> {
        let selection = StreamSelection::of(id.clone()).after(version - 1).up_to(version);
        Ok(self.store.recorder().select_events(selection).await?.pop())
    }

    /// Follows the hash chain of an aggregate from its first event to `version`, and returns its head. This is needed where a
    /// chain begins, or goes on after an interruption.
    async fn follow(&self, id: &OriginatorId, version: u64) -> Result<EventHash, VerifyError> {
        let mapper = self.store.mapper();
        let (mut head, mut reached) = (mapper.chain_start(id), 0);
        while reached < version {
            let stream = StreamSelection::of(id.clone())
                .after(reached)
                .up_to(version)
                .limit(PAGE);
            let rows = self.store.recorder().select_events(stream).await?;
            if rows.is_empty() {
                break;
            }
            for row in &rows {
                head = match mapper.follow_chain(head, row) {
                    Ok(head) => head,
                    Err(error) => return Err(self.locate(row, error).await?.into()),
                };
                reached = row.originator_version;
            }
        }
        Ok(head)
    }

    /// Finds the position of a damaged event that was passed already.
    async fn locate(&self, row: &StoredEvent, error: MapperError) -> Result<Damage, RecorderError> {
        let mut selection = Some(Selection::all().up_to(self.reached + 1).limit(PAGE));
        while let Some(here) = selection {
            let page = self.store.recorder().select_notifications(here.clone()).await?;
            if let Some(found) = page
                .notifications
                .iter()
                .find(|found| found.event.event_id == row.event_id)
            {
                return Ok(Damage::of_event(found, DamageKind::Event(error)));
            }
            selection = here
                .clone()
                .rest(page.reached, 0)
                .filter(|_| page.reached > here.lower());
        }
        Ok(Damage::of_position(self.reached + 1, DamageKind::Event(error)))
    }
}
