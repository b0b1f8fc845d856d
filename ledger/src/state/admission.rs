//! Admission: signature and proof of a transaction, checked without changing anything.

use salus_protocol::nullifier::LedgerId;
use salus_protocol::statement::Statement;
use salus_verifier::{Proof, Verified, verify};
use sha2::{Digest, Sha256};

use super::{Attached, Rejection, State};
use crate::key::PublicKey;
use crate::log::MAX_ENTRY_BYTES;
use crate::transaction::{Envelope, SubmitEligibility, Transaction, TransactionId};

/// A transaction whose signature, and whose proof if it has one, were checked.
#[derive(Debug, Clone)]
pub struct Admitted {
    ledger: LedgerId,
    id: TransactionId,
    signer: PublicKey,
    transaction: Transaction,
    /// The SHA-256 of the envelope's canonical bytes, signature included.
    digest: [u8; 32],
    evidence: Evidence,
}

/// Why an answer's statement is believed.
#[derive(Debug, Clone)]
pub(crate) enum Evidence {
    /// The transaction carries no proof.
    None,
    /// Its proof was verified.
    Proven(Box<Verified<Statement>>),
    /// The publication was verified against the page with this digest.
    Published { content: [u8; 32] },
    /// The counts and their release were verified in this context.
    Counted { context: [u8; 32] },
    /// It stands in a log under a checkpoint of this ledger's own key, which this ledger signed
    /// after verifying the proof. For rebuilding the state only.
    Logged,
}

impl Evidence {
    /// The statement of an answer, if the evidence is of that very statement and key.
    pub(super) fn statement_of(&self, t: &SubmitEligibility) -> Result<Statement, Rejection> {
        match self {
            Self::Proven(verified)
                if *verified.statement() == t.statement && verified.key_id() == t.key =>
            {
                Ok(*verified.statement())
            }
            Self::Logged => Ok(t.statement),
            _ => Err(Rejection::Proof {
                problem: "it was not verified for this statement and key".to_owned(),
            }),
        }
    }
}

impl Admitted {
    /// The ledger for which it was signed.
    #[must_use]
    pub const fn ledger(&self) -> LedgerId {
        self.ledger
    }

    /// The transaction's identity.
    #[must_use]
    pub const fn id(&self) -> TransactionId {
        self.id
    }

    /// Who signed it.
    #[must_use]
    pub const fn signer(&self) -> PublicKey {
        self.signer
    }

    /// The transaction.
    #[must_use]
    pub const fn transaction(&self) -> &Transaction {
        &self.transaction
    }

    pub(super) const fn digest(&self) -> &[u8; 32] {
        &self.digest
    }

    pub(super) const fn evidence(&self) -> &Evidence {
        &self.evidence
    }

    /// A transaction from this ledger's own log, under a checkpoint that its key signed.
    pub(crate) fn logged(envelope: Envelope, ledger: LedgerId) -> Self {
        Self {
            ledger,
            id: envelope.id(&ledger),
            signer: envelope.signer(),
            digest: Sha256::digest(envelope.to_bytes()).into(),
            transaction: envelope.into_transaction(),
            evidence: Evidence::Logged,
        }
    }
}

impl State {
    /// Checks a transaction's signature and, if it has a proof, its rules and its proof. The
    /// slow part of [`Self::apply`]; it changes nothing, so many can be checked side by side.
    ///
    /// # Errors
    /// [`Rejection::TooLong`], [`Rejection::NotCanonical`], [`Rejection::Signature`],
    /// [`Rejection::AttachmentMissing`] if its proof is attached, [`Rejection::Proof`] or the rule
    /// that the transaction breaks.
    pub fn admit(&self, envelope: &Envelope) -> Result<Admitted, Rejection> {
        self.admit_with(envelope, &())
    }

    /// As [`Self::admit`], with what the transaction names by digest.
    ///
    /// # Errors
    /// As [`Self::admit`]; [`Rejection::AttachmentAltered`] for an attachment that has not the
    /// digest asked for.
    pub fn admit_with(
        &self,
        envelope: &Envelope,
        attached: &dyn Attached,
    ) -> Result<Admitted, Rejection> {
        let bytes = envelope.to_bytes();
        if bytes.len() > MAX_ENTRY_BYTES {
            return Err(Rejection::TooLong {
                bytes: bytes.len(),
                at_most: MAX_ENTRY_BYTES,
            });
        }
        // A value made in memory may have no canonical encoding; in the log it could never be
        // read again.
        if let Err(error) = Envelope::from_bytes(&bytes) {
            return Err(Rejection::NotCanonical {
                problem: error.to_string(),
            });
        }
        if !envelope.is_signed_for(&self.id()) {
            return Err(Rejection::Signature { ledger: self.id() });
        }
        // Anyone can copy a transaction from the log: it must not cost its proof again.
        self.check_unseen(envelope.id(&self.id()))?;
        let evidence = match envelope.transaction() {
            Transaction::SubmitEligibility(t) => self.verify_answer(t)?,
            Transaction::PublishPage(t) => self.verify_page(t, envelope.signer(), attached)?,
            Transaction::SubmitCohort(t) => self.verify_cohort(t, envelope.signer(), attached)?,
            Transaction::SubmitTally(t) => self.verify_tally(t, envelope.signer(), attached)?,
            Transaction::ReleaseCohort(t) => self.verify_release(t, envelope.signer(), attached)?,
            _ => Evidence::None,
        };
        Ok(Admitted {
            ledger: self.id(),
            id: envelope.id(&self.id()),
            signer: envelope.signer(),
            transaction: envelope.transaction().clone(),
            digest: Sha256::digest(bytes).into(),
            evidence,
        })
    }

    /// The cheap rules first: a pairing is spent only on an answer that could enter.
    fn verify_answer(&self, t: &SubmitEligibility) -> Result<Evidence, Rejection> {
        self.check_answer(t)?;
        let key = self
            .keys()
            .get(&t.key)
            .ok_or(Rejection::KeyUnknown { id: t.key })?;
        let problem = |problem: String| Rejection::Proof { problem };
        let proof = Proof::from_bytes(&t.proof).map_err(|e| problem(e.to_string()))?;
        let verified =
            verify(key.trusted(), &t.statement, &proof).map_err(|e| problem(e.to_string()))?;
        Ok(Evidence::Proven(Box::new(verified)))
    }
}
