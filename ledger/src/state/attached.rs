//! What transactions name by digest and admission must read: publications and proofs of cohort
//! answers.

use std::collections::BTreeMap;

use super::Rejection;
use crate::transaction::AttachmentDigest;

/// Where attachments are found. What it gives is compared with its digest, so it need not be
/// trusted.
pub trait Attached: Sync {
    /// The bytes of the attachment with this digest, if they are there.
    fn find(&self, digest: &AttachmentDigest) -> Option<Vec<u8>>;
}

/// Nothing is attached.
impl Attached for () {
    fn find(&self, _: &AttachmentDigest) -> Option<Vec<u8>> {
        None
    }
}

impl Attached for BTreeMap<AttachmentDigest, Vec<u8>> {
    fn find(&self, digest: &AttachmentDigest) -> Option<Vec<u8>> {
        self.get(digest).cloned()
    }
}

/// The bytes with this digest.
pub(super) fn read(
    attached: &dyn Attached,
    what: &'static str,
    digest: AttachmentDigest,
) -> Result<Vec<u8>, Rejection> {
    let bytes = attached
        .find(&digest)
        .ok_or(Rejection::AttachmentMissing { what, digest })?;
    if AttachmentDigest::of(&bytes) == digest {
        Ok(bytes)
    } else {
        Err(Rejection::AttachmentAltered { what, digest })
    }
}
