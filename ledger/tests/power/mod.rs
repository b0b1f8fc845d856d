//! A disk that loses power: a storage backend whose unsynced writes are lost, torn or reordered.
#![allow(dead_code, clippy::unwrap_used)] // each test uses its part

use std::io;
use std::sync::{Arc, Mutex, MutexGuard};

use redb::StorageBackend;

/// Writes survive or get lost in units of this many bytes.
const SECTOR: usize = 512;

/// What becomes of writes that were not synced when the power fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unsynced {
    /// All are lost.
    Lost,
    /// All survive, as when only the process dies.
    Kept,
    /// All but the last survive, and of that one the first half.
    Torn,
    /// Each sector of each survives or not, by a seeded coin: so later writes may survive earlier
    /// ones.
    Reordered(u64),
}

#[derive(Debug, Clone)]
enum Change {
    Write(usize, Vec<u8>),
    Length(usize),
}

#[derive(Debug, Default)]
struct Platter {
    synced: Vec<u8>,
    unsynced: Vec<Change>,
    /// What the process reads: synced with unsynced on top.
    seen: Vec<u8>,
    /// Writes, syncs and changes of length so far.
    steps: usize,
    fails_at: Option<usize>,
    off: bool,
    /// Whether the change that the failure interrupts was noted.
    interrupted: bool,
    lies: bool,
}

/// A disk, shared between the database that uses it and the test that pulls the plug.
#[derive(Debug, Clone, Default)]
pub(crate) struct Disk(Arc<Mutex<Platter>>);

impl Disk {
    /// A disk with these bytes on it.
    pub(crate) fn holding(bytes: Vec<u8>) -> Self {
        let platter = Platter {
            seen: bytes.clone(),
            synced: bytes,
            ..Platter::default()
        };
        Self(Arc::new(Mutex::new(platter)))
    }

    /// Fails at this step, from 0, and does nothing from then on.
    pub(crate) fn failing_at(self, step: usize) -> Self {
        self.platter().fails_at = Some(step);
        self
    }

    /// Says that it synced, and does not.
    pub(crate) fn lying(self) -> Self {
        self.platter().lies = true;
        self
    }

    pub(crate) fn steps(&self) -> usize {
        self.platter().steps
    }

    /// What a reader finds on the disk now, without a power failure.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.platter().seen.clone()
    }

    /// What is on the disk after the power failed.
    pub(crate) fn after_power_loss(&self, unsynced: Unsynced) -> Vec<u8> {
        let platter = self.platter();
        let mut bytes = platter.synced.clone();
        let last = platter.unsynced.len().saturating_sub(1);
        let mut coin = Coin::new(unsynced);
        for (place, change) in platter.unsynced.iter().enumerate() {
            match unsynced {
                Unsynced::Lost => {}
                Unsynced::Kept => change.apply(&mut bytes),
                Unsynced::Torn if place < last => change.apply(&mut bytes),
                Unsynced::Torn => change.first_half().apply(&mut bytes),
                Unsynced::Reordered(_) => {
                    for part in change.sectors() {
                        if coin.toss() {
                            part.apply(&mut bytes);
                        }
                    }
                }
            }
        }
        bytes
    }

    fn platter(&self) -> MutexGuard<'_, Platter> {
        self.0.lock().unwrap()
    }

    fn step(&self) -> io::Result<MutexGuard<'_, Platter>> {
        let mut platter = self.platter();
        if platter.fails_at.is_some_and(|step| platter.steps >= step) {
            platter.off = true;
        }
        if platter.off {
            return Err(io::Error::other("the power is off"));
        }
        platter.steps += 1;
        Ok(platter)
    }
}

impl StorageBackend for Disk {
    fn len(&self) -> io::Result<u64> {
        Ok(self.platter().seen.len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let platter = self.platter();
        if platter.off {
            return Err(io::Error::other("the power is off"));
        }
        let start = usize::try_from(offset).map_err(io::Error::other)?;
        let end = start
            .checked_add(out.len())
            .filter(|end| *end <= platter.seen.len());
        let end = end.ok_or_else(|| io::Error::from(io::ErrorKind::UnexpectedEof))?;
        out.copy_from_slice(&platter.seen[start..end]);
        Ok(())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        let mut platter = self.step()?;
        let change = Change::Length(usize::try_from(len).map_err(io::Error::other)?);
        change.apply(&mut platter.seen);
        platter.unsynced.push(change);
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        let mut platter = self.step()?;
        if !platter.lies {
            platter.unsynced.clear();
            platter.synced = platter.seen.clone();
        }
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        // A write that the power failure interrupts is unsynced like those before it.
        let start = usize::try_from(offset).map_err(io::Error::other)?;
        let change = Change::Write(start, data.to_vec());
        match self.step() {
            Ok(mut platter) => {
                change.apply(&mut platter.seen);
                platter.unsynced.push(change);
                Ok(())
            }
            Err(error) => {
                let mut platter = self.platter();
                if !platter.interrupted {
                    platter.interrupted = true;
                    platter.unsynced.push(change);
                }
                Err(error)
            }
        }
    }
}

impl Change {
    fn apply(&self, bytes: &mut Vec<u8>) {
        match self {
            Self::Length(length) => bytes.resize(*length, 0),
            Self::Write(start, data) => {
                let end = start + data.len();
                if bytes.len() < end {
                    bytes.resize(end, 0);
                }
                bytes[*start..end].copy_from_slice(data);
            }
        }
    }

    fn first_half(&self) -> Self {
        match self {
            Self::Write(start, data) => Self::Write(*start, data[..data.len() / 2].to_vec()),
            Self::Length(length) => Self::Length(*length),
        }
    }

    fn sectors(&self) -> Vec<Self> {
        match self {
            Self::Length(length) => vec![Self::Length(*length)],
            Self::Write(start, data) => (0..)
                .map(|i| i * SECTOR)
                .zip(data.chunks(SECTOR))
                .map(|(offset, part)| Self::Write(start + offset, part.to_vec()))
                .collect(),
        }
    }
}

/// A seeded coin (splitmix64): the tests must repeat.
#[derive(Debug)]
struct Coin(u64);

impl Coin {
    fn new(unsynced: Unsynced) -> Self {
        match unsynced {
            Unsynced::Reordered(seed) => Self(seed),
            _ => Self(0),
        }
    }

    fn toss(&mut self) -> bool {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) & 1 == 1
    }
}
