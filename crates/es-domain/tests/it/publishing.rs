//! Publishing and subscribing inside of a process.

use std::sync::{Arc, Mutex};

use es_domain::{Publisher, RootAccess as _, prelude::*};

#[derive(Aggregate, Debug, Default)]
struct World {
    root: Root<Self>,
    history: Vec<String>,
}

#[events(derive(PartialEq))]
impl World {
    #[event(Created)]
    fn create() -> Self {
        Self::default()
    }

    #[event(SomethingHappened)]
    fn make_it_so(&mut self, what: &str) {
        self.history.push(what.to_owned());
    }
}

type Received<T> = Arc<Mutex<Vec<T>>>;

fn receiver<T: Clone + Send + 'static>() -> (Received<T>, impl Fn(&T) + Send + Sync + 'static) {
    let received = Received::<T>::default();
    let list = Arc::clone(&received);
    (received, move |event: &T| {
        list.lock().expect("no test panics here").push(event.clone());
    })
}

fn taken<T>(received: &Received<T>) -> Vec<T> {
    std::mem::take(&mut *received.lock().expect("no test panics here"))
}

#[test]
fn pending_events_are_published_when_the_aggregate_is_saved() {
    let publisher = Publisher::new();
    let (received, handler) = receiver();
    let subscription = publisher.subscribe(handler);
    let mut world = World::create();
    world.make_it_so("dinosaurs");
    world.make_it_so("trucks");
    assert!(taken(&received).is_empty());
    assert_eq!(world.history, ["dinosaurs", "trucks"]);

    publisher.publish(&world.collect_events());
    let events = taken(&received);
    assert_eq!(events.len(), 3);
    assert_eq!(
        *events[2].body(),
        WorldEvent::SomethingHappened {
            what: "trucks".to_owned()
        }
    );
    assert_eq!(world.pending_events(), []);
    drop(subscription);
}

#[test]
fn a_predicate_chooses_what_is_received() {
    let publisher = Publisher::new();
    let (even, handler) = receiver();
    let _even = publisher.subscribe_where(|number: &i32| number % 2 == 0, handler);
    let (all, handler) = receiver();
    let _all = publisher.subscribe(handler);
    publisher.publish(&[1, 2, 3, 4]);
    assert_eq!((taken(&even), taken(&all)), (vec![2, 4], vec![1, 2, 3, 4]));
}

#[test]
fn nothing_is_received_after_the_end_of_a_subscription() {
    let publisher = Publisher::new();
    let (received, handler) = receiver();
    let subscription = publisher.subscribe(handler);
    assert_eq!(publisher.subscriptions(), 1);
    drop(subscription);
    assert_eq!(publisher.subscriptions(), 0);
    publisher.publish(&[1]);
    assert!(taken(&received).is_empty());
    let (_, handler) = receiver::<i32>();
    let subscription = publisher.subscribe(handler);
    drop(publisher);
    drop(subscription);
}

#[test]
fn handlers_are_called_in_order_and_may_publish_and_subscribe() {
    let publisher = Publisher::new();
    let (received, handler) = receiver::<u32>();
    let handler = Arc::new(handler);
    let late = Arc::new(Mutex::new(Vec::new()));
    let _first = publisher.subscribe({
        let (publisher, handler, late) = (publisher.clone(), Arc::clone(&handler), Arc::clone(&late));
        move |number: &u32| {
            handler(&(number * 10));
            if *number == 1 {
                publisher.publish(&[2]);
                let handler = Arc::clone(&handler);
                let subscription = publisher.subscribe(move |number| handler(&(number * 1000)));
                late.lock().expect("no test panics here").push(subscription);
            }
        }
    });
    let _second = publisher.subscribe(move |number: &u32| handler(&(number * 100)));
    publisher.publish(&[1]);
    assert_eq!(taken(&received), [10, 20, 200, 100]);
    publisher.publish(&[3]);
    assert_eq!(taken(&received), [30, 300, 3000]);
}

#[test]
fn a_handler_that_panics_stops_the_others_and_spoils_nothing() {
    let publisher = Publisher::new();
    let panicking = publisher.subscribe(|_: &u32| panic!("on purpose"));
    let (received, handler) = receiver();
    let _received = publisher.subscribe(handler);
    let publish = std::panic::AssertUnwindSafe(|| publisher.publish(&[1]));
    std::panic::catch_unwind(publish).expect_err("the handler panics");
    assert!(taken(&received).is_empty());
    drop(panicking);
    publisher.publish(&[2]);
    assert_eq!(taken(&received), [2]);
}
