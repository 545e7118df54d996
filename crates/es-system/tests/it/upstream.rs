//! Following an application of another database, and oneself.

use es_application::prelude::*;
use es_domain::prelude::*;
use es_persistence::{TrackingKey, Upstream as _};
use es_system::prelude::*;

use crate::{
    shop::{Order, OrderEvent},
    world::{LONG, World, on_every_store, system},
};

on_every_store! { follows_another_database_and_itself }

#[derive(Aggregate, Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Bill {
    root: Root<Self>,
    sent: bool,
}

#[events]
impl Bill {
    #[event(Written)]
    pub(crate) fn write(order: Id<Order>) -> Self {
        Self::default()
    }

    #[event(Sent)]
    pub(crate) fn send(&mut self) {
        self.sent = true;
    }
}

#[derive(EventSet)]
pub(crate) enum BillingEvent {
    Order(Id<Order>, OrderEvent),
    Bill(Id<Bill>, BillEvent),
}

pub(crate) struct Billing;

impl ProcessApplication for Billing {
    type Events = BillingEvent;
    const NAME: &str = "Billing";

    async fn policy(&self, event: &Recorded<BillingEvent>, processing: &Processing) -> Result<(), BoxError> {
        match event.body() {
            BillingEvent::Order(order, OrderEvent::Placed { .. }) => drop(processing.collect(Bill::write(*order))),
            BillingEvent::Order(..) | BillingEvent::Bill(_, BillEvent::Sent) => {}
            BillingEvent::Bill(bill, BillEvent::Written { .. }) => processing.get(*bill).await?.send(),
        }
        Ok(())
    }
}

async fn follows_another_database_and_itself(world: World) -> Result<(), BoxError> {
    // It is opened elsewhere, by another environment.
    let shop = Application::builder("Shop")
        .environment(Environment::new("Shop"))
        .open()
        .await?;
    let mut system = system();
    let orders = system.upstream(&shop);
    let billing = system.process(Billing);
    system.pipe([orders, billing, billing]);
    let runner = TaskRunner::start(system, world.environment.clone()).await?;
    let placed = shop.save(&mut Order::place(3)).await?;
    runner.wait_for(billing, orders, placed[0].position()).await?;
    runner.wait_for(billing, billing, 2).await?;
    let log = runner
        .application(billing)
        .log()
        .select_notifications(Selection::all())
        .await?;
    let topics: Vec<_> = log
        .notifications
        .iter()
        .map(|notification| &*notification.event.topic)
        .collect();
    assert_eq!(topics, ["Bill.Written", "Bill.Sent"]);
    let recorder = runner.application(billing).process_recorder().await?;
    for (upstream, position) in [("Shop", 1), ("Billing", 2)] {
        let tracking = recorder.last_tracking(TrackingKey::of(upstream)).await?.unwrap();
        assert_eq!(tracking.position, position, "{upstream}");
    }
    runner.stop(LONG).await?;
    Ok(())
}

#[tokio::test]
#[should_panic(expected = "Shop is a log from elsewhere: use what was given to `upstream`")]
async fn an_upstream_has_no_application_in_the_system() {
    let shop = Application::builder("Shop")
        .environment(Environment::new("Shop"))
        .open()
        .await
        .unwrap();
    let mut system = System::new();
    let orders = system.upstream(&shop);
    let runner = TaskRunner::start(system, Environment::new("Billing")).await.unwrap();
    runner.application(orders);
}
