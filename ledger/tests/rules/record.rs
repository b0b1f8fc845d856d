//! Rules for records and their consents.

use salus_ledger::key::PublicKey;
use salus_ledger::state::Rejection;
use salus_ledger::transaction::*;
use salus_protocol::registry::Leaf;

use crate::world::*;

#[test]
fn commit_rules() {
    let mut world = World::ready();
    world.apply(commit_record(1), &issuer()).unwrap();
    refused!(
        world.apply(commit_record(2), &stranger()),
        Rejection::IssuerUnknown { .. }
    );
    let zero = CommitRecord {
        record: Leaf::EMPTY.record,
        ..commit_record(2)
    };
    refused!(
        world.apply(zero, &issuer()),
        Rejection::EmptyCommitment { .. }
    );
    let record = CommitRecord {
        record: commit_record(1).record,
        ..commit_record(2)
    };
    refused!(
        world.apply(record, &issuer()),
        Rejection::RecordKnown { .. }
    );
    let row = CommitRecord {
        row: commit_record(1).row,
        ..commit_record(2)
    };
    refused!(world.apply(row, &issuer()), Rejection::RowKnown);
    let subject = CommitRecord {
        subject: commit_record(1).subject,
        ..commit_record(2)
    };
    refused!(
        world.apply(subject, &issuer()),
        Rejection::SubjectKeyReused { .. }
    );
    world.apply(commit_record(2), &issuer()).unwrap();
}

#[test]
fn amend_rules() {
    let mut world = World::ready();
    let index = world.enrol(1);
    let second = key(3, 1);
    let name = Title::new("Second hospital").unwrap();
    world
        .apply(
            RegisterIssuer {
                name,
                key: PublicKey::of(&second),
            },
            &governance(),
        )
        .unwrap();
    let fresh = commit_record(9);
    let good = AmendRecord {
        index,
        sequence: 1,
        record: fresh.record,
        row: fresh.row,
    };
    refused!(
        world.apply(good.clone(), &second),
        Rejection::NotIssuerOfRecord { .. }
    );
    refused!(
        world.apply(good.clone(), &subject(1)),
        Rejection::NotIssuerOfRecord { .. }
    );
    let nowhere = AmendRecord {
        index: 5,
        ..good.clone()
    };
    refused!(
        world.apply(nowhere, &issuer()),
        Rejection::NoRecord { index: 5 }
    );
    let late = AmendRecord {
        sequence: 0,
        ..good.clone()
    };
    refused!(world.apply(late, &issuer()), Rejection::Sequence { .. });
    let same = AmendRecord {
        record: commit_record(1).record,
        ..good.clone()
    };
    refused!(world.apply(same, &issuer()), Rejection::RecordKnown { .. });
    world.apply(good, &issuer()).unwrap();
    world.seal();
    let leaf = world.state.registry().leaf(index).unwrap();
    assert_eq!(
        (leaf.record, leaf.consent),
        (fresh.record, consent(1)),
        "consent stays"
    );
    // What the record was before can't come back as another record.
    refused!(
        world.apply(commit_record(1), &issuer()),
        Rejection::Replayed { .. }
    );
    let back = CommitRecord {
        record: commit_record(1).record,
        ..commit_record(7)
    };
    refused!(world.apply(back, &issuer()), Rejection::RecordKnown { .. });
}

#[test]
fn erase_rules() {
    let mut world = World::ready();
    let (first, second) = (world.enrol(1), world.enrol(2));
    let erase = |index| EraseRecord { index, sequence: 1 };
    refused!(
        world.apply(erase(first), &subject(2)),
        Rejection::NotPartyToRecord { .. }
    );
    refused!(
        world.apply(erase(first), &governance()),
        Rejection::NotPartyToRecord { .. }
    );
    let late = EraseRecord {
        index: first,
        sequence: 0,
    };
    refused!(world.apply(late, &issuer()), Rejection::Sequence { .. });
    world.apply(erase(first), &issuer()).unwrap();
    world.apply(erase(second), &subject(2)).unwrap();
    world.seal();
    assert_eq!(world.state.leaves(), [Leaf::EMPTY; 2]);
    let grant = GrantConsent {
        index: first,
        sequence: 2,
        consent: consent(9),
        row: row(900),
    };
    refused!(
        world.apply(grant, &subject(1)),
        Rejection::RecordErased { .. }
    );
    let again = EraseRecord {
        index: first,
        sequence: 2,
    };
    refused!(
        world.apply(again, &issuer()),
        Rejection::RecordErased { .. }
    );
    assert_eq!(world.state.find_record(&commit_record(1).record), None);
}

#[test]
fn a_record_knows_when_its_consent_last_changed() {
    let mut world = World::ready();
    world.apply(commit_record(1), &issuer()).unwrap();
    let changed = |world: &World| world.state.record(0).unwrap().consent_entry;
    assert_eq!(changed(&world), None);
    let granted = world.state.entries();
    world.apply(world.grant(0, 1), &subject(1)).unwrap();
    assert_eq!(changed(&world), Some(granted));
    world.seal();
    // Another record's consent, and an amendment, are none of its own.
    world.enrol(2);
    let amend = AmendRecord {
        index: 0,
        sequence: 1,
        record: commit_record(3).record,
        row: commit_record(3).row,
    };
    world.apply(amend, &issuer()).unwrap();
    assert_eq!(changed(&world), Some(granted));
    let revoked = world.state.entries();
    world.apply(world.revoke(0), &subject(1)).unwrap();
    assert_eq!(changed(&world), Some(revoked));
    // Erasing ends a consent that is there, and only that.
    let (first, second) = (
        EraseRecord {
            index: 0,
            sequence: 3,
        },
        EraseRecord {
            index: 1,
            sequence: 1,
        },
    );
    world.apply(first, &issuer()).unwrap();
    assert_eq!(changed(&world), Some(revoked));
    let erased = world.state.entries();
    world.apply(second, &issuer()).unwrap();
    assert_eq!(world.state.record(1).unwrap().consent_entry, Some(erased));
}

#[test]
fn consent_rules() {
    let mut world = World::ready();
    let index = world.enrol(1);
    let grant = world.grant(index, 5);
    refused!(
        world.apply(grant.clone(), &subject(2)),
        Rejection::NotSubjectOfRecord { .. }
    );
    refused!(
        world.apply(grant.clone(), &issuer()),
        Rejection::NotSubjectOfRecord { .. }
    );
    let zero = GrantConsent {
        consent: Leaf::EMPTY.consent,
        ..grant.clone()
    };
    refused!(
        world.apply(zero, &subject(1)),
        Rejection::EmptyCommitment { .. }
    );
    let ahead = GrantConsent {
        sequence: 2,
        ..grant
    };
    refused!(world.apply(ahead, &subject(1)), Rejection::Sequence { .. });
    let revoke = world.revoke(index);
    refused!(
        world.apply(revoke.clone(), &issuer()),
        Rejection::NotSubjectOfRecord { .. }
    );
    refused!(
        world.apply(revoke.clone(), &governance()),
        Rejection::NotSubjectOfRecord { .. }
    );
    world.apply(revoke, &subject(1)).unwrap();
    let again = world.revoke(index);
    refused!(world.apply(again, &subject(1)), Rejection::NoConsent { .. });
}
