//! Compressed answers.

use es_persistence::{ReadableLog as _, Selection};

use crate::{
    school::dog,
    served::{Served, http},
    world::app,
};

#[tokio::test]
async fn whoever_asks_gets_compressed_answers_and_reads_the_same() {
    let app = app().await;
    for _ in 0..50 {
        dog(&app, "Fido", &["sit", "roll over"]).await;
    }
    let served = Served::of(&app).await;
    let plain = served.log().select_notifications(Selection::all()).await.unwrap();
    let log = served.builder().compressed().build().unwrap();
    let compressed = log.select_notifications(Selection::all()).await.unwrap();
    assert_eq!(compressed, plain);
    assert_eq!(plain.notifications.len(), 150);

    let _with_a_provider = http();
    let get = async |encoding: &str| {
        let client = reqwest::Client::builder().gzip(false).build().unwrap();
        let request = client
            .get(format!("{}/log", served.base()))
            .bearer_auth(served.token.reveal());
        request.header("accept-encoding", encoding).send().await.unwrap()
    };
    let (gzip, identity) = (get("gzip").await, get("identity").await);
    assert_eq!(gzip.headers()["content-encoding"], "gzip");
    assert_eq!(identity.headers().get("content-encoding"), None);
    let (gzip, identity) = (gzip.bytes().await.unwrap(), identity.bytes().await.unwrap());
    assert!(gzip.len() * 3 < identity.len(), "{} of {}", gzip.len(), identity.len());
}

#[tokio::test]
async fn a_small_answer_that_grows_beyond_the_cap_is_refused() {
    let app = app().await;
    dog(&app, &"x".repeat(300_000), &[]).await;
    let served = Served::of(&app).await;
    let log = served.builder().compressed().body_cap(200_000).build().unwrap();
    let error = log.select_notifications(Selection::all()).await.unwrap_err();
    let cause = error.cause().unwrap().to_string();
    assert_eq!(
        cause,
        "the answer is larger than 200000 bytes; raise `body_cap` if events may be that large"
    );
}
