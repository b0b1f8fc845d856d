//! The store: one redb file with the log's entries, its latest checkpoint, and attachments.
//!
//! It knows bytes only. What is read from it is checked by whoever reads.

use std::fs::File;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use redb::{
    Database, Durability, ReadableDatabase, ReadableTable, StorageBackend, TableDefinition,
};

use super::attachment::{Place, proof_place};
use super::error::LedgerError;
use super::room::Room;
use crate::state::Attached;
use crate::transaction::AttachmentDigest;

const ENTRIES: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("entries");
const ABOUT: TableDefinition<'_, &str, &[u8]> = TableDefinition::new("about");
const ATTACHMENTS: TableDefinition<'_, &[u8], &[u8]> = TableDefinition::new("attachments");

const FORMAT: &str = "format";
const FORMAT_1: &[u8] = b"salus-ledger/1";
const CHECKPOINT: &str = "checkpoint";
/// The latest checkpoint that a replica was shown: of a log that continues what is here, and of
/// which not all entries may be here.
const SHOWN: &str = "shown";
/// There while the file's freed pages may still hold a dropped attachment.
const DROPPED: &str = "dropped";

/// Memory for cached pages.
const CACHE_BYTES: usize = 64 << 20;

#[derive(Debug)]
pub(super) struct Store {
    database: Database,
    /// Of a store in a file.
    room: Option<Room>,
}

/// What one commit writes.
#[derive(Debug, Default)]
pub(super) struct Commit {
    /// Entries, in order.
    pub(super) entries: Vec<Vec<u8>>,
    /// Attachments of them.
    pub(super) attachments: Vec<(Place, Vec<u8>)>,
    /// The checkpoint that a replica was shown, if it is another than before.
    pub(super) shown: Option<String>,
}

