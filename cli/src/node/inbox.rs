//! The sealed contacts of a study, from a node to the study's sponsor.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use salus_ledger::engine::UpstreamError;
use salus_ledger::inbox::InboxRequest;
use salus_protocol::contact::SealedContact;
use salus_protocol::nullifier::StudyId;
use serde::Deserialize;

use super::Client;

const AT_MOST: usize = 16 << 20;

#[derive(Deserialize)]
struct Contacts {
    next: Option<usize>,
    contacts: Vec<String>,
}

impl Client {
    /// All sealed contacts of a study that the node still has. Whether they are of its answers is
    /// for the replica to check.
    pub(crate) fn contacts(
        &self,
        study: &StudyId,
        request: &InboxRequest,
    ) -> Result<Vec<SealedContact>, UpstreamError> {
        let body = serde_json::to_vec(request).unwrap_or_default();
        let mut all = Vec::new();
        let mut from = 0;
        loop {
            let path = format!("/api/v1/studies/{study}/contacts?from={from}");
            let unusable = |problem: String| self.unusable(&path, &problem);
            let answer = self.patiently(|| self.post(&path, &body, AT_MOST))?;
            let bytes = self.expect_ok(&path, answer)?;
            let page: Contacts =
                serde_json::from_slice(&bytes).map_err(|error| unusable(error.to_string()))?;
            for text in page.contacts {
                let bytes = BASE64.decode(text);
                let bytes = bytes.map_err(|error| unusable(error.to_string()))?;
                let sealed = SealedContact::from_bytes(bytes);
                all.push(sealed.map_err(|error| unusable(error.to_string()))?);
            }
            match page.next {
                Some(next) if next > from => from = next,
                Some(_) => return Err(unusable("its pages do not go on".to_owned())),
                None => return Ok(all),
            }
        }
    }
}
