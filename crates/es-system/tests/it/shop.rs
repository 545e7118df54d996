//! The user's program: a process manager with a deadline, in a loop of applications.

use std::time::Duration;

use es_application::prelude::*;
use es_domain::{Timestamp, Uuid, prelude::*};
use es_system::{DeadlineError, Node, SystemError, prelude::*};

use crate::world::{LONG, World, eventually, on_every_store, system};

// Orders: commands come in, and fulfilments confirm and cancel them.

#[derive(Aggregate, Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Order {
    root: Root<Self>,
    state: OrderState,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum OrderState {
    #[default]
    Placed,
    Shipped,
    Cancelled,
}

#[events]
impl Order {
    #[event(Placed)]
    pub(crate) fn place(amount: u32) -> Self {
        Self::default()
    }

    #[event(Shipped)]
    pub(crate) fn ship(&mut self) {
        self.state = OrderState::Shipped;
    }

    #[event(Cancelled)]
    pub(crate) fn cancel(&mut self) {
        self.state = OrderState::Cancelled;
    }
}

pub(crate) struct Orders;

impl ProcessApplication for Orders {
    type Events = FulfilmentEvent;
    const NAME: &str = "Orders";

    async fn policy(&self, event: &Recorded<FulfilmentEvent>, processing: &Processing) -> Result<(), BoxError> {
        match event.body() {
            FulfilmentEvent::Started { .. } | FulfilmentEvent::Reserved => {}
            FulfilmentEvent::Paid { order } => processing.get(*order).await?.ship(),
            FulfilmentEvent::GivenUp { order } => processing.get(*order).await?.cancel(),
        }
        Ok(())
    }
}

// Stock: reserves what is ordered.

#[derive(Aggregate, Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Reservation {
    root: Root<Self>,
}

#[events]
impl Reservation {
    #[event(Made)]
    pub(crate) fn make(order: Id<Order>) -> Self {
        Self::default()
    }
}

pub(crate) struct Stock;

impl ProcessApplication for Stock {
    type Events = FulfilmentEvent;
    const NAME: &str = "Stock";

    async fn policy(&self, event: &Recorded<FulfilmentEvent>, processing: &Processing) -> Result<(), BoxError> {
        if let FulfilmentEvent::Started { order, .. } = event.body() {
            processing.collect(Reservation::make(*order));
        }
        Ok(())
    }
}

// Payments: an application like any other.

#[derive(Aggregate, Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Payment {
    root: Root<Self>,
}

#[events]
impl Payment {
    #[event(Received)]
    pub(crate) fn receive(order: Id<Order>) -> Self {
        Self::default()
    }
}

// Fulfilments: the process manager, one aggregate for each order.

#[derive(Aggregate, Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Fulfilment {
    root: Root<Self>,
    order: Id<Order>,
    until: Option<Timestamp>,
}

#[events]
impl Fulfilment {
    #[event(Started, id = Self::id_for(order))]
    fn start(order: Id<Order>, until: Timestamp) -> Self {
        Self {
            root: Root::default(),
            order,
            until: Some(until),
        }
    }

    #[event(Reserved)]
    fn reserved(&mut self) {}

    #[event(Paid)]
    fn paid(&mut self, order: Id<Order>) {
        self.until = None;
    }

    #[event(GivenUp)]
    fn given_up(&mut self, order: Id<Order>) {
        self.until = None;
    }

    fn id_for(order: Id<Order>) -> Id<Self> {
        Id::named(Uuid::NAMESPACE_OID, &order.to_string())
    }
}

impl Deadline for Fulfilment {
    fn deadline(&self) -> Option<Timestamp> {
        self.until
    }

    fn expire(&mut self) {
        self.given_up(self.order);
    }
}

#[derive(EventSet)]
pub(crate) enum ShopEvent {
    Order(Id<Order>, OrderEvent),
    Reservation(ReservationEvent),
    Payment(PaymentEvent),
}

pub(crate) struct Fulfilments {
    patience: Duration,
}

impl ProcessApplication for Fulfilments {
    type Events = ShopEvent;
    const NAME: &str = "Fulfilments";

    async fn policy(&self, event: &Recorded<ShopEvent>, processing: &Processing) -> Result<(), BoxError> {
        match event.body() {
            ShopEvent::Order(order, OrderEvent::Placed { .. }) => {
                let micros = i64::try_from(self.patience.as_micros())?;
                let until = Timestamp::from_micros(event.timestamp().as_micros() + micros)?;
                processing.collect(Fulfilment::start(*order, until));
            }
            ShopEvent::Order(_, OrderEvent::Shipped | OrderEvent::Cancelled) => {}
            ShopEvent::Reservation(ReservationEvent::Made { order }) => {
                processing.get(Fulfilment::id_for(*order)).await?.reserved();
            }
            ShopEvent::Payment(PaymentEvent::Received { order }) => {
                let mut fulfilment = processing.get(Fulfilment::id_for(*order)).await?;
                if fulfilment.until.is_some() {
                    fulfilment.paid(*order);
                }
            }
        }
        Ok(())
    }
}

const DAY: Duration = Duration::from_hours(24);

