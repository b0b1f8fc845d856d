//! What a custodian keeps of its tallies until they are released: openings, and the secret for
//! shares.

use pasta_curves::Fp;
use pasta_curves::group::ff::PrimeField;
use salus_ledger::transaction::AttachmentDigest;
use salus_prover::cohort::ShareSecret;
use salus_prover::release::CountOpening;
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, Zeroizing};

use super::{Home, Issuer, Role};
use crate::failure::Failure;

const FOLDER: &str = "tallies";

/// The openings of a tally, and its secret for shares.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct KeptTally {
    counts: Vec<KeptCount>,
    /// In hexadecimal.
    share_secret: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeptCount {
    count: u64,
    /// In hexadecimal.
    blinding: String,
}

impl Drop for KeptTally {
    fn drop(&mut self) {
        self.share_secret.zeroize();
        for kept in &mut self.counts {
            kept.count.zeroize();
            kept.blinding.zeroize();
        }
    }
}

impl KeptTally {
    pub(crate) fn of(openings: &[CountOpening], secret: &ShareSecret) -> Self {
        let kept = |opening: &CountOpening| KeptCount {
            count: opening.count,
            blinding: hex::encode(opening.blinding.to_repr()),
        };
        Self {
            counts: openings.iter().map(kept).collect(),
            share_secret: hex::encode(secret.reveal()),
        }
    }

    /// The openings of its counts.
    pub(crate) fn openings(&self) -> Result<Vec<CountOpening>, Failure> {
        let opening = |kept: &KeptCount| {
            let blinding: Option<Fp> = Fp::from_repr(bytes(&kept.blinding)?).into();
            Ok(CountOpening {
                count: kept.count,
                blinding: blinding.ok_or_else(damaged)?,
            })
        };
        self.counts.iter().map(opening).collect()
    }

    /// The secret for shares.
    pub(crate) fn secret(&self) -> Result<ShareSecret, Failure> {
        Ok(ShareSecret::from_bytes(bytes(&self.share_secret)?))
    }
}

fn bytes(text: &str) -> Result<[u8; 32], Failure> {
    let mut bytes = Zeroizing::new([0; 32]);
    hex::decode_to_slice(text, &mut *bytes).map_err(|_| damaged())?;
    Ok(*bytes)
}

fn damaged() -> Failure {
    Failure::Invalid {
        message: "the openings of a tally, as this home keeps them, are damaged".to_owned(),
        help: "restore the issuer's folder from a copy; or wait until the tally lapses, and tally \
               anew"
            .to_owned(),
    }
}

impl Home {
    /// Keeps a tally's openings.
    pub(crate) fn put_tally(
        &self,
        issuer: &Issuer,
        proof: &AttachmentDigest,
        kept: &KeptTally,
    ) -> Result<(), Failure> {
        self.write(&place(issuer, &file_name(proof)), kept, true)
    }

    /// A tally's openings.
    pub(crate) fn tally(
        &self,
        issuer: &Issuer,
        proof: &AttachmentDigest,
    ) -> Result<KeptTally, Failure> {
        let missing = || Failure::Unknown {
            what: "opening of a tally",
            name: proof.to_string(),
            help: "this home did not make the tally that is on the ledger: use the one that did"
                .to_owned(),
        };
        self.read(
            &place(issuer, &file_name(proof)),
            "the openings of a tally",
            missing,
        )
    }

    /// Destroys the openings of all tallies but these.
    pub(crate) fn keep_tallies_of(
        &self,
        issuer: &Issuer,
        standing: &[AttachmentDigest],
    ) -> Result<(), Failure> {
        let kept: Vec<String> = standing.iter().map(file_name).collect();
        self.keep_only(
            &[Role::Issuer.folder(), issuer.name.as_str(), FOLDER],
            &kept,
        )
    }
}

fn file_name(proof: &AttachmentDigest) -> String {
    format!("{proof}.json")
}

fn place<'a>(issuer: &'a Issuer, file: &'a str) -> [&'a str; 4] {
    [Role::Issuer.folder(), issuer.name.as_str(), FOLDER, file]
}
