//! Leases in memory, where time passes as the tests say.

use es_persistence::{MemoryRecorder, TrackingRecorder as _};

use super::*;

const TTL: Duration = Duration::from_secs(10);

fn claims() -> (Arc<MemoryRecorder>, Claim, Claim) {
    let recorder = Arc::new(MemoryRecorder::new());
    let claim = || Claim::new(Arc::clone(&recorder) as _, "Counters", TTL);
    let (one, other) = (claim(), claim());
    (recorder, one, other)
}

#[tokio::test(start_paused = true)]
async fn one_has_it_as_long_as_it_renews() {
    let (_, one, other) = claims();
    let lease = one.take().await.unwrap().expect("nobody has it");
    assert_eq!(lease.fence, 1);
    for _ in 0..10 {
        assert!(other.take().await.unwrap().is_none());
        tokio::time::advance(TTL * 9 / 10).await;
        assert!(one.renew(&lease).await.unwrap());
    }
}

#[tokio::test(start_paused = true)]
async fn another_takes_over_when_it_has_not_moved_for_its_time() {
    let (_, one, other) = claims();
    let lease = one.take().await.unwrap().expect("nobody has it");
    assert!(other.take().await.unwrap().is_none());
    tokio::time::advance(TTL * 99 / 100).await;
    assert!(other.take().await.unwrap().is_none());
    tokio::time::advance(TTL / 100).await;
    let next = other.take().await.unwrap().expect("the first has not renewed it");
    assert_eq!(next.fence, 2);
    assert!(!one.renew(&lease).await.unwrap());
    one.release(&lease).await.unwrap();
    assert!(other.renew(&next).await.unwrap(), "what another has is left alone");
}

#[tokio::test(start_paused = true)]
async fn what_was_given_back_is_taken_at_once() {
    let (_, one, other) = claims();
    let lease = one.take().await.unwrap().expect("nobody has it");
    assert!(other.take().await.unwrap().is_none());
    one.release(&lease).await.unwrap();
    assert_eq!(other.take().await.unwrap().expect("it was given back").fence, 2);
}

#[tokio::test(start_paused = true)]
async fn whoever_died_long_ago_keeps_nobody_waiting() {
    let (recorder, one, other) = claims();
    let mut stamp = [7; 16];
    stamp[..6].copy_from_slice(&1_700_000_000_000_u64.to_be_bytes()[2..]);
    stamp[6] = 0x77;
    stamp[8] = 0x87;
    let row = Tracking::of(one.key.clone(), 5).with_fence(3);
    let row = row.with_event_id(Uuid::from_bytes(stamp));
    recorder.insert_tracking(row).await.unwrap();
    let lease = other.take().await.unwrap().expect("it was renewed years ago");
    assert_eq!((lease.fence, lease.beat.into_inner()), (4, 6));
}

#[tokio::test(start_paused = true)]
async fn a_renewal_that_nobody_waited_for_is_its_own() {
    let (recorder, one, _) = claims();
    let lease = one.take().await.unwrap().expect("nobody has it");
    let unseen = Tracking::of(one.key.clone(), 2).with_fence(1);
    recorder
        .insert_tracking(unseen.with_event_id(one.stamp()))
        .await
        .unwrap();
    assert!(one.renew(&lease).await.unwrap());
    assert_eq!(lease.beat.into_inner(), 3);
}
