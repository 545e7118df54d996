//! Futures that are not polled for a while, as the branches of a `select!` while the handler of another branch runs.

use futures_util::{FutureExt as _, future};

use crate::{
    assertion::ok,
    fixture::Fixture,
    reading::{log, stream},
    sample::{events, uuid},
};

pub(super) async fn a_save_that_nobody_polls_keeps_nothing_from_others(fixture: &Fixture) {
    let recorder = fixture.application().await;
    for number in 0..20 {
        let (one, other) = (uuid(2 * number), uuid(2 * number + 1));
        let mut standing = recorder.insert_events(events(&one, 1..=3));
        let begun = (&mut standing).now_or_never();
        let saved = fixture
            .within("another save has ended", recorder.insert_events(events(&other, 1..=2)))
            .await;
        assert_eq!(ok(saved).len(), 2);
        let read = fixture.within("a read has ended", stream(&*recorder, &other)).await;
        assert_eq!(read.len(), 2);
        let ended = match begun {
            Some(ended) => ended,
            None => fixture.within("it has ended itself", standing).await,
        };
        assert_eq!(ok(ended).len(), 3);
        assert_eq!(stream(&*recorder, &one).await.len(), 3);
    }
}

pub(super) async fn reads_that_nobody_polls_keep_nothing_from_others(fixture: &Fixture) {
    let recorder = fixture.application().await;
    for number in 0..20 {
        // While this is being stored, reads may have to wait, and may get what they wait for while they are not polled.
        let mut save = recorder.insert_events(events(&uuid(2 * number), 1..=3));
        let begun = (&mut save).now_or_never();
        let mut standing = future::join_all((0..20).map(|_| log(&*recorder)));
        let read = (&mut standing).now_or_never();
        let ended = match begun {
            Some(ended) => ended,
            None => fixture.within("a save has ended", save).await,
        };
        assert_eq!(ok(ended).len(), 3);
        let next = recorder.insert_events(events(&uuid(2 * number + 1), 1..=1));
        ok(fixture.within("another save has ended", next).await);
        fixture.within("a read has ended", log(&*recorder)).await;
        let read = match read {
            Some(read) => read,
            None => fixture.within("they have ended themselves", standing).await,
        };
        for log in read {
            assert!(log.len() >= 4 * usize::try_from(number).expect("it is small"));
        }
    }
}
