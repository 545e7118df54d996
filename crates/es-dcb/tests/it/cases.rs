//! The other published cases of dcb.events: prices that change, tokens that are used once, orders that come twice.

use std::{sync::Arc, time::Duration};

use es_dcb::{prelude::*, testing::given};
use es_domain::{Stamp, Timestamp};
use serde::{Deserialize, Serialize};
use tokio::{sync::Barrier, task::JoinSet};

use crate::stores;

/// How much time has passed since then.
fn age(since: Timestamp) -> Duration {
    let micros = Stamp::now().timestamp().as_micros() - since.as_micros();
    Duration::from_micros(u64::try_from(micros).unwrap_or(0))
}

// ---- Prices that change while somebody looks at them -----------------------------------------------------------------------

#[derive(Tag, Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ProductId(u32);

#[derive(TaggedEvent, Clone, Debug, Serialize, Deserialize)]
pub(crate) enum ShopEvent {
    Defined {
        #[tag]
        product: ProductId,
        price: u32,
    },
    PriceChanged {
        #[tag]
        product: ProductId,
        price: u32,
    },
    Ordered {
        #[tag]
        products: Vec<ProductId>,
        prices: Vec<u32>,
    },
}

/// An old price is good for ten minutes.
const GRACE: Duration = Duration::from_mins(10);

/// The prices that are good: the last one, and those that were replaced a short time ago.
#[derive(Clone)]
struct Prices {
    product: ProductId,
    current: Option<u32>,
    old: Vec<(u32, Timestamp)>,
}

impl Prices {
    fn of(product: ProductId) -> Self {
        Self {
            product,
            current: None,
            old: Vec::new(),
        }
    }

    fn accepts(&self, price: u32) -> bool {
        let is_good = |(old, replaced): &(u32, Timestamp)| *old == price && age(*replaced) <= GRACE;
        self.current == Some(price) || self.old.iter().any(is_good)
    }
}

impl DecisionModel for Prices {
    type Events = ShopEvent;

    fn tags(&self) -> Tags {
        self.product.into()
    }

