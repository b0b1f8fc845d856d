//! A study on a ledger, and each patient's attempt to show that they are eligible.

use std::collections::BTreeMap;

use salus_circuits::eligibility::assign;
use salus_datasets::derivation::PatientRow;
use salus_protocol::consent::Consent;
use salus_protocol::eligibility::{self, Witness};
use salus_protocol::nullifier::{LedgerId, Scope, StudyId, SubjectSecret};
use salus_protocol::profile::Edition;
use salus_protocol::query::CompiledQuery;
use salus_protocol::record::Record;
use salus_protocol::registry::{Leaf, Registry};
use salus_protocol::statement::{ContactDigest, InstitutionCode, Statement};

use crate::standing::{Standing, purpose};

/// The registry with everyone's record and consent, and the study's statement.
pub(crate) struct Study {
    query: CompiledQuery,
    scope: Scope,
    registry: Registry,
    holders: BTreeMap<String, Holder>,
}

/// What a patient holds, and where in the registry it stands.
struct Holder {
    index: u32,
    secret: SubjectSecret,
    record: Record,
    consent: Consent,
}

impl Study {
    /// Commits every row, with the consent that its patient's standing comes to.
    pub(crate) fn of(
        query: CompiledQuery,
        edition: Edition,
        rows: Vec<PatientRow>,
        standing: impl Fn(&str) -> Standing,
    ) -> Self {
        let ledger = LedgerId::new([1; 32]);
        let [scope, other] = [2, 3].map(|n| Scope::of(&ledger, &StudyId::new([n; 32])));
        let mut holders = BTreeMap::new();
        let mut leaves = Vec::new();
        for (index, row) in (0..).zip(rows) {
            let secret = SubjectSecret::random().unwrap();
            let standing = standing(&row.patient);
            let record = Record::new(edition, row.row, secret.key()).unwrap();
            let consent = standing.consent(scope, other);
            let committed = match standing {
                Standing::None => Leaf::EMPTY.consent,
                _ => consent.commitment(),
            };
            let leaf = Leaf {
                record: record.commitment(),
                consent: committed,
            };
            leaves.push((index, leaf));
            let holder = Holder {
                index,
                secret,
                record,
                consent,
            };
            holders.insert(row.patient, holder);
        }
        let mut registry = Registry::new();
        registry.set_many(&leaves).unwrap();
        Self {
            query,
            scope,
            registry,
            holders,
        }
    }

    /// The most that a patient can do honestly; `None` where they have no record.
    pub(crate) fn attempt(&self, patient: &str) -> Option<Attempt> {
        let holder = self.holders.get(patient)?;
        let purpose = purpose();
        let statement = Statement {
            root: self.registry.root(),
            query: self.query.digest(),
            scope: self.scope,
            nullifier: holder.secret.nullifier(self.scope),
            day: "2026-11-20".parse().unwrap(),
            purpose: purpose.masks().code(),
            institution: InstitutionCode::new(purpose.institution.element()),
            contact: ContactDigest::NONE,
        };
        let witness = Witness {
            secret: holder.secret.clone(),
            record: holder.record.clone(),
            consent: holder.consent.clone(),
            membership: self.registry.membership(holder.index).unwrap(),
            query: self.query.clone(),
        };
        Some(Attempt { statement, witness })
    }
}

/// A statement and the witness that should show it.
pub(crate) struct Attempt {
    statement: Statement,
    witness: Witness,
}

impl Attempt {
    /// Whether the row matches, whatever the consent.
    pub(crate) fn matches(&self) -> bool {
        self.witness.query.matches(&self.witness.record.row)
    }

    /// Whether the native relation holds.
    pub(crate) fn holds(&self) -> bool {
        eligibility::check(&self.statement, &self.witness).is_ok()
    }

    /// Whether the witness satisfies every constraint of the circuit.
    pub(crate) fn satisfies_circuit(&self) -> bool {
        assign(&self.statement, &self.witness).broken.is_empty()
    }
}
