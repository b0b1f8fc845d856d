//! Attachments: what travels beside the log.

use salus_protocol::contact::SealedContact;
use salus_protocol::profile::{Profile, ProfileHash};
use salus_protocol::statement::ContactDigest;
use thiserror::Error;

use crate::state::Rejection;
use crate::transaction::{AttachmentDigest, Transaction};

/// The longest profile document, in bytes.
const MAX_PROFILE: usize = 4 << 20;

/// Why an attachment can't be given.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
pub enum AttachmentError {
    /// It is not there: never given, or dropped.
    #[error("the ledger does not keep the {what} {digest}: it was never given, or was dropped")]
    Missing {
        /// What it is.
        what: &'static str,
        /// Its digest.
        digest: String,
    },
    /// No answer on the ledger binds it.
    #[error("no answer on the ledger binds the contact {digest}")]
    Unbound {
        /// Its digest.
        digest: String,
    },
    /// It does not have its digest.
    #[error("the {what} kept under {digest} has another digest: the file was altered")]
    Altered {
        /// What it is.
        what: &'static str,
        /// Its digest.
        digest: String,
    },
}

/// Something that a transaction names by its digest. It is stored with the transaction, and is no
/// part of the log. A contact can be dropped without harm to it; without publications and cohort
/// proofs a log can't be replayed in full, so these stay.
#[derive(Clone, PartialEq, Eq)]
pub enum Attachment {
    /// The sealed contact of a volunteer, of an answer.
    Contact(SealedContact),
    /// The profile document, in TOML, of an opened study. Given with it, the study's query text
    /// is compiled again and must give the study's compiled query.
    Profile(String),
    /// The bytes of a published page.
    Publication(Vec<u8>),
    /// The proofs of a cohort answer: those of its counts, then of its release; a tally has the
    /// first only, the release of several tallies the second.
    CohortProof(Vec<u8>),
}

impl std::fmt::Debug for Attachment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Contact(sealed) => write!(f, "Contact({})", sealed.digest()),
            Self::Profile(text) => write!(f, "Profile({} bytes)", text.len()),
            Self::Publication(bytes) => write!(f, "Publication({} bytes)", bytes.len()),
            Self::CohortProof(bytes) => write!(f, "CohortProof({} bytes)", bytes.len()),
        }
    }
}

/// Where an attachment is kept: its kind and its digest.
pub(crate) type Place = [u8; 33];

/// The bytes of an attachment, with where they are kept.
pub(crate) type Kept = (Place, Vec<u8>);

pub(crate) fn contact_place(digest: ContactDigest) -> Place {
    place(b'c', digest.to_bytes())
}

pub(crate) fn profile_place(hash: ProfileHash) -> Place {
    place(b'p', *hash.as_bytes())
}

pub(crate) fn proof_place(digest: &AttachmentDigest) -> Place {
    place(b'd', *digest.as_bytes())
}

fn place(kind: u8, digest: [u8; 32]) -> Place {
    let mut place = [kind; 33];
    place[1..].copy_from_slice(&digest);
    place
}

impl Attachment {
    /// The bytes to keep.
    pub(crate) fn bytes(&self) -> &[u8] {
        match self {
            Self::Contact(sealed) => sealed.as_bytes(),
            Self::Profile(text) => text.as_bytes(),
            Self::Publication(bytes) | Self::CohortProof(bytes) => bytes,
        }
    }

    /// The digest by which admission finds it, if a proof depends on it.
    pub(crate) fn proof_digest(&self) -> Option<AttachmentDigest> {
        match self {
            Self::Publication(bytes) | Self::CohortProof(bytes) => {
                Some(AttachmentDigest::of(bytes))
            }
            Self::Contact(_) | Self::Profile(_) => None,
        }
    }

    /// Where to keep it, if it is what the transaction names.
    pub(crate) fn place_for(&self, transaction: &Transaction) -> Result<Place, Rejection> {
        let refuse = |problem: String| Rejection::Attachment { problem };
        match (self, transaction) {
            (Self::Contact(sealed), Transaction::SubmitEligibility(t)) => {
                let digest = sealed.digest();
                if digest != t.statement.contact {
                    return Err(refuse(
                        "it is not the contact that the proof binds".to_owned(),
                    ));
                }
                Ok(contact_place(digest))
            }
            (Self::Profile(text), Transaction::OpenStudy(t)) => {
                if text.len() > MAX_PROFILE {
                    return Err(refuse(format!("a profile has at most {MAX_PROFILE} bytes")));
                }
                let profile = Profile::from_toml(text).map_err(|e| refuse(e.to_string()))?;
                t.check_text(&profile).map_err(|e| refuse(e.to_string()))?;
                Ok(profile_place(profile.hash()))
            }
            (Self::Publication(_), Transaction::PublishPage(_))
            | (
                Self::CohortProof(_),
                Transaction::SubmitCohort(_)
                | Transaction::SubmitTally(_)
                | Transaction::ReleaseCohort(_),
            ) => {
                let digest = self.proof_digest();
                digest
                    .filter(|_| digest == transaction.proof_attachment())
                    .map(|digest| proof_place(&digest))
                    .ok_or_else(|| refuse("it is not what the transaction names".to_owned()))
            }
            _ => Err(refuse(format!(
                "{:?} takes no such attachment",
                transaction.name()
            ))),
        }
    }
}

/// Refuses a transaction without the attachment that it names: nobody could compile the study's
/// query, or open the volunteer's contact.
pub(crate) fn required_by(transaction: &Transaction) -> Result<(), Rejection> {
    let problem = match transaction {
        Transaction::OpenStudy(_) => "opening a study needs its profile document",
        Transaction::SubmitEligibility(t) if t.statement.contact != ContactDigest::NONE => {
            "the answer binds a contact: it needs the sealed contact"
        }
        Transaction::PublishPage(_) => "publishing a page needs the publication",
        Transaction::SubmitCohort(_) => "a cohort answer needs its proofs",
        Transaction::SubmitTally(_) => "a tally needs its proof",
        Transaction::ReleaseCohort(_) => "a release needs its proof",
        _ => return Ok(()),
    };
    Err(Rejection::Attachment {
        problem: problem.to_owned(),
    })
}
