//! What a custodian keeps of its tallies until they are released: openings, and the secret for
//! shares.

use pasta_curves::Fp;
use pasta_curves::group::ff::PrimeField;
use salus_ledger::transaction::AttachmentDigest;
use salus_prover::cohort::{ShareSecret, TallyOpenings};
use salus_prover::noised_release::SeedOpening;
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
    counts: Vec<KeptOpening>,
    /// Without noise there are none.
    seeds: Vec<KeptOpening>,
    /// In hexadecimal.
    share_secret: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeptOpening {
    /// A count, or a seed.
    number: u64,
    /// In hexadecimal.
    blinding: String,
}

impl Drop for KeptTally {
    fn drop(&mut self) {
        self.share_secret.zeroize();
        for kept in self.counts.iter_mut().chain(&mut self.seeds) {
            kept.number.zeroize();
            kept.blinding.zeroize();
        }
    }
}

impl KeptTally {
    pub(crate) fn of(openings: &TallyOpenings, secret: &ShareSecret) -> Self {
        let kept = |number: u64, blinding: &Fp| KeptOpening {
            number,
            blinding: hex::encode(blinding.to_repr()),
        };
        let (counts, seeds) = (openings.counts.iter(), openings.seeds.iter());
        Self {
            counts: counts.map(|o| kept(o.count, &o.blinding)).collect(),
            seeds: seeds.map(|o| kept(o.seed, &o.blinding)).collect(),
            share_secret: hex::encode(secret.reveal()),
        }
    }

    /// The openings.
    pub(crate) fn openings(&self) -> Result<TallyOpenings, Failure> {
        let blinding = |kept: &KeptOpening| {
            let blinding: Option<Fp> = Fp::from_repr(bytes(&kept.blinding)?).into();
            blinding.ok_or_else(damaged)
        };
        let count = |kept: &KeptOpening| {
            Ok(CountOpening {
                count: kept.number,
                blinding: blinding(kept)?,
            })
        };
        let seed = |kept: &KeptOpening| {
            Ok(SeedOpening {
                seed: kept.number,
                blinding: blinding(kept)?,
            })
        };
        Ok(TallyOpenings {
            counts: self
                .counts
                .iter()
                .map(count)
                .collect::<Result<_, Failure>>()?,
            seeds: self
                .seeds
                .iter()
                .map(seed)
                .collect::<Result<_, Failure>>()?,
        })
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