fn shop(patience: Duration) -> (System, [Node; 4]) {
    let mut system = system();
    let orders = system.process(Orders);
    let stock = system.process(Stock);
    let payments = system.application("Payments");
    let fulfilments = system.process(Fulfilments { patience });
    system.deadlines::<Fulfilment>(fulfilments);
    system.pipe([orders, fulfilments, orders]);
    system.pipe([fulfilments, stock, fulfilments]);
    system.pipe([payments, fulfilments]);
    (system, [orders, stock, payments, fulfilments])
}

on_every_store! {
    an_order_is_cancelled_when_nobody_pays_in_time,
    deadlines_are_met_in_tasks_also_after_a_restart,
}

async fn an_order_is_cancelled_when_nobody_pays_in_time(world: World) -> Result<(), BoxError> {
    let (system, [orders, _, payments, fulfilments]) = shop(DAY);
    let mut shop = SingleThreadedRunner::start(system, world.environment.clone()).await?;
    let (mut paid, mut forgotten) = shop.at_this_time(|| (Order::place(3), Order::place(5)));
    shop.application(orders).save((&mut paid, &mut forgotten)).await?;
    shop.advance(DAY / 2).await?;
    let payment = &mut shop.at_this_time(|| Payment::receive(paid.id()));
    shop.application(payments).save(payment).await?;
    shop.advance((DAY / 2).saturating_sub(Duration::from_micros(1))).await?;
    let state = async |shop: &SingleThreadedRunner, id: Id<Order>| {
        Ok::<_, BoxError>(shop.application(orders).repository().get(id).await?.state)
    };
    assert_eq!(
        state(&shop, forgotten.id()).await?,
        OrderState::Placed,
        "not a moment too early"
    );
    shop.advance(Duration::from_micros(1)).await?;
    assert_eq!(state(&shop, forgotten.id()).await?, OrderState::Cancelled);
    assert_eq!(state(&shop, paid.id()).await?, OrderState::Shipped);

    let given_up = shop.application(fulfilments).repository();
    let given_up = given_up
        .history(Fulfilment::id_for(forgotten.id()), |events| events)
        .await?;
    let last = given_up
        .into_iter()
        .flat_map(es_domain::ReadEvent::into_domain_events)
        .last()
        .unwrap();
    assert_eq!(last.timestamp(), shop.now());
    assert!(last.metadata().get("causation_id").is_some() && last.metadata().get("correlation_id").is_some());
    assert_eq!(shop.settle().await?, []);
    Ok(())
}

async fn deadlines_are_met_in_tasks_also_after_a_restart(world: World) -> Result<(), BoxError> {
    let (system, [orders, ..]) = shop(Duration::from_millis(50));
    let first = TaskRunner::start(system, world.environment.clone()).await?;
    let order = first.application(orders).save(&mut Order::place(3)).await?;
    let id = order[0].decode_all::<OrderEvent>()?[0].originator_id();
    let is_cancelled = async |shop: &TaskRunner, id| {
        shop.application(orders)
            .repository()
            .get(id)
            .await
            .is_ok_and(|order: Order| order.state == OrderState::Cancelled)
    };
    eventually(async || is_cancelled(&first, id).await).await;
    first.stop(LONG).await?;

    if world.environment.get("PERSISTENCE_MODULE").is_none() {
        return Ok(());
    }
    // One starts to wait and is not there any more when the time comes.
    let (system, [orders, ..]) = shop(Duration::from_secs(1));
    let second = TaskRunner::start(system, world.environment.clone()).await?;
    let order = second.application(orders).save(&mut Order::place(3)).await?;
    let id = order[0].decode_all::<OrderEvent>()?[0].originator_id();
    second.settled().await?;
    second.stop(LONG).await?;
    let (system, [others_orders, ..]) = shop(Duration::from_secs(1));
    let third = TaskRunner::start(system, world.environment.clone()).await?;
    let is_cancelled = async || {
        third
            .application(others_orders)
            .repository()
            .get(id)
            .await
            .is_ok_and(|order: Order| order.state == OrderState::Cancelled)
    };
    eventually(is_cancelled).await;
    third.stop(LONG).await?;
    Ok(())
}

/// Waits, and does nothing about it when the time has come.
#[derive(Aggregate, Clone, Debug, Serialize, Deserialize)]
struct Lazy {
    root: Root<Self>,
    until: Timestamp,
}

#[events]
impl Lazy {
    #[event(Begun)]
    fn begin(until: Timestamp) -> Self {
        let root = Root::default();
        Self { root, until }
    }
}

impl Deadline for Lazy {
    fn deadline(&self) -> Option<Timestamp> {
        Some(self.until)
    }

    fn expire(&mut self) {}
}

#[tokio::test]
async fn a_deadline_that_expire_does_not_move_is_an_error() -> Result<(), BoxError> {
    let mut system = System::new();
    let app = system.application("Lazy");
    system.deadlines::<Lazy>(app);
    let mut runner = SingleThreadedRunner::start(system, Environment::new("Lazy")).await?;
    let mut lazy = Lazy::begin(runner.now());
    runner.application(app).save(&mut lazy).await?;
    let error = runner.advance(DAY).await.unwrap_err();
    assert!(
        matches!(error, SystemError::Deadline(DeadlineError::Unmoved { .. })),
        "{error}"
    );
    assert_eq!(
        error.to_string(),
        format!(
            "`expire` of Lazy {} leaves the deadline as it is: trigger an event that ends or moves it",
            lazy.id()
        )
    );
    Ok(())
}
