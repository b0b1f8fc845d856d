//! A statement and witness of the right form and of no meaning, to walk the circuit with.

use salus_protocol::consent::{Consent, Terms};
use salus_protocol::day::Day;
use salus_protocol::eligibility::Witness;
use salus_protocol::nullifier::{Nullifier, Scope, SubjectKey, SubjectSecret};
use salus_protocol::profile::Edition;
use salus_protocol::purpose::PurposeCode;
use salus_protocol::query::{CompiledQuery, QueryDigest};
use salus_protocol::record::{Record, Salt};
use salus_protocol::registry::{Leaf, Registry, Root};
use salus_protocol::row::{FIELDS, Row};
use salus_protocol::row_commitment::RowSalt;
use salus_protocol::statement::{ContactDigest, InstitutionCode, Statement};

use crate::r1cs::Fr;

pub(super) fn blank() -> (Statement, Witness) {
    let zero = Fr::from(0u64);
    let statement = Statement {
        root: Root::new(zero),
        query: QueryDigest::new(zero),
        scope: Scope::new(zero),
        nullifier: Nullifier::new(zero),
        day: Day::FIRST,
        purpose: PurposeCode::new(zero),
        institution: InstitutionCode::new(zero),
        contact: ContactDigest::NONE,
    };
    let mut registry = Registry::new();
    let membership = registry
        .set(0, Leaf::EMPTY)
        .and_then(|()| registry.membership(0))
        .expect("the first index of an empty registry is free");
    let edition = Edition::new(zero);
    let witness = Witness {
        secret: SubjectSecret::from_bytes(&[0; 32]).expect("zero is a field element"),
        record: Record {
            edition,
            row: Row::new([0; FIELDS]),
            subject: SubjectKey::new(zero),
            salt: Salt::new(zero),
            row_salt: RowSalt::zero(),
        },
        consent: Consent {
            terms: Terms::none(),
            from: Day::FIRST,
            until: Day::FIRST,
            institution: None,
            project: None,
            salt: Salt::new(zero),
            row_salt: RowSalt::zero(),
        },
        membership,
        query: CompiledQuery::new(edition, &[]).expect("a query without criteria is well-formed"),
    };
    (statement, witness)
}
