//! Cohort answers: custodians publish their datasets, and say how many in them match a study.

use borsh::{BorshDeserialize, BorshSerialize};
use pasta_curves::EqAffine;
use salus_protocol::cohort::Table;
use salus_protocol::day::Day;
use salus_protocol::nullifier::StudyId;
use salus_protocol::profile::Edition;
use salus_protocol::release::Released;
use salus_protocol::row::FIELDS;
use salus_verifier::cohort::encoding::{self, EncodingError, Reader};
use salus_verifier::cohort::publication::Publication;

use super::digest::{AttachmentDigest, DatasetDigest};

/// Publishes one page of the signer's dataset, in place of any publication of it before. Signed
/// by the issuer. The publication travels beside the log.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct PublishPage {
    /// The edition that the dataset's records are of.
    pub edition: Edition,
    /// The page's number, from 0.
    pub page: u32,
    /// The publication's layout: the highest number that each field holds.
    pub highest: [u16; FIELDS],
    /// The digest of the publication's bytes.
    pub publication: AttachmentDigest,
}

impl PublishPage {
    /// The transaction that publishes a page; [`Publication::to_bytes`] is its attachment.
    #[must_use]
    pub fn of(edition: Edition, page: u32, publication: &Publication) -> Self {
        Self {
            edition,
            page,
            highest: *publication.layout.highest(),
            publication: AttachmentDigest::of(&publication.to_bytes()),
        }
    }
}

/// A commitment to what a cell hides, its count or the seed of its noise: a canonical Vesta point
/// other than the identity.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct CellCommitment(EqAffine);

impl CellCommitment {
    /// Wraps a commitment, as a tally gives it.
    #[must_use]
    pub const fn new(point: EqAffine) -> Self {
        Self(point)
    }

    /// The point.
    #[must_use]
    pub const fn point(&self) -> EqAffine {
        self.0
    }

    /// The canonical 32 bytes.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; 32] {
        let mut bytes = Vec::with_capacity(32);
        encoding::write_point(&mut bytes, &self.0);
        bytes.try_into().expect("a point is written as 32 bytes")
    }

    /// Decodes 32 bytes.
    ///
    /// # Errors
    /// [`EncodingError::Point`] for anything but a canonical point other than the identity.
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self, EncodingError> {
        Reader::new(bytes).point("cell's commitment").map(Self)
    }
}

impl std::fmt::Debug for CellCommitment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "CellCommitment({})", hex::encode(self.to_bytes()))
    }
}

impl BorshSerialize for CellCommitment {
    fn serialize<W: std::io::Write>(&self, writer: &mut W) -> std::io::Result<()> {
        writer.write_all(&self.to_bytes())
    }
}

impl BorshDeserialize for CellCommitment {
    fn deserialize_reader<R: std::io::Read>(reader: &mut R) -> std::io::Result<Self> {
        let mut bytes = [0u8; 32];
        reader.read_exact(&mut bytes)?;
        Self::from_bytes(&bytes)
            .map_err(|e| std::io::Error::new(std::io::ErrorKind::InvalidData, e))
    }
}

/// Answers a study with a table of counts over the signer's dataset of the study's edition.
/// Signed by the issuer. The proofs travel beside the log.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct SubmitCohort {
    /// Which study.
    pub study: StudyId,
    /// The ledger's day, on which consents are valid.
    pub day: Day,
    /// The shape of the answer.
    pub table: Table,
    /// The publications of the dataset's pages.
    pub dataset: DatasetDigest,
    /// Commitments to the cells' counts.
    pub counts: Vec<CellCommitment>,
    /// What is released of each cell.
    pub released: Vec<Released>,
    /// The digest of the proofs' bytes: those of the parts, then those of the release.
    pub proof: AttachmentDigest,
}

/// Counts the signer's dataset for a study whose custodians are counted together, or whose releases
/// carry noise. Signed by the issuer. Nothing is released yet; the proofs travel beside the log.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct SubmitTally {
    /// Which study.
    pub study: StudyId,
    /// The ledger's day, on which consents are valid.
    pub day: Day,
    /// The shape of the answer.
    pub table: Table,
    /// The publications of the dataset's pages.
    pub dataset: DatasetDigest,
    /// Commitments to the cells' counts.
    pub counts: Vec<CellCommitment>,
    /// Commitments to the seeds of the cells' noise, if the study's releases carry noise.
    pub seeds: Vec<CellCommitment>,
    /// The X25519 key for the shares of the release.
    pub share_key: [u8; 32],
    /// The digest of the proofs' bytes: those of the parts, then those of the seeds.
    pub proof: AttachmentDigest,
}

/// Releases the sum of tallies. Signed by one of their custodians. The proof travels beside the
/// log.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct ReleaseCohort {
    /// Which study.
    pub study: StudyId,
    /// The shape of the answer, that of each tally.
    pub table: Table,
    /// The log entries of the tallies, in ascending order.
    pub tallies: Vec<u64>,
    /// What is released of the sum of each cell.
    pub released: Vec<Released>,
    /// The digest of the release's proof.
    pub proof: AttachmentDigest,
}
