//! The home's proving and verifying key for eligibility.

use std::fs;
use std::path::PathBuf;

use salus_prover::key::{FileDigest, ProvingKey};
use salus_verifier::VerifyingKey;

use super::{Home, file, write_atomically};
use crate::failure::Failure;

const FOLDER: &str = "keys";
const PROVING: &str = "eligibility.pk";
/// The digest of the proving key as this home wrote it: with it the key is read without checking
/// every point again.
const DIGEST: &str = "eligibility.pk.sha256";
const VERIFYING: &str = "eligibility.vk.json";

impl Home {
    /// Where the proving key is kept.
    pub(crate) fn proving_key_path(&self) -> PathBuf {
        self.path(&[FOLDER, PROVING])
    }

    /// Where the verifying key is kept.
    pub(crate) fn verifying_key_path(&self) -> PathBuf {
        self.path(&[FOLDER, VERIFYING])
    }

    pub(crate) fn has_keys(&self) -> bool {
        self.proving_key_path().exists()
    }

    pub(crate) fn put_keys(&self, key: &ProvingKey) -> Result<(), Failure> {
        let bytes = key.to_bytes();
        let digest = hex::encode(key.file_digest().as_bytes());
        write_atomically(&self.proving_key_path(), &bytes, false)?;
        let digest_path = self.path(&[FOLDER, DIGEST]);
        write_atomically(&digest_path, digest.as_bytes(), false)?;
        self.write(&[FOLDER, VERIFYING], key.verifying(), false)
    }

    /// The proving key.
    pub(crate) fn proving_key(&self) -> Result<ProvingKey, Failure> {
        let path = self.proving_key_path();
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(no_key("proving key", &path));
            }
            Err(error) => return Err(Failure::file("read", path)(error)),
        };
        let key = match self.known_digest() {
            Some(digest) => ProvingKey::from_trusted_bytes(&bytes, &digest),
            None => ProvingKey::from_bytes(&bytes),
        };
        key.map_err(|error| Failure::Malformed {
            path,
            what: "a proving key",
            problem: error.to_string(),
        })
    }

    /// The verifying key.
    pub(crate) fn verifying_key(&self) -> Result<VerifyingKey, Failure> {
        let path = self.verifying_key_path();
        file::read_json(&path, "a verifying key")?.ok_or_else(|| no_key("verifying key", &path))
    }

    fn known_digest(&self) -> Option<FileDigest> {
        let text = fs::read_to_string(self.path(&[FOLDER, DIGEST])).ok()?;
        let mut digest = [0u8; 32];
        hex::decode_to_slice(text.trim(), &mut digest).ok()?;
        Some(FileDigest::new(digest))
    }
}

/// Reads a verifying key from a file.
pub(crate) fn read_verifying_key(path: &std::path::Path) -> Result<VerifyingKey, Failure> {
    file::read_json(path, "a verifying key")?.ok_or_else(|| no_key("verifying key", path))
}

fn no_key(what: &'static str, path: &std::path::Path) -> Failure {
    Failure::Unknown {
        what,
        name: path.display().to_string(),
        help: "copy the one that the ledger accepts from whoever made it, into keys/; `salus key setup \
               --development` makes one (insecure, for development)"
            .to_owned(),
    }
}
