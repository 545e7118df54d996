//! Clocks and ID sources for a part of a program.

use es_domain::{Scope, Stamp, Timestamp, Uuid, testing::Deterministic, with_clock};

fn at(second: i64) -> Timestamp {
    Timestamp::from_micros(second * 1_000_000).expect("it is in range")
}

#[test]
fn both_are_in_force_while_the_body_runs() {
    let fixed = Deterministic::new();
    let scope = Scope::new().clock(fixed.clone()).id_source(fixed);
    let stamps = scope.run(|| [Stamp::now(), Stamp::now()]);
    assert_eq!(stamps[0].timestamp().to_string(), "2000-01-01T00:00:00.000000Z");
    assert_eq!(stamps[1].timestamp().to_string(), "2000-01-01T00:00:01.000000Z");
    assert_eq!(
        stamps[1].event_id(),
        "00000000-0000-7000-8000-000000000002"
            .parse::<Uuid>()
            .expect("it is a UUID")
    );
    assert!(Stamp::now().timestamp() > stamps[1].timestamp());
}

#[test]
fn what_is_not_set_stays_as_it_is() {
    let stamp = with_clock(at(7), || Scope::new().run(Stamp::now));
    assert_eq!(stamp.timestamp(), at(7));
    let stamp = with_clock(at(7), || Scope::new().clock(at(8)).run(Stamp::now));
    assert_eq!(stamp.timestamp(), at(8));
}

#[test]
fn threads_share_a_scope() {
    let scope = Scope::new().clock(at(9));
    let other = std::thread::spawn(move || scope.run(Stamp::now)).join();
    assert_eq!(other.expect("it does not panic").timestamp(), at(9));
}
