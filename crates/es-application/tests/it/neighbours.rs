//! Two aggregates of which one topic begins with the other.

use es_application::prelude::*;
use es_domain::prelude::*;
use futures_util::{StreamExt as _, TryStreamExt as _};

use crate::stores;

#[derive(Aggregate, Debug, Default)]
#[aggregate(topic = "shop.Order")]
struct Order {
    root: Root<Self>,
}

#[events(derive(PartialEq))]
impl Order {
    #[event(Placed)]
    fn place() -> Self {
        Self::default()
    }
}

#[derive(Aggregate, Debug, Default)]
#[aggregate(topic = "shop.Order.Line")]
struct Line {
    root: Root<Self>,
}

#[events(derive(PartialEq))]
impl Line {
    #[event(Placed)]
    fn place() -> Self {
        Self::default()
    }
}

/// The topics of the first `count` events that `selection` selects.
async fn topics(app: &Application, selection: Selection, count: usize) -> Vec<String> {
    let events = app.subscribe(selection).take(count);
    let topics = events.map_ok(|event| event.topic().to_owned());
    topics.try_collect().await.unwrap()
}

#[tokio::test]
async fn an_event_of_a_neighbour_is_none_of_ones_own() {
    for store in stores::all().await {
        let app = &store.app;
        let (mut line, mut order) = (Line::place(), Order::place());
        app.save((&mut line, &mut order)).await.unwrap();

        let mut log = app.subscribe(Selection::after(0));
        let of_line = log.next().await.unwrap().unwrap();
        assert_eq!(of_line.decode::<OrderEvent>().unwrap(), None);
        assert_eq!(of_line.decode::<LineEvent>().unwrap(), Some(LineEvent::Placed {}));
        let of_order = log.next().await.unwrap().unwrap();
        assert_eq!(of_order.decode::<LineEvent>().unwrap(), None);
        assert_eq!(of_order.decode::<OrderEvent>().unwrap(), Some(OrderEvent::Placed {}));

        // The family `shop.Order` has the topics of the family in it, too, which are none of its events.
        let orders = topics(app, Selection::after(0).of::<OrderEvent>(), 2).await;
        assert_eq!(orders, ["shop.Order.Line.Placed", "shop.Order.Placed"]);
        let lines = topics(app, Selection::after(0).of::<LineEvent>(), 1).await;
        assert_eq!(lines, ["shop.Order.Line.Placed"]);
    }
}

#[tokio::test]
async fn an_id_that_two_types_share_is_named_with_both_types() {
    for store in stores::all().await {
        let mut order = Order::place();
        store.app.save(&mut order).await.unwrap();

        let same: Id<Line> = Id::from_uuid(order.id().uuid());
        let error = store.app.repository().get(same).await.unwrap_err().to_string();
        assert!(
            error.contains("not an event of shop.Order.Line but one of shop.Order"),
            "{error}"
        );
    }
}