    fn apply(&mut self, event: &Recorded<ShopEvent>) {
        if let ShopEvent::Defined { price, .. } | ShopEvent::PriceChanged { price, .. } = event.body() {
            let old = self.current.replace(*price);
            self.old.extend(old.map(|old| (old, event.timestamp())));
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct InvalidPrice(ProductId);

/// Orders products at the prices that were shown.
pub(crate) fn order(items: &[(u32, u32)]) -> impl Decision<Event = ShopEvent, Error = InvalidPrice> {
    let items: Vec<_> = items
        .iter()
        .map(|(product, price)| (ProductId(*product), *price))
        .collect();
    let models: Vec<_> = items.iter().map(|(product, _)| Prices::of(*product)).collect();
    decision(models, move |prices: &Vec<Prices>| {
        let wrong = prices
            .iter()
            .zip(&items)
            .find(|(prices, (_, price))| !prices.accepts(*price));
        if let Some((_, (product, _))) = wrong {
            return Err(InvalidPrice(*product));
        }
        let (products, prices) = items.iter().copied().unzip();
        Ok(ShopEvent::Ordered { products, prices })
    })
}

fn defined(product: u32, price: u32) -> ShopEvent {
    let product = ProductId(product);
    ShopEvent::Defined { product, price }
}

fn changed(product: u32, price: u32) -> ShopEvent {
    let product = ProductId(product);
    ShopEvent::PriceChanged { product, price }
}

#[test]
fn products_are_ordered_at_prices_that_are_good() {
    let ordered = |products: &[u32], prices: &[u32]| ShopEvent::Ordered {
        products: products.iter().copied().map(ProductId).collect(),
        prices: prices.to_vec(),
    };
    let two = || given([defined(1, 10), defined(2, 20)]);
    two().when(order(&[(1, 10)])).then([ordered(&[1], &[10])]);
    two()
        .when(order(&[(1, 10), (2, 20)]))
        .then([ordered(&[1, 2], &[10, 20])]);
    two()
        .when(order(&[(1, 10), (2, 10)]))
        .then_error(InvalidPrice(ProductId(2)));
    two().when(order(&[(3, 10)])).then_error(InvalidPrice(ProductId(3)));
    let replaced = || two().after(GRACE).and([changed(1, 11)]);
    replaced().when(order(&[(1, 11)])).then([ordered(&[1], &[11])]);
    replaced()
        .after(GRACE)
        .when(order(&[(1, 10)]))
        .then([ordered(&[1], &[10])]);
    replaced()
        .after(GRACE + Duration::from_secs(1))
        .when(order(&[(1, 10)]))
        .then_error(InvalidPrice(ProductId(1)));
}

#[tokio::test]
async fn a_price_that_changes_meanwhile_is_seen() {
    for opened in stores::all().await {
        let shop = &opened.app;
        for event in [defined(1, 10), defined(2, 20)] {
            shop.decide(decision((), move |()| Ok::<_, ()>(event.clone())))
                .await
                .unwrap();
        }
        let ordered = shop.decide(order(&[(1, 10), (2, 20)])).await.unwrap();
        assert_eq!(ordered.events().len(), 1);
        let refused = shop.decide(order(&[(1, 10), (2, 21)])).await.unwrap_err();
        assert!(matches!(refused, ExecuteError::Command(InvalidPrice(ProductId(2)))));
    }
}

// ---- Tokens that are used once, for a time -----------------------------------------------------------------------------------

#[derive(Tag, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct EmailAddress(String);

#[derive(TaggedEvent, Clone, Debug, Serialize, Deserialize)]
pub(crate) enum SignUpEvent {
    Initiated {
        #[tag]
        email: EmailAddress,
        token: String,
        name: String,
    },
    Confirmed {
        #[tag]
        email: EmailAddress,
        token: String,
        name: String,
    },
}

#[derive(Clone)]
struct PendingSignUp {
    email: EmailAddress,
    token: String,
    name: Option<(String, Timestamp)>,
    is_used: bool,
}

impl DecisionModel for PendingSignUp {
    type Events = SignUpEvent;

    fn tags(&self) -> Tags {
        (&self.email).into()
    }

    fn apply(&mut self, event: &Recorded<SignUpEvent>) {
        match event.body() {
            SignUpEvent::Initiated { token, name, .. } if *token == self.token => {
                self.name = Some((name.clone(), event.timestamp()));
            }
            SignUpEvent::Confirmed { token, .. } if *token == self.token => self.is_used = true,
            SignUpEvent::Initiated { .. } | SignUpEvent::Confirmed { .. } => {}
        }
    }
}

#[derive(Debug, PartialEq)]
pub(crate) enum NotConfirmed {
    NoSuchToken,
    Used,
    Expired,
}

pub(crate) fn confirm(email: &EmailAddress, token: &str) -> impl Decision<Event = SignUpEvent, Error = NotConfirmed> {
    let (email, token) = (email.clone(), token.to_owned());
    let pending = PendingSignUp {
        email: email.clone(),
        token: token.clone(),
        name: None,
        is_used: false,
    };
    decision(pending, move |pending: &PendingSignUp| {
        let (name, since) = pending.name.clone().ok_or(NotConfirmed::NoSuchToken)?;
        if pending.is_used {
            return Err(NotConfirmed::Used);
        }
        if age(since) > Duration::from_hours(1) {
            return Err(NotConfirmed::Expired);
        }
        let (email, token) = (email.clone(), token.clone());
        Ok(SignUpEvent::Confirmed { email, token, name })
    })
}

fn initiated(email: &EmailAddress) -> SignUpEvent {
    SignUpEvent::Initiated {
        email: email.clone(),
        token: "11-22".to_owned(),
        name: "Ann".to_owned(),
    }
}

#[test]
fn a_token_is_good_once_for_an_hour_and_for_its_address() {
    let (ann, bob) = (
        EmailAddress("ann@example.org".to_owned()),
        EmailAddress("bob@example.org".to_owned()),
    );
    let confirmed = || SignUpEvent::Confirmed {
        email: ann.clone(),
        token: "11-22".to_owned(),
        name: "Ann".to_owned(),
    };
    let hour = Duration::from_hours(1);
    given([initiated(&ann)])
        .after(hour)
        .when(confirm(&ann, "11-22"))
        .then([confirmed()]);
    given([initiated(&ann)])
        .when(confirm(&ann, "33-44"))
        .then_error(NotConfirmed::NoSuchToken);
    given([initiated(&ann)])
        .when(confirm(&bob, "11-22"))
        .then_error(NotConfirmed::NoSuchToken);
    given([initiated(&ann), confirmed()])
        .when(confirm(&ann, "11-22"))
        .then_error(NotConfirmed::Used);
    given([initiated(&ann)])
        .after(2 * hour)
        .when(confirm(&ann, "11-22"))
        .then_error(NotConfirmed::Expired);
}

// ---- Orders that come twice are carried out once -----------------------------------------------------------------------------

#[derive(Tag, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RequestId(String);

#[derive(TaggedEvent, Clone, Debug, Serialize, Deserialize)]
pub(crate) enum PaymentEvent {
    Paid {
        #[tag]
        request: RequestId,
        amount: u32,
    },
}

#[derive(Clone)]
struct Request {
    id: RequestId,
    is_done: bool,
}

impl DecisionModel for Request {
    type Events = PaymentEvent;

    fn tags(&self) -> Tags {
        (&self.id).into()
    }

    fn apply(&mut self, _: &Recorded<PaymentEvent>) {
        self.is_done = true;
    }
}

/// Pays, unless the request was carried out before: then nothing happens.
pub(crate) fn pay(id: &str, amount: u32) -> impl Decision<Event = PaymentEvent, Error = std::convert::Infallible> {
    let id = RequestId(id.to_owned());
    let request = Request {
        id: id.clone(),
        is_done: false,
    };
    decision(request, move |request: &Request| {
        let paid = PaymentEvent::Paid {
            request: id.clone(),
            amount,
        };
        Ok((!request.is_done).then_some(paid))
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_comes_many_times_is_carried_out_once() {
    for opened in stores::all().await {
        let start = Arc::new(Barrier::new(8));
        let mut paying = JoinSet::new();
        for _ in 0..8 {
            let (app, start) = (opened.app.clone(), Arc::clone(&start));
            paying.spawn(async move {
                start.wait().await;
                app.decide(pay("request-1", 5)).await.unwrap().events().len()
            });
        }
        assert_eq!(paying.join_all().await.into_iter().sum::<usize>(), 1);
        assert_eq!(opened.app.decide(pay("request-2", 5)).await.unwrap().events().len(), 1);
    }
}
