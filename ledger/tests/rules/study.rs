//! Rules for studies and their approvals.

use salus_ledger::key::PublicKey;
use salus_ledger::state::Rejection;
use salus_ledger::transaction::*;
use salus_protocol::nullifier::StudyId;

use crate::world::*;

#[test]
fn study_rules() {
    let mut world = World::ready();
    let open = |change: &dyn Fn(&mut OpenStudy)| {
        let mut study = open_study();
        change(&mut study);
        study
    };
    refused!(
        world.apply(open_study(), &stranger()),
        Rejection::NotSponsor { .. }
    );
    let study = open(&|s| s.boards.reverse());
    refused!(world.apply(study, &sponsor()), Rejection::BoardList { .. });
    let study = open(&|s| s.boards[1] = s.boards[0]);
    refused!(world.apply(study, &sponsor()), Rejection::BoardList { .. });
    let study = open(&|s| s.boards.clear());
    refused!(world.apply(study, &sponsor()), Rejection::BoardList { .. });
    let study = open(&|s| s.boards = vec![PublicKey::of(&stranger())]);
    refused!(
        world.apply(study, &sponsor()),
        Rejection::BoardUnknown { .. }
    );
    let study = open(&|s| s.approvals_needed = 0);
    refused!(
        world.apply(study, &sponsor()),
        Rejection::ApprovalsNeeded { .. }
    );
    let study = open(&|s| s.approvals_needed = 3);
    refused!(
        world.apply(study, &sponsor()),
        Rejection::ApprovalsNeeded { .. }
    );
    let study = open(&|s| s.expires = day("2024-02-29"));
    refused!(
        world.apply(study, &sponsor()),
        Rejection::ExpiresInPast { .. }
    );
    let study = open(&|s| s.query_text = "q".repeat(16_385));
    refused!(world.apply(study, &sponsor()), Rejection::QueryText { .. });
    let study = open(&|s| s.index_day = day("2020-01-02"));
    refused!(world.apply(study, &sponsor()), Rejection::QueryEdition);
    let study = open(&|s| s.policy.suppress_up_to = 9);
    refused!(
        world.apply(study, &sponsor()),
        Rejection::PolicyTooWeak { .. }
    );
    let study = open(&|s| s.policy.round_to = 1);
    refused!(
        world.apply(study, &sponsor()),
        Rejection::PolicyTooWeak { .. }
    );
    let mut dayless = World::founded();
    for envelope in setup(dayless.id()).split_off(1) {
        dayless.state.apply(&envelope).unwrap();
    }
    refused!(dayless.apply(open_study(), &sponsor()), Rejection::NoDay);
    world.apply(open_study(), &sponsor()).unwrap();
}

#[test]
fn approval_rules() {
    let mut world = World::ready();
    let unknown = ApproveStudy {
        study: StudyId::new([1; 32]),
    };
    refused!(
        world.apply(unknown, &board(0)),
        Rejection::StudyUnknown { .. }
    );
    let study = world.study();
    refused!(
        world.apply(ApproveStudy { study }, &stranger()),
        Rejection::NotBoardOfStudy { .. }
    );
    // A board approves once: a second approval is the same transaction.
    refused!(
        world.apply(ApproveStudy { study }, &board(0)),
        Rejection::Replayed { .. }
    );
    let mut late = world.clone();
    late.seal();
    let day = day("2025-01-01");
    late.apply(on_day(day), &checkpoint()).unwrap();
    refused!(
        late.apply(ApproveStudy { study }, &board(1)),
        Rejection::StudyExpired { .. }
    );
    refused!(
        world.apply(CloseStudy { study }, &board(0)),
        Rejection::NotSponsor { .. }
    );
    world.apply(CloseStudy { study }, &governance()).unwrap();
    refused!(
        world.apply(CloseStudy { study }, &sponsor()),
        Rejection::StudyClosed { .. }
    );
    refused!(
        world.apply(ApproveStudy { study }, &board(1)),
        Rejection::StudyClosed { .. }
    );
}
