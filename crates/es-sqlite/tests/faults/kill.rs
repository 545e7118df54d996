//! SIGKILL in the midst of saves.

use std::{process::Stdio, thread, time::Duration};

use libtest_mimic::Failed;

use crate::{
    audit::{Acks, Audit, require},
    plan::Plan,
    victim::Orders,
};

/// Kills a victim again and again on one and the same file; each life begins where the last one ended.
pub(crate) fn kill() -> Result<(), Failed> {
    let plan = Plan::new("kill", 500);
    kill_again_and_again(&plan, false)
}

/// As [`kill`], of a victim half of whose writers save by transactions of their own: they are stored wholly or not at all,
/// together with what else is in them.
pub(crate) fn kill_transactions() -> Result<(), Failed> {
    let plan = Plan::new("kill, transactions", 200);
    kill_again_and_again(&plan, true)
}

fn kill_again_and_again(plan: &Plan, transactions: bool) -> Result<(), Failed> {
    let mut random = plan.random();
    let folder = tempfile::tempdir()?;
    let (mut life, mut acknowledged, mut by_transactions) = (0, 0, 0);
    while plan.goes_on(life) {
        let orders = Orders {
            name: format!("life{life}"),
            transactions,
            ..Orders::new(folder.path(), 4, usize::MAX)
        };
        let mut victim = orders.command().stdout(Stdio::null()).spawn()?;
        thread::sleep(Duration::from_millis(random.u64(8..=68)));
        victim.kill()?;
        victim.wait()?;

        let acks = Acks::read(&orders.acks());
        acknowledged += acks.of("stored").count();
        let audit = Audit::of(&orders.database()).and_then(|audit| {
            audit.against(&acks)?;
            audit.against_own(&orders)
        });
        by_transactions =
            audit.map_err(|error| format!("life {life}, ES_SEED={}: {:?}", plan.seed(), error.message()))?;
        life += 1;
    }
    println!("kill: {life} lives, {acknowledged} acknowledged saves, none lost, {by_transactions} by transactions");
    require(acknowledged > life && (!transactions || by_transactions > life), || {
        "too little was saved to mean anything".to_owned()
    })
}
