//! A node as what a replica follows.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use salus_ledger::engine::{Attachment, HandedIn, Submission, Upstream, UpstreamError};
use salus_ledger::log::{ConsistencyProof, LogHash, MAX_ENTRY_BYTES, SignedCheckpoint};
use salus_ledger::transaction::AttachmentDigest;
use salus_protocol::profile::ProfileHash;
use serde::Deserialize;
use serde_json::{Value, json};

use super::client::{Answer, Broken, Client};

/// Entries in a full bundle, by C2SP tlog-tiles.
const BUNDLE: u64 = 256;
/// How often the same transaction is handed in.
const TRIES: u32 = 5;
const SMALL: usize = 64 << 10;
/// More than a node takes as one body.
const LARGE: usize = 64 << 20;

const TRANSACTIONS: &str = "/api/v1/transactions";

#[derive(Deserialize)]
struct Consistency {
    from: u64,
    to: u64,
    path: Vec<LogHash>,
}

impl Upstream for Client {
    fn checkpoint(&self) -> Result<SignedCheckpoint, UpstreamError> {
        let path = "/checkpoint";
        let bytes = self.get(path, SMALL)?;
        let text = String::from_utf8(bytes);
        let text = text.map_err(|error| self.unusable(path, &error.to_string()))?;
        // A part of it may be shown before its signature is checked.
        if text
            .lines()
            .any(|line| line.contains(salus_protocol::is_deceptive))
        {
            return Err(self.unusable(path, "it holds characters that no checkpoint has"));
        }
        Ok(SignedCheckpoint::new(text))
    }

    fn entries(&self, first: u64, size: u64) -> Result<Vec<Vec<u8>>, UpstreamError> {
        let number = first / BUNDLE;
        let width = size.saturating_sub(number * BUNDLE).min(BUNDLE);
        let path = bundle_path(number, width);
        let at_most = (MAX_ENTRY_BYTES + 2) * width as usize;
        let bytes = self.get(&path, at_most)?;
        let entries = split(&bytes).filter(|entries| entries.len() as u64 == width);
        let entries = entries.ok_or_else(|| self.unusable(&path, "it is no bundle of entries"))?;
        let known = usize::try_from(first % BUNDLE).unwrap_or(usize::MAX);
        Ok(entries.into_iter().skip(known).collect())
    }

    fn consistency(&self, old: u64, new: u64) -> Result<ConsistencyProof, UpstreamError> {
        let path = format!("/api/v1/ledger/proofs/consistency?from={old}&to={new}");
        let proof: Consistency = self.get_json(&path, SMALL)?;
        Ok(ConsistencyProof {
            old: proof.from,
            new: proof.to,
            path: proof.path,
        })
    }

    fn proof_attachment(&self, digest: &AttachmentDigest) -> Result<Vec<u8>, UpstreamError> {
        self.get(&format!("/api/v1/attachments/{digest}"), LARGE)
    }

    fn profile_document(&self, hash: ProfileHash) -> Result<String, UpstreamError> {
        let path = format!("/api/v1/profiles/{hash}");
        let bytes = self.get(&path, LARGE)?;
        String::from_utf8(bytes).map_err(|error| self.unusable(&path, &error.to_string()))
    }

    /// After a try whose end is not known, `Replayed` says that the transaction had entered.
    fn hand_in(&self, submission: &Submission) -> Result<HandedIn, UpstreamError> {
        let body = body(submission).to_string();
        let mut perhaps_in = false;
        let mut last = self.busy();
        for attempt in 0..TRIES {
            let answer = match self.post(TRANSACTIONS, body.as_bytes(), LARGE) {
                Ok(answer) => answer,
                Err(broken) => {
                    if attempt > 0 && matches!(broken, Broken::Refused(_)) {
                        return Err(broken.into());
                    }
                    perhaps_in |= matches!(broken, Broken::Lost(_));
                    last = broken.into();
                    std::thread::sleep(std::time::Duration::from_millis(250 << attempt));
                    continue;
                }
            };
            let is_late = answer.code().as_deref() == Some("Late");
            if answer.is_busy() || is_late {
                perhaps_in |= is_late;
                last = self.busy();
                std::thread::sleep(answer.pause());
                continue;
            }
            return self.outcome(&answer, perhaps_in);
        }
        Err(last)
    }
}

