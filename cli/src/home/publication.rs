//! What a custodian keeps of its publications: the seeds of their blindings, by publication.

use salus_ledger::transaction::AttachmentDigest;
use salus_prover::cohort::PageSeed;
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, Zeroizing};

use super::{Home, Issuer, Role};
use crate::failure::Failure;

const FOLDER: &str = "publications";

/// The seed of a publication. Whoever has it can test guesses of what the columns hold.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeptSeed {
    /// In hexadecimal.
    seed: String,
}

impl Drop for KeptSeed {
    fn drop(&mut self) {
        self.seed.zeroize();
    }
}

impl Home {
    /// Keeps a publication's seed.
    pub(crate) fn put_seed(
        &self,
        issuer: &Issuer,
        publication: &AttachmentDigest,
        seed: &PageSeed,
    ) -> Result<(), Failure> {
        let kept = KeptSeed {
            seed: hex::encode(seed.reveal()),
        };
        self.write(&place(issuer, &file_name(publication)), &kept, true)
    }

    /// A publication's seed.
    pub(crate) fn seed(
        &self,
        issuer: &Issuer,
        publication: &AttachmentDigest,
    ) -> Result<PageSeed, Failure> {
        let name = file_name(publication);
        let parts = place(issuer, &name);
        let missing = || Failure::Unknown {
            what: "seed of a publication",
            name: publication.to_string(),
            help: "this home did not make the publication that is on the ledger: `salus cohort \
                   publish --again` makes one of its own"
                .to_owned(),
        };
        let kept: KeptSeed = self.read(&parts, "a publication's seed", missing)?;
        let mut bytes = Zeroizing::new([0; 32]);
        hex::decode_to_slice(&kept.seed, &mut *bytes).map_err(|error| Failure::Malformed {
            path: self.path(&parts),
            what: "a publication's seed",
            problem: error.to_string(),
        })?;
        Ok(PageSeed::from_bytes(*bytes))
    }

    /// Destroys the seeds of all publications but these. A seed opens the columns of its
    /// publication, which stay on the ledger: kept beyond its use it would undo an erasure.
    pub(crate) fn keep_seeds_of(
        &self,
        issuer: &Issuer,
        current: &[AttachmentDigest],
    ) -> Result<(), Failure> {
        let kept: Vec<String> = current.iter().map(file_name).collect();
        self.keep_only(
            &[Role::Issuer.folder(), issuer.name.as_str(), FOLDER],
            &kept,
        )
    }

    /// Whether this home has a publication's seed.
    pub(crate) fn has_seed(&self, issuer: &Issuer, publication: &AttachmentDigest) -> bool {
        self.path(&place(issuer, &file_name(publication))).is_file()
    }
}

fn file_name(publication: &AttachmentDigest) -> String {
    format!("{publication}.json")
}

fn place<'a>(issuer: &'a Issuer, file: &'a str) -> [&'a str; 4] {
    [Role::Issuer.folder(), issuer.name.as_str(), FOLDER, file]
}
