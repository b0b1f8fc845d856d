//! Files that are written whole or not at all.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;
use tempfile::NamedTempFile;
use zeroize::Zeroizing;

use crate::failure::Failure;

/// Writes a file: to a temporary one beside it, to the disk, then by renaming. A secret file is
/// readable by its owner only, from its first byte on.
pub(crate) fn write_atomically(path: &Path, bytes: &[u8], secret: bool) -> Result<(), Failure> {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    let write = || -> io::Result<()> {
        make_folder(folder, secret)?;
        // A temporary file has mode 0600 from the start.
        let mut file = NamedTempFile::new_in(folder)?;
        file.write_all(bytes)?;
        if !secret {
            open_to_readers(file.as_file())?;
        }
        file.as_file().sync_all()?;
        file.persist(path)?;
        // The renaming itself is on the disk once the folder is.
        File::open(folder)?.sync_all()
    };
    write().map_err(Failure::file("write", path))
}

/// Makes a folder and those above it; a secret one is for its owner only.
#[cfg(unix)]
pub(super) fn make_folder(folder: &Path, secret: bool) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    let mode = if secret { 0o700 } else { 0o755 };
    fs::DirBuilder::new()
        .recursive(true)
        .mode(mode)
        .create(folder)
}

#[cfg(not(unix))]
pub(super) fn make_folder(folder: &Path, _secret: bool) -> io::Result<()> {
    fs::create_dir_all(folder)
}

#[cfg(unix)]
fn open_to_readers(file: &File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    file.set_permissions(fs::Permissions::from_mode(0o644))
}

#[cfg(not(unix))]
fn open_to_readers(_file: &File) -> io::Result<()> {
    Ok(())
}

/// Reads a JSON file; `None` where there is none.
pub(crate) fn read_json<T: DeserializeOwned>(
    path: &Path,
    what: &'static str,
) -> Result<Option<T>, Failure> {
    let bytes = match fs::read(path) {
        // It may hold a secret.
        Ok(bytes) => Zeroizing::new(bytes),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Failure::file("read", path)(error)),
    };
    let malformed = |error: serde_json::Error| Failure::Malformed {
        path: path.to_owned(),
        what,
        problem: error.to_string(),
    };
    serde_json::from_slice(&bytes).map(Some).map_err(malformed)
}

/// Writes a JSON file.
pub(super) fn write_json(path: &Path, value: &impl Serialize, secret: bool) -> Result<(), Failure> {
    let write = Failure::file("write", path);
    let bytes = serde_json::to_vec_pretty(value).map_err(|error| write(error.into()))?;
    write_atomically(path, &Zeroizing::new(bytes), secret)
}