impl Store {
    /// Makes a store in a new file. It appears under its name only when it is whole.
    pub(super) fn create(path: &Path, founding: &Commit) -> Result<(), LedgerError> {
        let io = |what: &str, path: &Path, source| LedgerError::Io {
            what: format!("{what} {}", path.display()),
            source,
        };
        if path.exists() {
            return Err(LedgerError::Exists {
                path: path.to_owned(),
            });
        }
        Room::of(path).check(0)?;
        let unfinished = path.with_extension("unfinished");
        match std::fs::remove_file(&unfinished) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
                return Err(io("can't remove", &unfinished, e));
            }
            _ => {}
        }
        guarded(|| Self::format(builder().create(&unfinished)?, founding).map(drop))?;
        // A hard link, unlike a rename, fails when the name was taken in the meantime.
        std::fs::hard_link(&unfinished, path).map_err(|e| match e.kind() {
            std::io::ErrorKind::AlreadyExists => LedgerError::Exists {
                path: path.to_owned(),
            },
            _ => io("can't create", path, e),
        })?;
        std::fs::remove_file(&unfinished).map_err(|e| io("can't remove", &unfinished, e))?;
        sync_directory(path)
    }

    /// Opens the store in a file, and takes its lock.
    pub(super) fn open(path: &Path) -> Result<Self, LedgerError> {
        if !path.is_file() {
            return Err(LedgerError::Missing {
                path: path.to_owned(),
            });
        }
        let mut store = guarded(|| {
            let opened = builder().open(path);
            Self::check(opened.map_err(|error| cannot_open(path, error))?)
        })?;
        store.room = Some(Room::of(path));
        Ok(store)
    }

    /// Opens, or founds, the store on another storage backend.
    pub(super) fn on_backend(
        backend: impl StorageBackend,
        founding: Option<&Commit>,
    ) -> Result<Self, LedgerError> {
        guarded(|| {
            let database = builder().create_with_backend(backend)?;
            match founding {
                Some(commit) => Self::format(database, commit),
                None => Self::check(database),
            }
        })
    }

    fn format(database: Database, founding: &Commit) -> Result<Self, LedgerError> {
        let store = Self {
            database,
            room: None,
        };
        let transaction = store.database.begin_write()?;
        transaction.open_table(ABOUT)?.insert(FORMAT, FORMAT_1)?;
        transaction.open_table(ATTACHMENTS)?;
        write_entries(&transaction, 0, founding)?;
        transaction.commit()?;
        Ok(store)
    }

    fn check(mut database: Database) -> Result<Self, LedgerError> {
        // Reads every page's checksum; what it repairs is checked against the log afterwards.
        database.check_integrity()?;
        let format = {
            let transaction = database.begin_read()?;
            let about = transaction.open_table(ABOUT)?;
            about.get(FORMAT)?.map(|value| value.value().to_vec())
        };
        match format.as_deref() {
            Some(FORMAT_1) => Ok(Self {
                database,
                room: None,
            }),
            Some(other) => Err(LedgerError::Damaged {
                problem: format!("its format is {:?}", String::from_utf8_lossy(other)),
            }),
            None => Err(LedgerError::Damaged {
                problem: "it names no format".to_owned(),
            }),
        }
    }

    /// Checks that there is room on the disk for a commit of so many bytes.
    pub(super) fn check_room(&self, bytes: u64) -> Result<(), LedgerError> {
        self.room.as_ref().map_or(Ok(()), |room| room.check(bytes))
    }

    /// Writes entries from index `first` on, and returns after they are on the disk.
    pub(super) fn append(&self, first: u64, commit: &Commit) -> Result<(), LedgerError> {
        guarded(|| {
            let mut transaction = self.database.begin_write()?;
            transaction.set_durability(Durability::Immediate)?;
            write_entries(&transaction, first, commit)?;
            transaction.commit()?;
            Ok(())
        })
    }

    /// Replaces the checkpoint. It reaches the disk with the next commit or at closing: a lost
    /// one is signed again from the entries, which are there.
    pub(super) fn put_checkpoint(&self, text: &str) -> Result<(), LedgerError> {
        guarded(|| {
            let mut transaction = self.database.begin_write()?;
            transaction.set_durability(Durability::None)?;
            transaction
                .open_table(ABOUT)?
                .insert(CHECKPOINT, text.as_bytes())?;
            transaction.commit()?;
            Ok(())
        })
    }

    /// The checkpoint over entries that are all here.
    pub(super) fn checkpoint(&self) -> Result<Option<String>, LedgerError> {
        self.text(CHECKPOINT)
    }

    /// The latest checkpoint that a replica was shown.
    pub(super) fn shown(&self) -> Result<Option<String>, LedgerError> {
        self.text(SHOWN)
    }

    fn text(&self, name: &str) -> Result<Option<String>, LedgerError> {
        guarded(|| {
            let transaction = self.database.begin_read()?;
            let about = transaction.open_table(ABOUT)?;
            let Some(value) = about.get(name)? else {
                return Ok(None);
            };
            String::from_utf8(value.value().to_vec())
                .map(Some)
                .map_err(|_| LedgerError::Damaged {
                    problem: "its checkpoint is no text".to_owned(),
                })
        })
    }

    /// Calls `each` with every entry, in order, from a view that later commits do not change.
    pub(super) fn for_each_entry(
        &self,
        mut each: impl FnMut(&[u8]) -> Result<(), LedgerError>,
    ) -> Result<(), LedgerError> {
        guarded(|| {
            let transaction = self.database.begin_read()?;
            let entries = transaction.open_table(ENTRIES)?;
            for (expected, row) in (0u64..).zip(entries.iter()?) {
                let (index, bytes) = row?;
                if index.value() != expected {
                    return Err(LedgerError::Damaged {
                        problem: format!("entry {expected} of the log is missing"),
                    });
                }
                each(bytes.value())?;
            }
            Ok(())
        })
    }

    pub(super) fn entry(&self, index: u64) -> Result<Option<Vec<u8>>, LedgerError> {
        guarded(|| {
            let transaction = self.database.begin_read()?;
            let entries = transaction.open_table(ENTRIES)?;
            Ok(entries.get(index)?.map(|value| value.value().to_vec()))
        })
    }

    pub(super) fn attachment(&self, place: &Place) -> Result<Option<Vec<u8>>, LedgerError> {
        guarded(|| {
            let transaction = self.database.begin_read()?;
            let attachments = transaction.open_table(ATTACHMENTS)?;
            Ok(attachments
                .get(&place[..])?
                .map(|value| value.value().to_vec()))
        })
    }

    /// Drops an attachment. Its bytes may stay in the file until [`Self::forget_dropped`].
    pub(super) fn drop_attachment(&self, place: &Place) -> Result<(), LedgerError> {
        guarded(|| {
            let transaction = self.database.begin_write()?;
            let found = transaction
                .open_table(ATTACHMENTS)?
                .remove(&place[..])?
                .is_some();
            if found {
                transaction.open_table(ABOUT)?.insert(DROPPED, &[][..])?;
            }
            transaction.commit()?;
            Ok(())
        })
    }

    /// Compacts the file if an attachment was dropped since it last was: pages in use move down
    /// over freed ones, and the rest is cut off.
    pub(super) fn forget_dropped(&mut self) -> Result<(), LedgerError> {
        guarded(|| {
            let dropped = {
                let transaction = self.database.begin_read()?;
                transaction.open_table(ABOUT)?.get(DROPPED)?.is_some()
            };
            if !dropped {
                return Ok(());
            }
            self.database.compact()?;
            let transaction = self.database.begin_write()?;
            transaction.open_table(ABOUT)?.remove(DROPPED)?;
            transaction.commit()?;
            Ok(())
        })
    }
}

/// What can't be read is not there: a proof that needs it is refused.
impl Attached for Store {
    fn find(&self, digest: &AttachmentDigest) -> Option<Vec<u8>> {
        self.attachment(&proof_place(digest)).ok().flatten()
    }
}

