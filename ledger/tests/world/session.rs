//! A scripted session: batches of transactions that touch every kind, made once.

use std::sync::LazyLock;

use salus_ledger::engine::{Attachment, Submission};
use salus_ledger::state::{Event, State};
use salus_ledger::transaction::*;
use salus_protocol::contact::SEALED_BYTES;
use salus_protocol::contact::SealedContact;

use super::*;

/// The batches, in order.
pub(crate) fn batches() -> &'static [Vec<Submission>] {
    &BATCHES
}

/// The contact that the session's answer carries.
pub(crate) fn contact() -> SealedContact {
    SealedContact::from_bytes(vec![0xc7; SEALED_BYTES]).unwrap()
}

static BATCHES: LazyLock<Vec<Vec<Submission>>> = LazyLock::new(|| {
    let mut script = Script::begin();
    let id = script.state.id();
    script.batch(setup(id).into_iter().map(Submission::from).collect());
    let commits = (1..=3).map(|n| Envelope::sign(commit_record(n), &id, &issuer()).into());
    script.batch(commits.collect());
    for number in 1..=2u32 {
        let index = number - 1;
        let (consent, row) = (consent(u64::from(number)), row(500_000 + number));
        let grant = GrantConsent {
            index,
            sequence: 0,
            consent,
            row,
        };
        script.batch(vec![Envelope::sign(grant, &id, &subject(number)).into()]);
    }
    let open = Envelope::sign(open_study(), &id, &sponsor());
    let study = script.study(Submission::with(
        open,
        Attachment::Profile(PROFILE.to_owned()),
    ));
    let approve = Envelope::sign(ApproveStudy { study }, &id, &board(0));
    script.batch(vec![approve.into()]);
    let mut said = statement(&script.state, &study, 1);
    said.contact = contact().digest();
    let answer = Envelope::sign(prover::answer(study, said), &id, &stranger());
    let revoke = RevokeConsent {
        index: 1,
        sequence: 1,
    };
    // An answer and then a revocation: the engine puts a height between them.
    script.batch(vec![
        Submission::with(answer, Attachment::Contact(contact())),
        Envelope::sign(revoke, &id, &subject(2)).into(),
    ]);
    let erase = EraseRecord {
        index: 2,
        sequence: 0,
    };
    script.batch(vec![Envelope::sign(erase, &id, &issuer()).into()]);
    let next_day = on_day(day("2024-03-02"));
    script.batch(vec![Envelope::sign(next_day, &id, &checkpoint()).into()]);
    script.batches
});

struct Script {
    state: State,
    batches: Vec<Vec<Submission>>,
}

impl Script {
    fn begin() -> Self {
        Self {
            state: World::founded().state,
            batches: Vec::new(),
        }
    }

    fn batch(&mut self, batch: Vec<Submission>) -> Event {
        let mut last = None;
        for submission in &batch {
            if self
                .state
                .needs_new_height(submission.envelope.transaction())
            {
                self.state.seal().unwrap();
            }
            last = Some(self.state.apply(&submission.envelope).unwrap());
        }
        self.state.seal().unwrap();
        self.batches.push(batch);
        last.unwrap()
    }

    fn study(&mut self, open: Submission) -> StudyId {
        match self.batch(vec![open]) {
            Event::StudyOpened { study } => study,
            other => panic!("{other:?}"),
        }
    }
}
