//! Several processes on one file.

use std::time::Duration;

use es_persistence::{Selection, Subscription};
use futures_util::StreamExt as _;
use libtest_mimic::Failed;
use tokio::time;

use crate::{
    audit::{Acks, Audit, require},
    victim::Orders,
};

const PROCESSES: usize = 4;
const WRITERS: usize = 4;
const SAVES: usize = 25;

/// Four processes with four writers each: none is refused, nothing is lost, positions have no hole.
pub(crate) fn share() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let orders = (0..PROCESSES).map(|process| Orders {
        name: format!("p{process}"),
        ..Orders::new(folder.path(), WRITERS, SAVES)
    });
    let orders: Vec<_> = orders.collect();
    let victims = orders.iter().map(|orders| orders.command().spawn());
    for victim in victims.collect::<Vec<_>>() {
        let status = victim?.wait()?;
        require(status.success(), || format!("a process ended with {status}"))?;
    }
    let audit = Audit::of(&orders[0].database())?;
    for orders in &orders {
        let acks = Acks::read(&orders.acks());
        let stored = acks.of("stored").count();
        require(stored == WRITERS * SAVES, || {
            format!("{stored} saves of {} were stored", orders.name)
        })?;
        audit.against(&acks)?;
    }
    Ok(())
}

/// A subscription hears of what another process stores by transactions of its own.
pub(crate) fn hear() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let orders = Orders {
        transactions: true,
        ..Orders::new(folder.path(), 2, SAVES)
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let datastore = es_sqlite::factory().open(&orders.environment()).await?;
        let mut subscription = Subscription::new(datastore.application_recorder().await?, Selection::all());
        let mut victim = orders.command().spawn()?;
        let expected = (0..2).flat_map(|writer| (0..SAVES).map(move |save| 1 + (writer + save) % 3));
        for position in 1..=expected.sum::<usize>() {
            let heard = time::timeout(Duration::from_secs(30), subscription.next()).await?;
            let heard = heard.ok_or("the subscription has ended")??.position;
            require(heard == position as u64, || {
                format!("{heard} was heard instead of {position}")
            })?;
        }
        victim.wait()?;
        datastore.close().await;
        Ok(())
    })
}
