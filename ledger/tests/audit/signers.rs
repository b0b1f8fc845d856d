//! Entries that somebody else signed than must.

use salus_ledger::audit::EntryProblem;
use salus_ledger::key::PublicKey;
use salus_ledger::transaction::*;
use salus_protocol::nullifier::LedgerId;

use crate::audited::*;
use crate::world::forged::{Forged, said};
use crate::world::*;

#[test]
fn only_the_right_keys_sign() {
    let (forged, study) = Forged::up_to_answer();
    let closed = forged.with(CloseStudy { study }, &stranger()).head(2, 0, 2);
    assert!(matches!(
        problem(&closed, study),
        EntryProblem::Signer { .. }
    ));
    let (forged, study) = Forged::up_to_answer();
    let approved = forged
        .with(ApproveStudy { study }, &stranger())
        .head(2, 0, 2);
    assert!(matches!(
        problem(&approved, study),
        EntryProblem::NotBoardOfStudy { .. }
    ));
    let (forged, study) = Forged::up_to_answer();
    let board = RegisterBoard {
        name: Title::new("Sham").unwrap(),
        key: PublicKey::of(&stranger()),
    };
    let sham = forged.with(board, &stranger()).head(2, 0, 2);
    assert!(matches!(problem(&sham, study), EntryProblem::Signer { .. }));
    // A signature of another ledger.
    let (forged, study) = Forged::up_to_answer();
    let answer = prover::answer(study, said(forged.ledger(), &study, 1));
    let elsewhere = Envelope::sign(answer, &LedgerId::new([1; 32]), &stranger());
    let elsewhere = forged.enter(elsewhere).head(2, 0, 2);
    assert!(matches!(
        problem(&elsewhere, study),
        EntryProblem::Signature
    ));
}
