//! What is in the file, and whether that is what was said.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use libtest_mimic::Failed;
use rusqlite::Connection;

use crate::victim::Orders;

/// The saves that are wholly in a file.
#[derive(Debug, Default)]
pub(crate) struct Audit {
    pub(crate) saves: BTreeSet<String>,
}

impl Audit {
    /// Reads the file. It is a failure when the file is damaged, a save is there in part, or a position is missing.
    pub(crate) fn of(database: &Path) -> Result<Self, Failed> {
        let connection = Connection::open(database)?;
        let check: String = connection.query_row("PRAGMA integrity_check", [], |row| row.get(0))?;
        require(check == "ok", || format!("integrity_check says {check}"))?;
        let is_there = "SELECT count(*) FROM sqlite_master WHERE name = 'victim_events'";
        let tables: i64 = connection.query_row(is_there, [], |row| row.get(0))?;
        if tables == 0 {
            return Ok(Self::default());
        }
        let mut statement = connection.prepare("SELECT position, state FROM victim_events ORDER BY position")?;
        let rows = statement.query_map([], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, Vec<u8>>(1)?)))?;
        let mut found: BTreeMap<String, (usize, usize)> = BTreeMap::new();
        for (row, expected) in rows.zip(1..) {
            let (position, state) = row?;
            require(position == expected, || {
                format!("position {position} stands where {expected} was expected")
            })?;
            let state = String::from_utf8(state)?;
            let [name, len, _] = state.split(' ').collect::<Vec<_>>()[..] else {
                return Err("a strange state".into());
            };
            found.entry(name.to_owned()).or_insert((0, len.parse()?)).0 += 1;
        }
        for (name, (rows, len)) in &found {
            require(rows == len, || format!("save {name} has {rows} of its {len} events"))?;
        }
        Ok(Self {
            saves: found.into_keys().collect(),
        })
    }

    /// Compares the saves by transactions of the victim's own with what it wrote down in them.
    /// Returns how many there are.
    pub(crate) fn against_own(&self, orders: &Orders) -> Result<usize, Failed> {
        let by_transaction = self.saves.iter().filter(|name| {
            let writer = name.split('-').nth(1).and_then(|writer| writer.parse().ok());
            writer.is_some_and(|writer| orders.saves_by_transactions(writer))
        });
        let saves: Vec<_> = by_transaction.cloned().collect();
        let written_down = own(&orders.database())?;
        require(saves == written_down, || {
            let (saves, own) = (saves.len(), written_down.len());
            format!("{saves} saves are there by transactions in which {own} names were written down")
        })?;
        Ok(saves.len())
    }

    /// Compares the file with what a victim said of its saves.
    pub(crate) fn against(&self, acks: &Acks) -> Result<(), Failed> {
        for name in acks.of("stored") {
            require(self.saves.contains(name), || {
                format!("save {name} was acknowledged and is not there")
            })?;
        }
        for name in acks.of("not-stored").chain(acks.of("conflict")) {
            require(!self.saves.contains(name), || {
                format!("save {name} was called not stored and is there")
            })?;
        }
        Ok(())
    }
}

/// The names that were written down in transactions, in their order.
fn own(database: &Path) -> Result<Vec<String>, Failed> {
    let connection = Connection::open(database)?;
    if !connection.table_exists(None, "own")? {
        return Ok(Vec::new());
    }
    let mut statement = connection.prepare("SELECT save FROM own ORDER BY save")?;
    let names = statement.query_map([], |row| row.get(0))?;
    Ok(names.collect::<Result<_, _>>()?)
}

/// What a victim said of its saves.
#[derive(Debug, Default)]
pub(crate) struct Acks(pub(crate) Vec<(String, String)>);

impl Acks {
    pub(crate) fn read(path: &Path) -> Self {
        Self::parse(&fs::read_to_string(path).unwrap_or_default())
    }

    /// Reads whole lines; a last one without its end was not said.
    pub(crate) fn parse(text: &str) -> Self {
        let whole = text.rsplit_once('\n').map_or("", |(whole, _)| whole);
        let acks = whole.lines().filter_map(|line| line.split_once(' '));
        Self(
            acks.map(|(name, outcome)| (name.to_owned(), outcome.to_owned()))
                .collect(),
        )
    }

    pub(crate) fn of<'a>(&'a self, outcome: &'a str) -> impl Iterator<Item = &'a String> {
        self.0
            .iter()
            .filter(move |(_, said)| said == outcome)
            .map(|(name, _)| name)
    }
}

pub(crate) fn require(holds: bool, otherwise: impl FnOnce() -> String) -> Result<(), Failed> {
    if holds { Ok(()) } else { Err(otherwise().into()) }
}
