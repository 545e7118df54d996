//! The n-th write or sync fails, for every n.

use std::{
    collections::BTreeSet,
    process::{Output, Stdio},
};

use libtest_mimic::Failed;

use crate::{
    audit::{Acks, Audit, require},
    shim::Shim,
    victim::Orders,
};

const SAVES: usize = 8;
const EIO: i32 = 5;
const ENOSPC: i32 = 28;

/// What fails, and for how long.
struct Fault {
    operation: &'static str,
    duration: &'static str,
    error: i32,
}

pub(crate) fn writes_once() -> Result<(), Failed> {
    sweep(&Fault {
        operation: "write",
        duration: "once",
        error: EIO,
    })
}

pub(crate) fn syncs_once() -> Result<(), Failed> {
    sweep(&Fault {
        operation: "sync",
        duration: "once",
        error: EIO,
    })
}

pub(crate) fn full_for_ever() -> Result<(), Failed> {
    sweep(&Fault {
        operation: "write",
        duration: "always",
        error: ENOSPC,
    })
}

pub(crate) fn syncs_for_ever() -> Result<(), Failed> {
    sweep(&Fault {
        operation: "sync",
        duration: "always",
        error: EIO,
    })
}

/// Lets the first fail, then the second, until a run has fewer than that.
fn sweep(fault: &Fault) -> Result<(), Failed> {
    let mut counts = [0; 3];
    for n in 1.. {
        let outcome = run(fault, n).map_err(|error| format!("n = {n}: {}", error.message().unwrap_or_default()))?;
        let Some(acks) = outcome else {
            require(n > 10, || format!("there were only {n} operations to let fail"))?;
            let Fault {
                operation, duration, ..
            } = fault;
            println!(
                "{operation} {duration}: {} faults; stored, not stored, unknown: {counts:?}",
                n - 1
            );
            return Ok(());
        };
        for (count, outcome) in counts.iter_mut().zip(["stored", "not-stored", "unknown"]) {
            *count += acks.of(outcome).count();
        }
    }
    Ok(())
}

/// What the victim said, or `None` when the fault did not come about.
fn run(fault: &Fault, n: usize) -> Result<Option<Acks>, Failed> {
    let folder = tempfile::tempdir()?;
    let orders = Orders::new(folder.path(), 1, SAVES);
    let Output { stderr, status, .. } = start(fault, n, &orders)?;
    let has_fired = String::from_utf8_lossy(&stderr).contains("shim: fired");
    let acks = Acks::read(&orders.acks());
    Audit::of(&orders.database())?.against(&acks)?;
    if fault.duration == "once" || !has_fired {
        require(status.success(), || format!("the victim ended with {status}"))?;
        recovers(&acks)?;
    }
    Ok(has_fired.then_some(acks))
}

fn start(fault: &Fault, n: usize, orders: &Orders) -> Result<Output, Failed> {
    let Fault {
        operation,
        duration,
        error,
    } = fault;
    let mut command = orders.command();
    Shim::apply(&mut command, &orders.folder);
    command.env("ES_SHIM_FAIL", format!("{operation}:{n}:{duration}:{error}"));
    Ok(command.stdout(Stdio::null()).stderr(Stdio::piped()).output()?)
}

/// At most one save suffers from a single fault, and all others are stored.
fn recovers(acks: &Acks) -> Result<(), Failed> {
    let said = acks.0.len();
    require(said == SAVES, || format!("the victim spoke of {said} saves"))?;
    let stored = acks.of("stored").count();
    require(stored + 1 >= SAVES, || {
        format!("only {stored} of {SAVES} saves were stored: {:?}", acks.0)
    })
}

/// Two processes store the positions of one consumer, and the syncs of one of them fail: no position is acknowledged to
/// both. Goes on until the two have met often enough, which takes longer on a busy machine.
pub(crate) fn syncs_of_one_of_two_who_track() -> Result<(), Failed> {
    const POSITIONS: usize = 40;
    let (mut fired, mut contested) = (0, 0);
    for run in 0..500 {
        if run >= 25 && fired > 5 && contested > 5 {
            break;
        }
        let n = 1 + run % 25;
        let folder = tempfile::tempdir()?;
        let of = |name: &str| Orders {
            name: name.to_owned(),
            tracking: true,
            ..Orders::new(folder.path(), 1, POSITIONS)
        };
        let (faulty, sound) = (of("faulty"), of("sound"));
        let mut rival = sound.command().stdout(Stdio::null()).spawn()?;
        let fault = Fault {
            operation: "sync",
            duration: "once",
            error: EIO,
        };
        let output = start(&fault, n, &faulty)?;
        require(rival.wait()?.success(), || "the sound process failed".to_owned())?;
        fired += usize::from(String::from_utf8_lossy(&output.stderr).contains("shim: fired"));
        let [faulty, sound] = [faulty, sound].map(|orders| Acks::read(&orders.acks()));
        let by_faulty: BTreeSet<_> = faulty.of("stored").collect();
        let by_sound: BTreeSet<_> = sound.of("stored").collect();
        let both: Vec<_> = by_faulty.intersection(&by_sound).collect();
        require(both.is_empty(), || {
            format!("n = {n}: both were told that they stored {both:?}")
        })?;
        contested += usize::from(!by_faulty.is_empty() && !by_sound.is_empty());
    }
    println!("two who track: {fired} faults, {contested} runs in which both stored something");
    require(fired > 5 && contested > 5, || {
        "the two hardly met: the test is blind".to_owned()
    })
}
