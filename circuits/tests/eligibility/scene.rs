//! A patient, a study and a ledger's registry, in which everything is right.

use ark_ff::Field;
use salus_protocol::consent::{Consent, DiseaseArea, Grant, Permission, Region, Terms};
use salus_protocol::day::Day;
use salus_protocol::eligibility::Witness;
use salus_protocol::field::Fr;
use salus_protocol::nullifier::{LedgerId, Scope, StudyId, SubjectSecret};
use salus_protocol::profile::{Edition, ProfileHash};
use salus_protocol::purpose::{Ask, Institution, Purpose, Research};
use salus_protocol::query::{CYCLE, CompiledQuery, Criterion, DIFFERENCE_OFFSET};
use salus_protocol::record::{Record, Salt};
use salus_protocol::registry::{Leaf, Registry, Root};
use salus_protocol::row::{FIELDS, Row};
use salus_protocol::row_commitment::RowSalt;
use salus_protocol::statement::{ContactDigest, InstitutionCode, Statement};

/// Everything behind a statement. Change a part, and [`Scene::statement`] and
/// [`Scene::witness`] follow as an honest party would make them.
#[derive(Debug, Clone)]
pub(crate) struct Scene {
    pub(crate) secret: SubjectSecret,
    pub(crate) row: [u16; FIELDS],
    pub(crate) consent: Consent,
    pub(crate) purpose: Purpose,
    pub(crate) scope: Scope,
    pub(crate) day: Day,
    pub(crate) criteria: Vec<Criterion>,
    pub(crate) index: u32,
    pub(crate) neighbours: u32,
}

pub(crate) fn day(text: &str) -> Day {
    text.parse().unwrap()
}

pub(crate) fn edition() -> Edition {
    Edition::of(&ProfileHash::from_bytes([7; 32]), day("2020-01-01"))
}

/// Field `field` between `low` and `high`, alone in its group.
pub(crate) fn between(field: u8, low: u16, high: u16) -> Criterion {
    Criterion {
        start: u32::from(low) + DIFFERENCE_OFFSET,
        length: u32::from(high - low),
        at_least: 1,
        ..Criterion::carrier(field, true)
    }
}

/// As an interval on the cycle: the complement.
pub(crate) fn outside(criterion: Criterion) -> Criterion {
    Criterion {
        start: (criterion.start + criterion.length + 1) % CYCLE,
        length: CYCLE - criterion.length - 2,
        ..criterion
    }
}

pub(crate) fn purpose() -> Purpose {
    Purpose {
        research: Research::Disease(DiseaseArea::Type2Diabetes),
        ask: Ask::Contact,
        institution: Institution::new("University Hospital").unwrap(),
        region: Region::EuropeanEconomicArea,
        for_profit: false,
        commercial: false,
        methods: false,
        genetic: false,
        publishes: true,
        collaborates: true,
        returns_data: true,
        ethics_approval: true,
        moratorium: true,
        approved_users: true,
    }
}

impl Scene {
    pub(crate) fn new() -> Self {
        let mut row = [0; FIELDS];
        for (i, value) in row.iter_mut().enumerate() {
            *value = 100 * i as u16;
        }
        Self {
            secret: SubjectSecret::from_bytes(&[9; 32]).unwrap(),
            row,
            consent: Consent {
                terms: Terms::none()
                    .permit(Permission::Disease(DiseaseArea::Diabetes))
                    .grant(Grant::Counted)
                    .grant(Grant::Contacted),
                from: day("2020-01-01"),
                until: day("2029-12-31"),
                institution: None,
                project: None,
                salt: Salt::new(Fr::from(11u64)),
                row_salt: RowSalt::zero(),
            },
            purpose: purpose(),
            scope: Scope::of(&LedgerId::new([1; 32]), &StudyId::new([2; 32])),
            day: day("2026-11-20"),
            criteria: vec![
                between(13, 1000, 2000),
                outside(between(62, 1, 6000)),
                // Field 40 is 500 above field 35, and so at least 300 above.
                Criterion::carrier(35, true),
                Criterion {
                    field: 40,
                    minus_previous: true,
                    start: DIFFERENCE_OFFSET + 300,
                    length: 1000,
                    if_none: false,
                    opens_group: false,
                    at_least: 1,
                },
                // None recorded in field 0 counts as true here.
                Criterion {
                    at_least: 0,
                    if_none: true,
                    ..between(0, 5, 6)
                },
                Criterion {
                    opens_group: false,
                    at_least: 1,
                    ..between(1, 5, 6)
                },
            ],
            index: 6,
            neighbours: 10,
        }
    }

    pub(crate) fn record(&self) -> Record {
        Record {
            edition: edition(),
            row: Row::new(self.row),
            subject: self.secret.key(),
            salt: Salt::new(Fr::from(13u64)),
            row_salt: RowSalt::zero(),
        }
    }

    pub(crate) fn query(&self) -> CompiledQuery {
        CompiledQuery::new(edition(), &self.criteria).unwrap()
    }

    pub(crate) fn registry(&self) -> Registry {
        let mut registry = Registry::new();
        for i in 0..self.neighbours {
            let other = |n: u64| Fr::from(u64::from(i) * 7919 + n).square();
            let leaf = Leaf {
                record: salus_protocol::record::RecordCommitment::new(other(1)),
                consent: salus_protocol::consent::ConsentCommitment::new(other(2)),
            };
            registry.set(i, leaf).unwrap();
        }
        let leaf = Leaf {
            record: self.record().commitment(),
            consent: self.consent.commitment(),
        };
        registry.set(self.index, leaf).unwrap();
        registry
    }

    pub(crate) fn witness(&self) -> Witness {
        Witness {
            secret: self.secret.clone(),
            record: self.record(),
            consent: self.consent.clone(),
            membership: self.registry().membership(self.index).unwrap(),
            query: self.query(),
        }
    }

    pub(crate) fn statement(&self) -> Statement {
        Statement {
            root: Root::new(self.registry().root().element()),
            query: self.query().digest(),
            scope: self.scope,
            nullifier: self.secret.nullifier(self.scope),
            day: self.day,
            purpose: self.purpose.masks().code(),
            institution: InstitutionCode::new(self.purpose.institution.element()),
            contact: ContactDigest::NONE,
        }
    }
}