/// Runs something on the database. redb panics on some damage instead of reporting it; whatever
/// was being done then is over, and the damage is reported like any other.
fn guarded<T>(act: impl FnOnce() -> Result<T, LedgerError>) -> Result<T, LedgerError> {
    catch_unwind(AssertUnwindSafe(act)).unwrap_or_else(|_| {
        Err(LedgerError::Damaged {
            problem: "its store's pages do not fit together".to_owned(),
        })
    })
}

/// What the operating system says is about this path; the rest is about the file's content.
fn cannot_open(path: &Path, error: redb::DatabaseError) -> LedgerError {
    match error {
        redb::DatabaseError::Storage(redb::StorageError::Io(source))
            if source.raw_os_error().is_some() =>
        {
            LedgerError::Io {
                what: format!("can't open the ledger at {}", path.display()),
                source,
            }
        }
        other => other.into(),
    }
}

fn builder() -> redb::Builder {
    let mut builder = Database::builder();
    builder.set_cache_size(CACHE_BYTES);
    builder
}

fn write_entries(
    transaction: &redb::WriteTransaction,
    first: u64,
    commit: &Commit,
) -> Result<(), LedgerError> {
    let mut entries = transaction.open_table(ENTRIES)?;
    for (index, bytes) in (first..).zip(&commit.entries) {
        entries.insert(index, bytes.as_slice())?;
    }
    if let Some(shown) = &commit.shown {
        let mut about = transaction.open_table(ABOUT)?;
        about.insert(SHOWN, shown.as_bytes())?;
    }
    let mut attachments = transaction.open_table(ATTACHMENTS)?;
    for (place, bytes) in &commit.attachments {
        // Two documents of one profile share its hash: the first stays, as its study brought it.
        if attachments.get(&place[..])?.is_none() {
            attachments.insert(&place[..], bytes.as_slice())?;
        }
    }
    Ok(())
}

/// A new file's name is on the disk only when its directory is.
fn sync_directory(path: &Path) -> Result<(), LedgerError> {
    let directory = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    File::open(directory)
        .and_then(|d| d.sync_all())
        .map_err(|source| LedgerError::Io {
            what: format!("can't sync {}", directory.display()),
            source,
        })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// Bytes of their own for every number, so that a part of them is found again.
    fn noise(number: u64, length: usize) -> Vec<u8> {
        let mut x = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        let mut next = || {
            x ^= x << 13;
            x ^= x >> 7;
            x ^= x << 17;
            x.to_le_bytes()[3]
        };
        (0..length).map(|_| next()).collect()
    }

    fn place(number: u64) -> Place {
        noise(number + 1_000_000, 33).try_into().unwrap()
    }

    /// A store of so many attachments in a file, each committed with entries of many lengths.
    fn filled(path: &Path, attachments: u64) -> Store {
        Store::create(path, &Commit::default()).unwrap();
        let store = Store::open(path).unwrap();
        let mut first = 0;
        for number in 0..attachments {
            let entries = (0..number % 5).map(|n| noise(first + n + 2_000_000, 90 * n as usize));
            let commit = Commit {
                entries: entries.collect(),
                attachments: vec![(place(number), noise(number, 1_072))],
                ..Commit::default()
            };
            store.append(first, &commit).unwrap();
            first += commit.entries.len() as u64;
        }
        store
    }

    /// Which attachments a file still holds a part of.
    fn held(path: &Path, numbers: impl Iterator<Item = u64>) -> Vec<u64> {
        let bytes = std::fs::read(path).unwrap();
        let holds = |number: &u64| {
            let part = &noise(*number, 1_072)[500..532];
            bytes.windows(part.len()).any(|window| window == part)
        };
        numbers.filter(holds).collect()
    }

    #[test]
    fn what_was_dropped_leaves_the_file_and_the_rest_stays() {
        let directory = tempfile::tempdir().unwrap();
        let mut left_before = 0;
        for attachments in [1, 8, 29, 60] {
            let path = directory.path().join(format!("{attachments}.redb"));
            let store = filled(&path, attachments);
            let dropped = |number: &u64| number.is_multiple_of(7);
            for number in (0..attachments).filter(dropped) {
                store.drop_attachment(&place(number)).unwrap();
            }
            drop(store);
            left_before += held(&path, (0..attachments).filter(dropped)).len();
            let mut store = Store::open(&path).unwrap();
            store.forget_dropped().unwrap();
            drop(store);
            let left = held(&path, (0..attachments).filter(dropped));
            assert!(left.is_empty(), "{left:?} of {attachments}");
            let store = Store::open(&path).unwrap();
            for number in 0..attachments {
                let kept = (!dropped(&number)).then(|| noise(number, 1_072));
                assert_eq!(store.attachment(&place(number)).unwrap(), kept);
            }
        }
        assert!(left_before > 0, "there was nothing to make the file forget");
    }
}
