//! What a victim has written and synced, in order.

use std::{fs, path::Path};

/// One operation on one file.
#[derive(Clone, Debug)]
pub(crate) struct Record {
    pub(crate) file: usize,
    pub(crate) operation: Operation,
}

#[derive(Clone, Debug)]
pub(crate) enum Operation {
    Write {
        offset: usize,
        data: Vec<u8>,
    },
    Truncate {
        len: usize,
    },
    /// SQLite syncs the folder after it, so that it counts as synced.
    Unlink,
    Sync,
}

/// The number of the file with the acknowledgements.
pub(crate) const ACKS: usize = 3;

/// The number of the write-ahead log.
pub(crate) const WAL: usize = 1;

/// The endings of the other files' names, by number.
pub(crate) const ENDINGS: [&str; 3] = ["", "-wal", "-journal"];

pub(crate) fn read(path: &Path) -> Vec<Record> {
    let bytes = fs::read(path).unwrap();
    let mut rest = &bytes[..];
    let mut records = Vec::new();
    while let Some((head, after)) = rest.split_first_chunk::<14>() {
        let offset = i64::from_le_bytes(head[2..10].try_into().unwrap());
        let len = u32::from_le_bytes(head[10..14].try_into().unwrap());
        let (data, after) = after.split_at(usize::try_from(len).unwrap());
        let offset = usize::try_from(offset).unwrap();
        let operation = match head[0] {
            b'W' => Operation::Write {
                offset,
                data: data.to_vec(),
            },
            b'U' => Operation::Unlink,
            b'T' => Operation::Truncate { len: offset },
            _ => Operation::Sync,
        };
        records.push(Record {
            file: usize::from(head[1]),
            operation,
        });
        rest = after;
    }
    records
}

impl Operation {
    /// Whether what came before it is on the disk.
    pub(crate) const fn is_sync(&self) -> bool {
        matches!(self, Self::Sync | Self::Unlink)
    }

    /// Does to `file` what was done.
    pub(crate) fn apply(&self, file: &mut Vec<u8>) {
        match self {
            Self::Write { offset, data } => {
                let end = offset + data.len();
                if file.len() < end {
                    file.resize(end, 0);
                }
                file[*offset..end].copy_from_slice(data);
            }
            Self::Truncate { len } => file.resize(*len, 0),
            Self::Unlink => file.clear(),
            Self::Sync => {}
        }
    }
}
