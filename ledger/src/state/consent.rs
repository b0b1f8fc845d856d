//! Consent: granted and revoked by a record's subject, and by nobody else.

use salus_protocol::consent::ConsentCommitment;
use salus_protocol::registry::{Leaf, RecordIndex};
use salus_protocol::row_commitment::RowCommitment;

use super::{Event, Rejection, State};
use crate::key::PublicKey;
use crate::transaction::{GrantConsent, RevokeConsent};

impl State {
    /// Checks the rules for a consent, and says whether it replaces another.
    pub(super) fn check_grant(
        &self,
        t: &GrantConsent,
        signer: PublicKey,
    ) -> Result<bool, Rejection> {
        let record = self.standing_record(t.index, t.sequence)?;
        if record.subject != signer {
            return Err(Rejection::NotSubjectOfRecord { index: t.index });
        }
        if t.consent == Leaf::EMPTY.consent {
            return Err(Rejection::EmptyCommitment { what: "consent" });
        }
        Ok(record.consent.is_some())
    }

    pub(super) fn grant_consent(
        &mut self,
        t: &GrantConsent,
        signer: PublicKey,
    ) -> Result<Event, Rejection> {
        let replaced = self.check_grant(t, signer)?;
        self.set_consent(t.index, Some((t.consent, t.row)));
        self.changed(t.index);
        if replaced {
            // The consent before may have allowed more: proofs of it must end.
            self.revise();
        }
        Ok(Event::ConsentGranted {
            index: t.index,
            replaced,
        })
    }

    pub(super) fn check_revoke(
        &self,
        t: &RevokeConsent,
        signer: PublicKey,
    ) -> Result<(), Rejection> {
        let record = self.standing_record(t.index, t.sequence)?;
        if record.subject != signer {
            return Err(Rejection::NotSubjectOfRecord { index: t.index });
        }
        if record.consent.is_none() {
            return Err(Rejection::NoConsent { index: t.index });
        }
        Ok(())
    }

    pub(super) fn revoke_consent(
        &mut self,
        t: &RevokeConsent,
        signer: PublicKey,
    ) -> Result<Event, Rejection> {
        self.check_revoke(t, signer)?;
        self.set_consent(t.index, None);
        self.changed(t.index);
        self.revise();
        Ok(Event::ConsentRevoked { index: t.index })
    }

    fn set_consent(
        &mut self,
        index: RecordIndex,
        consent: Option<(ConsentCommitment, RowCommitment)>,
    ) {
        let record = &mut self.records[index as usize];
        record.consent = consent;
        record.consent_entry = Some(self.entries);
    }
}
