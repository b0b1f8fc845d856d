//! The eligibility relation, natively: what a proof of eligibility shows.
//!
//! Each way to violate it has a name, the same here, in the circuit's constraints, in the
//! specification and in the tests. Spec: docs/spec/eligibility.md, section "Relation".

use thiserror::Error;

use crate::consent::{Consent, GRANTS, MODIFIERS, PERMISSIONS, TERM_BITS};
use crate::field::Fr;
use crate::nullifier::SubjectSecret;
use crate::query::CompiledQuery;
use crate::record::Record;
use crate::registry::{self, MembershipProof};
use crate::statement::Statement;

/// What a subject knows and does not show.
#[derive(Debug, Clone)]
pub struct Witness {
    /// The subject's secret.
    pub secret: SubjectSecret,
    /// The record's opening.
    pub record: Record,
    /// The consent's opening.
    pub consent: Consent,
    /// That both stand in one leaf of the registry.
    pub membership: MembershipProof,
    /// The query behind the statement's digest.
    pub query: CompiledQuery,
}

/// A way in which a witness does not show a statement.
#[derive(Debug, Error, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Violation {
    /// The record belongs to another subject's key.
    #[error("the record belongs to another subject")]
    Subject,
    /// The record's commitment is not the leaf's.
    #[error("the record is not the one in the registry: it was amended or erased, or is another's")]
    Record,
    /// The consent's commitment is not the leaf's.
    #[error(
        "the consent is not the one in the registry: it was never granted, was revoked, or is another's"
    )]
    Consent,
    /// The leaf does not stand under the root.
    #[error("the record does not stand under the registry root of the statement")]
    Membership,
    /// The query is not the statement's.
    #[error("the query is not the one whose digest the statement names")]
    Query,
    /// The record is of another profile or index day than the query.
    #[error("the record is of another profile or index day than the query asks about")]
    Edition,
    /// A group of criteria does not hold.
    #[error("the record does not match the query")]
    Criteria,
    /// The consent begins later.
    #[error("the consent is not yet valid on the statement's day")]
    NotYetValid,
    /// The consent ended earlier.
    #[error("the consent has expired by the statement's day")]
    Expired,
    /// No permission covers the purpose.
    #[error("no permission of the consent covers the study's purpose")]
    Purpose,
    /// A modifier denies the purpose.
    #[error("a condition of the consent denies the study's purpose")]
    Denied,
    /// A grant is missing.
    #[error("the consent does not grant what the study asks: being counted is not being contacted")]
    Grant,
    /// The consent is for another institution.
    #[error("the consent is limited to another institution")]
    Institution,
    /// The consent is for another study.
    #[error("the consent is limited to another study")]
    Project,
    /// The nullifier is not the subject's in this scope.
    #[error("the nullifier is not this subject's in this study")]
    Nullifier,
}

impl Violation {
    /// Every violation, in the order in which they are checked.
    pub const ALL: [Self; 15] = [
        Self::Subject,
        Self::Record,
        Self::Consent,
        Self::Membership,
        Self::Edition,
        Self::Query,
        Self::Criteria,
        Self::NotYetValid,
        Self::Expired,
        Self::Purpose,
        Self::Denied,
        Self::Grant,
        Self::Institution,
        Self::Project,
        Self::Nullifier,
    ];
}

/// Checks the relation, and names every violation in the order of [`Violation::ALL`].
#[must_use]
pub fn violations(statement: &Statement, witness: &Witness) -> Vec<Violation> {
    let Witness {
        secret,
        record,
        consent,
        membership,
        query,
    } = witness;
    let leaf = membership.leaf();
    let checks = [
        (record.subject == secret.key(), Violation::Subject),
        (record.commitment() == leaf.record, Violation::Record),
        (consent.commitment() == leaf.consent, Violation::Consent),
        (
            stands_under_root(statement, membership),
            Violation::Membership,
        ),
        (record.edition == query.edition(), Violation::Edition),
        (query.digest() == statement.query, Violation::Query),
        (query.matches(&record.row), Violation::Criteria),
    ];
    checks
        .into_iter()
        .chain(consent_checks(statement, consent))
        .chain([(
            secret.nullifier(statement.scope) == statement.nullifier,
            Violation::Nullifier,
        )])
        .filter_map(|(holds, violation)| (!holds).then_some(violation))
        .collect()
}

/// Checks the relation.
///
/// # Errors
/// The first [`Violation`].
pub fn check(statement: &Statement, witness: &Witness) -> Result<(), Violation> {
    violations(statement, witness)
        .first()
        .map_or(Ok(()), |violation| Err(*violation))
}

fn consent_checks(statement: &Statement, consent: &Consent) -> [(bool, Violation); 7] {
    let terms = consent.terms.bits();
    let purpose = low_bits(statement);
    let part = |bits: u64, from: usize, count: usize| bits >> from & ((1 << count) - 1);
    let both = |from, count| part(terms, from, count) & part(purpose, from, count);
    let grants = PERMISSIONS + MODIFIERS;
    [
        (consent.from <= statement.day, Violation::NotYetValid),
        (statement.day <= consent.until, Violation::Expired),
        (both(0, PERMISSIONS) != 0, Violation::Purpose),
        (both(PERMISSIONS, MODIFIERS) == 0, Violation::Denied),
        (
            both(grants, GRANTS) == part(purpose, grants, GRANTS),
            Violation::Grant,
        ),
        (
            consent.institution.is_none()
                || consent.institution_element() == statement.institution.element(),
            Violation::Institution,
        ),
        (
            consent.project_element() == Fr::from(0u64) || consent.project == Some(statement.scope),
            Violation::Project,
        ),
    ]
}

/// The purpose code's bits. A code with more bits than a purpose has covers nothing.
fn low_bits(statement: &Statement) -> u64 {
    let bytes = statement.purpose.to_bytes();
    let (high, low) = bytes.split_at(24);
    let low = low.iter().fold(0u64, |acc, b| acc << 8 | u64::from(*b));
    if high.iter().all(|b| *b == 0) && low >> TERM_BITS == 0 {
        low
    } else {
        0
    }
}

/// Whether the leaf's bottom node is a child of the first node of the path, that node of the next,
/// and so on up to the root. At which place it stands matters to nobody.
fn stands_under_root(statement: &Statement, membership: &MembershipProof) -> bool {
    let mut node = registry::hash_leaves(&membership.leaves);
    for children in &membership.nodes {
        if !children.contains(&node) {
            return false;
        }
        node = registry::hash_node(children);
    }
    node.element() == statement.root.element()
}
