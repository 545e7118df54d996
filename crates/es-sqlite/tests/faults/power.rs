//! The power goes: what was synced is on the disk, of the rest anything may be.

use std::{fs, path::Path, process::Stdio};

use libtest_mimic::Failed;
use tempfile::TempDir;

use crate::{
    audit::{Acks, Audit, require},
    plan::Plan,
    shim::Shim,
    trace::{self, ACKS, ENDINGS, Operation, Record, WAL},
    victim::Orders,
};

const STATES: usize = 10_000;
const SECTOR: usize = 512;

/// With `synchronous=FULL` no state of the disk lacks an acknowledged save, or is damaged.
pub(crate) fn full() -> Result<(), Failed> {
    let plan = Plan::new("power", STATES);
    match losses(&plan, "FULL", |_| true)?.first {
        None => Ok(()),
        Some(loss) => Err(format!("{loss}, ES_SEED={}", plan.seed()).into()),
    }
}

/// With `synchronous=NORMAL` many do: were this not noticed, the test above would mean nothing.
pub(crate) fn control_normal() -> Result<(), Failed> {
    let losses = losses(&Plan::new("power, control", STATES / 40), "NORMAL", |_| true)?;
    require(losses.count > 0, || {
        "no state lost anything without syncs: the test is blind".to_owned()
    })
}

/// The same on a disk that says it has synced the write-ahead log and has not.
pub(crate) fn control_dropped_syncs() -> Result<(), Failed> {
    let is_kept = |record: &Record| record.file != WAL || !record.operation.is_sync();
    let losses = losses(&Plan::new("power, control", STATES / 40), "FULL", is_kept)?;
    require(losses.count > 0, || {
        "no state lost anything on a disk that lies: the test is blind".to_owned()
    })
}

/// The states of the disk that lack an acknowledged save or are damaged.
#[derive(Default)]
struct Losses {
    count: usize,
    first: Option<String>,
}

fn losses(plan: &Plan, synchronous: &str, is_kept: impl Fn(&Record) -> bool) -> Result<Losses, Failed> {
    let folder = tempfile::tempdir()?;
    let mut records = record(folder.path(), synchronous)?;
    records.retain(is_kept);
    let mut random = plan.random();
    let (mut states, mut losses) = (0, Losses::default());
    while plan.goes_on(states) {
        let disk = scratch()?;
        let crash = random.usize(1..=records.len());
        let acks = lose_power(&records[..crash], &mut random, disk.path())?;
        let audit = Audit::of(&disk.path().join("victim.sqlite")).and_then(|audit| audit.against(&acks));
        if let Err(error) = audit {
            losses.count += 1;
            let text = error.message().unwrap_or_default();
            losses.first.get_or_insert_with(|| format!("state {states}: {text}"));
        }
        states += 1;
    }
    println!(
        "power, synchronous={synchronous}: {} of {states} states are damaged or lost saves",
        losses.count
    );
    Ok(losses)
}

/// A folder for one state of the disk; in memory where that is offered, since nobody needs it to last.
fn scratch() -> Result<TempDir, Failed> {
    let memory = Path::new("/dev/shm");
    Ok(if memory.is_dir() {
        tempfile::tempdir_in(memory)?
    } else {
        tempfile::tempdir()?
    })
}

fn record(folder: &Path, synchronous: &str) -> Result<Vec<Record>, Failed> {
    let orders = Orders {
        synchronous: synchronous.to_owned(),
        ..Orders::new(folder, 2, 40)
    };
    let trace = folder.join("trace");
    let mut command = orders.command();
    Shim::apply(&mut command, folder);
    let status = command.env("ES_SHIM_TRACE", &trace).stdout(Stdio::null()).status()?;
    require(status.success(), || format!("the victim ended with {status}"))?;
    let records = trace::read(&trace);
    require(records.len() > 200, || {
        format!("only {} operations were recorded", records.len())
    })?;
    Ok(records)
}

/// Makes the files as they may be after the power went behind the last of `records`, and returns what had been said.
fn lose_power(records: &[Record], random: &mut fastrand::Rng, disk: &Path) -> Result<Acks, Failed> {
    for (file, ending) in ENDINGS.iter().enumerate() {
        let of_file = records
            .iter()
            .filter(|record| record.file == file)
            .map(|record| &record.operation);
        let contents = survivors(&of_file.collect::<Vec<_>>(), random);
        if !contents.is_empty() {
            fs::write(disk.join(format!("victim.sqlite{ending}")), contents)?;
        }
    }
    let said = records
        .iter()
        .filter(|record| record.file == ACKS)
        .filter_map(|record| match &record.operation {
            Operation::Write { data, .. } => Some(String::from_utf8_lossy(data)),
            _ => None,
        });
    Ok(Acks::parse(&said.collect::<String>()))
}

/// What is left of a file: all that came before its last sync, and of the rest nothing, a beginning, some, or all, the
/// last of it torn within a page.
fn survivors(operations: &[&Operation], random: &mut fastrand::Rng) -> Vec<u8> {
    let synced = operations
        .iter()
        .rposition(|operation| operation.is_sync())
        .map_or(0, |at| at + 1);
    let (safe, unsafe_) = operations.split_at(synced);
    let mut contents = Vec::new();
    for operation in safe {
        operation.apply(&mut contents);
    }
    let beginning = random.usize(0..=unsafe_.len());
    let way = random.u8(0..4);
    for (index, operation) in unsafe_.iter().enumerate() {
        let survives = match way {
            0 => false,
            1 => index < beginning,
            2 => random.bool(),
            _ => true,
        };
        if survives {
            torn(operation, random).apply(&mut contents);
        }
    }
    contents
}

/// The operation, or a part of it: disks write whole sectors.
fn torn(operation: &Operation, random: &mut fastrand::Rng) -> Operation {
    match operation {
        Operation::Write { offset, data } if random.u8(0..8) == 0 => {
            let sectors = random.usize(0..=data.len() / SECTOR);
            Operation::Write {
                offset: *offset,
                data: data[..sectors * SECTOR].to_vec(),
            }
        }
        whole => whole.clone(),
    }
}