impl Client {
    fn outcome(&self, answer: &Answer, perhaps_in: bool) -> Result<HandedIn, UpstreamError> {
        let problem = answer.problem();
        match (answer.status, problem) {
            (201, _) => Ok(HandedIn::Entered),
            (400..=499, Some(problem)) if perhaps_in && problem.code == "Replayed" => {
                Ok(HandedIn::Entered)
            }
            (400..=499, Some(problem)) => Ok(HandedIn::Refused {
                code: problem.code,
                detail: problem.detail,
            }),
            (_, Some(problem)) => Err(self.unusable(TRANSACTIONS, &problem.detail)),
            (status, None) => Err(self.unusable(TRANSACTIONS, &format!("its status is {status}"))),
        }
    }
}

/// A submission as the node takes it.
fn body(submission: &Submission) -> Value {
    let coded = |kind: &str, bytes: &[u8]| json!({ "kind": kind, "base64": BASE64.encode(bytes) });
    let attachment = submission
        .attachment
        .as_ref()
        .map(|attachment| match attachment {
            Attachment::Contact(sealed) => coded("contact", sealed.as_bytes()),
            Attachment::Profile(text) => json!({ "kind": "profile", "text": text }),
            Attachment::Publication(bytes) => coded("publication", bytes),
            Attachment::CohortProof(bytes) => coded("cohort-proof", bytes),
        });
    json!({
        "transaction": BASE64.encode(submission.envelope.to_bytes()),
        "attachment": attachment,
    })
}

/// Where a bundle of entries is, by C2SP tlog-tiles.
fn bundle_path(number: u64, width: u64) -> String {
    let mut path = format!("{:03}", number % 1000);
    let mut rest = number / 1000;
    while rest > 0 {
        path = format!("x{:03}/{path}", rest % 1000);
        rest /= 1000;
    }
    if width == BUNDLE {
        format!("/tile/entries/{path}")
    } else {
        format!("/tile/entries/{path}.p/{width}")
    }
}

/// The entries of a bundle, each after its length in 16 bits.
fn split(mut bytes: &[u8]) -> Option<Vec<Vec<u8>>> {
    let mut entries = Vec::new();
    while let Some((length, rest)) = bytes.split_first_chunk::<2>() {
        let (entry, rest) = rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
        entries.push(entry.to_vec());
        bytes = rest;
    }
    bytes.is_empty().then_some(entries)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use salus_ledger::log::LogTree;

    #[test]
    fn bundles_are_found_and_read_where_a_log_puts_them() {
        let size = 700u64;
        let entry = |index: u64| vec![index as u8; 1 + (index % 300) as usize];
        let mut tree = LogTree::new();
        (0..size).for_each(|index| tree.append(&entry(index)));
        let files = tree.tiles(|index| Some(entry(index))).unwrap();
        for (number, width) in [(0, 256), (1, 256), (2, 188)] {
            let path = bundle_path(number, width);
            let file = files.iter().find(|file| format!("/{}", file.path) == path);
            let entries = split(&file.unwrap().bytes).unwrap();
            let first = number * 256;
            let expected: Vec<_> = (first..first + width).map(entry).collect();
            assert_eq!(entries, expected);
        }
        assert_eq!(bundle_path(1_234_067, 9), "/tile/entries/x001/x234/067.p/9");
        assert_eq!(split(&[0, 2, 1]), None);
        assert_eq!(split(&[0]), None);
        assert_eq!(split(&[]), Some(Vec::new()));
    }
}
