//! Bodies that change the state and then fail.

use es_domain::{RootAccess as _, Snapshot, SnapshotRef, prelude::*};

#[derive(Aggregate, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Stock {
    root: Root<Self>,
    items: u32,
}

#[events(derive(PartialEq))]
impl Stock {
    #[event]
    pub fn opened() -> Self {
        Self::default()
    }

    /// Changes the state before it knows whether it may.
    #[event]
    pub fn taken(&mut self, items: u32) -> Result<(), String> {
        self.items += 1;
        if items > 10 {
            return Err("too many".to_owned());
        }
        Ok(())
    }
}

fn stored() -> Stock {
    let mut stock = Stock::opened();
    drop(stock.collect_events());
    stock
}

#[test]
fn a_body_that_fails_taints_the_aggregate() {
    let mut stock = stored();
    assert!(!stock.root().is_tainted());
    stock.taken(1).expect("1 is not too many");
    assert!(!stock.root().is_tainted());
    assert_eq!(stock.taken(11), Err("too many".to_owned()));
    assert!(stock.root().is_tainted());
    assert_eq!((stock.version(), stock.pending_events().len()), (2, 1));
}

#[test]
fn an_event_as_a_value_taints_as_well() {
    let mut stock = stored();
    stock.trigger(StockEvent::Opened).expect_err("it is there already");
    assert!(!stock.root().is_tainted(), "no body has run");
    stock.trigger(StockEvent::Taken { items: 11 }).expect_err("too many");
    assert!(stock.root().is_tainted());
}

#[test]
fn a_tainted_aggregate_has_no_snapshot() {
    let mut stock = stored();
    assert!(SnapshotRef::take(&stock).is_some());
    drop(stock.taken(11));
    assert!(SnapshotRef::take(&stock).is_none());
    assert!(Snapshot::take(stock).is_none());
}

#[test]
fn a_copy_and_a_written_form_stay_tainted() {
    let mut stock = stored();
    drop(stock.taken(11));
    assert!(stock.try_clone().expect("it is Clone").root().is_tainted());
    let json = serde_json::to_string(&stock).expect("it can be written");
    let again: Stock = serde_json::from_str(&json).expect("it can be read");
    assert_eq!(again, stock);
    assert!(again.root().is_tainted());
}
