//! A file with flipped bits: an error or what was read, never a panic, and never without end.

use std::fs;

use es_persistence::{Selection, StreamSelection};

use crate::store::{close, event, events, open, path, try_open};

const FLIPS: usize = 300;

#[tokio::test]
async fn flipped_bits_are_an_error_or_read_and_never_a_panic() {
    let store = open().await;
    for aggregate in 1..=20 {
        store.recorder.insert_events(events(aggregate, 5)).await.unwrap();
    }
    let folder = close(store).await;
    let sound = fs::read(path(&folder)).unwrap();
    let seed = fastrand::u64(..);
    let mut random = fastrand::Rng::with_seed(seed);
    let mut errors = 0;
    for _ in 0..FLIPS {
        let mut bytes = sound.clone();
        let at = random.usize(..bytes.len());
        bytes[at] ^= 1 << random.u8(..8);
        let folder = tempfile::tempdir().unwrap();
        fs::write(path(&folder), bytes).unwrap();
        errors += usize::from(read_all(folder).await.is_err());
    }
    assert!(errors > 0, "no flip was noticed, seed {seed}");
}

async fn read_all(folder: tempfile::TempDir) -> Result<(), Box<dyn std::error::Error>> {
    let store = try_open(folder).await?;
    store.recorder.select_notifications(Selection::all()).await?;
    store
        .recorder
        .select_events(StreamSelection::of(event(7, 1).originator_id))
        .await?;
    store.recorder.max_position().await?;
    store.recorder.insert_events(events(100, 1)).await?;
    store.datastore.close().await;
    Ok(())
}

#[tokio::test]
async fn a_truncated_file_is_an_error() {
    let store = open().await;
    store.recorder.insert_events(events(1, 200)).await.unwrap();
    let folder = close(store).await;
    let sound = fs::read(path(&folder)).unwrap();
    fs::write(path(&folder), &sound[..sound.len() / 2]).unwrap();
    let error = read_all(folder).await.unwrap_err();
    assert!(error.to_string().contains("what is there cannot be read"), "{error}");
}
