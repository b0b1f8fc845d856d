//! A ledger that was audited: its bundles, and short ways to verify them.

use std::sync::LazyLock;

use salus_ledger::audit::{self, AuditError, Bundle, EntryProblem, Expectations};
use salus_ledger::engine::{Attachment, Ledger};
use salus_ledger::key::PublicKey;
use salus_ledger::state::Event;
use salus_ledger::transaction::*;
use salus_protocol::nullifier::{LedgerId, StudyId};
use salus_verifier::KeyPolicy;

use crate::agreement;
use crate::power::Disk;
use crate::world::forged::Forged;
use crate::world::*;

/// A ledger with a study, three answers of which two in one height, and its bundles.
pub(crate) struct Audited {
    pub(crate) ledger: Ledger,
    pub(crate) study: StudyId,
    pub(crate) small: Bundle,
    pub(crate) whole: Bundle,
}

pub(crate) static AUDITED: LazyLock<Audited> = LazyLock::new(|| {
    let ledger = Ledger::create_on(Disk::default(), &genesis(true), &checkpoint()).unwrap();
    let id = ledger.state().unwrap().id();
    let enter = |envelope: Envelope| ledger.submit(envelope).unwrap().unwrap().event;
    setup(id).into_iter().for_each(|envelope| {
        enter(envelope);
    });
    for number in 1..=3u32 {
        enter(Envelope::sign(commit_record(number), &id, &issuer()));
        let (consent, row) = (consent(u64::from(number)), row(500_000 + number));
        let grant = GrantConsent {
            index: number - 1,
            sequence: 0,
            consent,
            row,
        };
        enter(Envelope::sign(grant, &id, &subject(number)));
    }
    let open = Envelope::sign(open_study(), &id, &sponsor());
    let open = salus_ledger::engine::Submission::with(open, Attachment::Profile(PROFILE.into()));
    let Event::StudyOpened { study } = ledger.submit(open).unwrap().unwrap().event else {
        panic!()
    };
    enter(Envelope::sign(ApproveStudy { study }, &id, &board(0)));
    let answer = |number| {
        let said = statement(&ledger.state().unwrap(), &study, number);
        Envelope::sign_once(prover::answer(study, said), &id).unwrap()
    };
    let two = [answer(1).into(), answer(2).into()];
    assert!(
        ledger
            .submit_many(&two)
            .unwrap()
            .outcomes
            .iter()
            .all(Result::is_ok)
    );
    enter(Envelope::sign(
        RevokeConsent {
            index: 1,
            sequence: 1,
        },
        &id,
        &subject(2),
    ));
    enter(answer(3));
    let small = audit::export(&ledger, &study, false).unwrap();
    let whole = audit::export(&ledger, &study, true).unwrap();
    Audited {
        ledger,
        study,
        small,
        whole,
    }
});

/// What a verifier of this ledger expects.
pub(crate) fn expectations(ledger: LedgerId) -> Expectations {
    Expectations {
        ledger,
        checkpoint_key: Some(PublicKey::of(&checkpoint())),
        keys: KeyPolicy::AllowInsecureDevelopmentKeys,
    }
}

/// Verifies a bundle, and has the verification page's script say the same of it.
pub(crate) fn verify(bundle: &Bundle) -> Result<audit::Report, AuditError> {
    verify_bytes(bundle.to_json().as_bytes(), bundle.ledger)
}

/// As [`verify`], of a file that need not be a bundle.
pub(crate) fn verify_bytes(bytes: &[u8], ledger: LedgerId) -> Result<audit::Report, AuditError> {
    let result = audit::verify(bytes, &expectations(ledger));
    agreement::agrees(bytes, ledger, &result);
    result
}

/// What is wrong with an entry of a forged ledger's bundle.
pub(crate) fn problem(forged: &Forged, study: StudyId) -> EntryProblem {
    match verify(&forged.bundle(study)) {
        Err(AuditError::Entry { problem, .. }) => problem,
        other => panic!("{other:?}"),
    }
}

/// Asserts that verifying a changed copy of the bundle gives one named error.
macro_rules! refused {
    ($bundle:expr, $change:expr, $error:pat) => {{
        let mut bundle = $bundle.clone();
        #[allow(clippy::redundant_closure_call)]
        ($change)(&mut bundle);
        match $crate::audited::verify(&bundle) {
            Err($error) => {}
            other => panic!("expected {}, got {other:?}", stringify!($error)),
        }
    }};
}
