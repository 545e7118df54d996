//! Several processes on one file.

use libtest_mimic::Failed;

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
