//! Generated patients who all consent and match, with what their proofs need.

use salus_datasets::derivation::derive;
use salus_datasets::fhir::{Limits, import};
use salus_datasets::generator::{GeneratorOptions, write_folder};
use salus_protocol::consent::{Consent, Grant, Permission, Terms};
use salus_protocol::day::Day;
use salus_protocol::eligibility::Witness;
use salus_protocol::nullifier::{LedgerId, Scope, StudyId, SubjectSecret};
use salus_protocol::profile::Edition;
use salus_protocol::purpose::Masks;
use salus_protocol::record::{Record, Salt};
use salus_protocol::registry::{Leaf, Registry};
use salus_protocol::row_commitment::RowSalt;
use salus_protocol::statement::{ContactDigest, InstitutionCode, Statement};

use super::broken;
use crate::failure::Failure;
use crate::path::study::ask;

/// A statement and what shows it.
pub(super) type Pair = (Statement, Witness);

/// Everyone with a date of birth matches: what a proof takes does not depend on the query.
const QUERY: &str = "cohort \"Everyone\" using cardiometabolic at 2025-01-01\n\
                     include all\n  age at least 0 years\n";

/// So many pairs, each of another person.
pub(super) fn pairs(count: u32) -> Result<Vec<Pair>, Failure> {
    let asked = ask("the measurement's query", QUERY, None)?;
    let folder = tempfile::tempdir()?;
    let options = GeneratorOptions {
        patients: count.saturating_mul(2),
        at: asked.query.index().date(),
        ..GeneratorOptions::default()
    };
    write_folder(&options, folder.path(), false)?;
    let import = import(folder.path(), &Limits::default())?;
    let profile = &asked.profile.profile;
    let derivation = derive(profile, &import, asked.query.index())?;
    let edition = Edition::of(&profile.hash(), asked.query.index());
    let mut registry = Registry::new();
    let mut people = Vec::new();
    let rows = derivation.rows.iter();
    let matching = rows.filter(|row| asked.compiled.query.matches(&row.row));
    for (row, index) in matching.take(count as usize).zip(0..) {
        let secret = SubjectSecret::random()?;
        let record = Record::new(edition, row.row.clone(), secret.key())?;
        let consent = consent()?;
        let leaf = Leaf {
            record: record.commitment(),
            consent: consent.commitment(),
        };
        registry.set(index, leaf).map_err(broken)?;
        people.push((secret, record, consent));
    }
    let scope = Scope::of(&LedgerId::new([1; 32]), &StudyId::new([2; 32]));
    people
        .into_iter()
        .zip(0..)
        .map(|((secret, record, consent), index)| {
            let statement = Statement {
                root: registry.root(),
                query: asked.compiled.query.digest(),
                scope,
                nullifier: secret.nullifier(scope),
                day: asked.query.index(),
                purpose: masks().code(),
                institution: InstitutionCode::new(0u64.into()),
                contact: ContactDigest::NONE,
            };
            let witness = Witness {
                secret,
                record,
                consent,
                membership: registry.membership(index).map_err(broken)?,
                query: asked.compiled.query.clone(),
            };
            Ok((statement, witness))
        })
        .collect()
}

fn consent() -> Result<Consent, Failure> {
    Ok(Consent {
        terms: Terms::none()
            .permit(Permission::GeneralResearch)
            .grant(Grant::Contacted),
        from: Day::FIRST,
        until: Day::LAST,
        institution: None,
        project: None,
        salt: Salt::random()?,
        row_salt: RowSalt::random()?,
    })
}

/// A purpose that general consent covers and nothing denies.
const fn masks() -> Masks {
    Masks {
        covering: 1,
        denying: 0,
        required: 2,
    }
}
