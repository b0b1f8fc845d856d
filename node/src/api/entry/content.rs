//! What a transaction says, as JSON: its fields under their names, bytes in hexadecimal.

use salus_ledger::transaction::{
    CellCommitment, CommitRecord, OpenStudy, PublishPage, ReleaseCohort, SubmitCohort,
    SubmitEligibility, SubmitTally, Transaction,
};
use serde_json::{Value, json};

use crate::api::table;

/// The fields of a transaction.
pub(super) fn of(transaction: &Transaction) -> Value {
    match transaction {
        Transaction::Genesis(t) => json!({
            "name": t.name, "governance": t.governance, "checkpoint": t.checkpoint,
            "accepts_insecure_keys": t.accepts_insecure_keys, "nonce": hex::encode(t.nonce),
        }),
        Transaction::AdvanceDay(t) => json!({ "day": t.day }),
        Transaction::RegisterIssuer(t) => json!({ "name": t.name, "key": t.key }),
        Transaction::RegisterBoard(t) => json!({ "name": t.name, "key": t.key }),
        Transaction::AcceptKey(t) => json!({
            "circuit": t.circuit, "setup": t.setup, "id": t.id, "key": hex::encode(t.key),
        }),
        Transaction::CommitRecord(t) => commit(t),
        Transaction::AmendRecord(t) => json!({
            "index": t.index, "sequence": t.sequence, "record": t.record, "row": t.row,
        }),
        Transaction::EraseRecord(t) => json!({ "index": t.index, "sequence": t.sequence }),
        Transaction::GrantConsent(t) => json!({
            "index": t.index, "sequence": t.sequence, "consent": t.consent, "row": t.row,
        }),
        Transaction::RevokeConsent(t) => json!({ "index": t.index, "sequence": t.sequence }),
        Transaction::OpenStudy(t) => open(t),
        Transaction::ApproveStudy(t) => json!({ "study": t.study }),
        Transaction::CloseStudy(t) => json!({ "study": t.study }),
        Transaction::SubmitEligibility(t) => answer(t),
        Transaction::PublishPage(t) => page(t),
        Transaction::SubmitCohort(t) => cohort(t),
        Transaction::SubmitTally(t) => tally(t),
        Transaction::ReleaseCohort(t) => release(t),
    }
}

fn commit(t: &CommitRecord) -> Value {
    json!({ "record": t.record, "row": t.row, "subject": t.subject, "edition": t.edition })
}

fn open(t: &OpenStudy) -> Value {
    json!({
        "title": t.title, "query_text": t.query_text, "profile": t.profile.to_string(),
        "index_day": t.index_day, "query": t.query, "purpose": t.purpose, "expires": t.expires,
        "freshness": t.freshness, "policy": t.policy, "together": t.together, "noise": t.noise,
        "boards": t.boards, "approvals_needed": t.approvals_needed, "sponsor": t.sponsor,
        "inbox": hex::encode(t.inbox),
    })
}

fn answer(t: &SubmitEligibility) -> Value {
    json!({
        "study": t.study, "key": t.key, "statement": t.statement, "proof": hex::encode(t.proof),
    })
}

fn page(t: &PublishPage) -> Value {
    json!({
        "edition": t.edition, "page": t.page, "highest": t.highest.to_vec(),
        "publication": t.publication,
    })
}

fn cohort(t: &SubmitCohort) -> Value {
    json!({
        "study": t.study, "day": t.day, "table": table::of(&t.table),
        "dataset": hex::encode(t.dataset.as_bytes()), "counts": commitments(&t.counts),
        "released": t.released, "proof": t.proof,
    })
}

fn tally(t: &SubmitTally) -> Value {
    json!({
        "study": t.study, "day": t.day, "table": table::of(&t.table),
        "dataset": hex::encode(t.dataset.as_bytes()), "counts": commitments(&t.counts),
        "seeds": commitments(&t.seeds), "share_key": hex::encode(t.share_key), "proof": t.proof,
    })
}

fn release(t: &ReleaseCohort) -> Value {
    json!({
        "study": t.study, "table": table::of(&t.table), "tallies": t.tallies,
        "released": t.released, "proof": t.proof,
    })
}

fn commitments(cells: &[CellCommitment]) -> Vec<String> {
    cells
        .iter()
        .map(|cell| hex::encode(cell.to_bytes()))
        .collect()
}
