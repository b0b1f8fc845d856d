//! Each violation alone: the native relation names it, and exactly one named constraint breaks.
//! Where another witness for the same false statement could be tried, it is tried too.

use std::collections::BTreeSet;

use salus_circuits::eligibility::{assign, shape};
use salus_protocol::consent::{Consent, ConsentCommitment, Grant, Modifier, Permission, Terms};
use salus_protocol::eligibility::{self, Violation, Witness};
use salus_protocol::field::Fr;
use salus_protocol::nullifier::{LedgerId, Scope, StudyId, SubjectSecret};
use salus_protocol::profile::Edition;
use salus_protocol::purpose::Institution;
use salus_protocol::query::CompiledQuery;
use salus_protocol::record::Salt;
use salus_protocol::registry::{Leaf, Root};
use salus_protocol::row::Row;
use salus_protocol::statement::Statement;

use crate::scene::{Scene, between, day};

/// Demands that only `violation` is native, and that only constraints of this name break.
fn only(violation: Violation, constraint: &str, statement: &Statement, witness: &Witness) {
    assert_eq!(eligibility::violations(statement, witness), [violation]);
    let assignment = assign(statement, witness);
    let names: BTreeSet<_> = assignment.broken.iter().map(|label| label.name).collect();
    assert_eq!(names, BTreeSet::from([constraint]));
    assert_eq!(shape().broken(&assignment.variables), assignment.broken);
}

fn of_scene(violation: Violation, constraint: &str, scene: &Scene) {
    only(violation, constraint, &scene.statement(), &scene.witness());
}

/// The scene with its consent changed by `change`, on the registry as everywhere.
fn with_consent(change: impl FnOnce(&mut Consent)) -> Scene {
    let mut scene = Scene::new();
    change(&mut scene.consent);
    scene
}

#[test]
fn anothers_record() {
    let scene = Scene::new();
    let (mut statement, mut witness) = (scene.statement(), scene.witness());
    witness.secret = SubjectSecret::from_bytes(&[8; 32]).unwrap();
    statement.nullifier = witness.secret.nullifier(scene.scope);
    only(Violation::Subject, "registry.record", &statement, &witness);
}

#[test]
fn a_row_that_was_not_committed() {
    let mut scene = Scene::new();
    scene.row[13] = 2001;
    let statement = scene.statement();
    let mut witness = scene.witness();
    assert_eq!(
        eligibility::check(&statement, &witness),
        Err(Violation::Criteria)
    );
    let mut better = scene.row;
    better[13] = 2000;
    witness.record.row = Row::new(better);
    only(Violation::Record, "registry.record", &statement, &witness);
}

#[test]
fn an_erased_record() {
    let scene = Scene::new();
    let mut registry = scene.registry();
    registry
        .set(
            scene.index,
            Leaf {
                record: Leaf::EMPTY.record,
                ..registry.leaf(scene.index).unwrap()
            },
        )
        .unwrap();
    let mut statement = scene.statement();
    statement.root = Root::new(registry.root().element());
    let mut witness = scene.witness();
    witness.membership = registry.membership(scene.index).unwrap();
    only(Violation::Record, "registry.record", &statement, &witness);
}

#[test]
fn no_consent_or_a_revoked_one() {
    let scene = Scene::new();
    let mut registry = scene.registry();
    let record = registry.leaf(scene.index).unwrap().record;
    registry
        .set(
            scene.index,
            Leaf {
                record,
                ..Leaf::EMPTY
            },
        )
        .unwrap();
    let mut statement = scene.statement();
    statement.root = registry.root();
    let mut witness = scene.witness();
    witness.membership = registry.membership(scene.index).unwrap();
    only(Violation::Consent, "registry.consent", &statement, &witness);
    // Before the revocation the proof was good; under that root it still would be.
    let before = Statement {
        root: scene.statement().root,
        ..statement
    };
    only(Violation::Membership, "registry.root", &before, &{
        // Its own old path cannot be had from the new registry.
        let mut witness = scene.witness();
        witness.membership.nodes[7] = registry.membership(scene.index).unwrap().nodes[7];
        witness.membership.nodes[7][0] = scene.witness().membership.nodes[7][0];
        witness.membership.nodes[7][1] = scene.witness().membership.nodes[7][2];
        witness.membership.nodes[7][2] = registry.membership(scene.index).unwrap().nodes[7][0];
        witness
    });
}

#[test]
fn anothers_consent() {
    let scene = Scene::new();
    let (statement, mut witness) = (scene.statement(), scene.witness());
    witness.consent.salt = Salt::new(Fr::from(12u64));
    only(Violation::Consent, "registry.consent", &statement, &witness);
}

#[test]
fn consent_and_record_of_two_leaves() {
    let scene = Scene::new();
    let mut registry = scene.registry();
    let mine = registry.leaf(scene.index).unwrap();
    // My record has no consent; a neighbour in the same bottom node has one that I know.
    registry
        .set(
            scene.index,
            Leaf {
                consent: ConsentCommitment::new(Fr::from(0u64)),
                ..mine
            },
        )
        .unwrap();
    let neighbour = registry.leaf(scene.index - 1).unwrap();
    registry
        .set(
            scene.index - 1,
            Leaf {
                consent: mine.consent,
                ..neighbour
            },
        )
        .unwrap();
    let mut statement = scene.statement();
    statement.root = registry.root();
    let mut witness = scene.witness();
    witness.membership = registry.membership(scene.index).unwrap();
    only(Violation::Consent, "registry.consent", &statement, &witness);
    witness.membership.index -= 1;
    only(Violation::Record, "registry.record", &statement, &witness);
}

#[test]
fn another_root() {
    let scene = Scene::new();
    let (mut statement, mut witness) = (scene.statement(), scene.witness());
    statement.root = Root::new(Fr::from(5u64));
    only(Violation::Membership, "registry.root", &statement, &witness);
    // A path that does not hang together, under a root of its own.
    witness.membership.nodes[3] = witness.membership.nodes[4];
    let own = salus_protocol::registry::hash_node(&witness.membership.nodes[7]);
    statement.root = Root::new(own.element());
    let broken = assign(&statement, &witness).broken;
    assert!(!broken.is_empty() && broken.iter().all(|label| label.name == "registry.path"));
    assert_eq!(
        eligibility::violations(&statement, &witness),
        [Violation::Membership]
    );
}

#[test]
fn another_profile_or_index_day() {
    let scene = Scene::new();
    let (mut statement, mut witness) = (scene.statement(), scene.witness());
    let other = Edition::of(
        &salus_protocol::profile::ProfileHash::from_bytes([7; 32]),
        day("2021-01-01"),
    );
    witness.query = CompiledQuery::new(other, &scene.criteria).unwrap();
    statement.query = witness.query.digest();
    only(Violation::Edition, "query.digest", &statement, &witness);
}

#[test]
fn another_query() {
    let scene = Scene::new();
    let (statement, mut witness) = (scene.statement(), scene.witness());
    witness.query = CompiledQuery::new(witness.record.edition, &[between(13, 1, 60000)]).unwrap();
    only(Violation::Query, "query.digest", &statement, &witness);
}

#[test]
fn a_row_that_does_not_match() {
    // Below the interval, above it, unknown, inside an excluded one, too small a difference,
    // and neither of a group.
    for (field, value) in [
        (13, 999),
        (13, 2001),
        (13, 0),
        (62, 6000),
        (40, 3799),
        (0, 7),
    ] {
        let mut scene = Scene::new();
        scene.row[field] = value;
        of_scene(Violation::Criteria, "query.group", &scene);
    }
}

#[test]
fn a_difference_needs_both_fields() {
    for field in [35, 40] {
        let mut scene = Scene::new();
        scene.row[field] = 0;
        of_scene(Violation::Criteria, "query.group", &scene);
    }
}

#[test]
fn not_yet_valid() {
    let scene = with_consent(|consent| consent.from = day("2026-11-21"));
    of_scene(Violation::NotYetValid, "consent.from", &scene);
}

#[test]
fn expired() {
    let scene = with_consent(|consent| consent.until = day("2026-11-19"));
    of_scene(Violation::Expired, "consent.until", &scene);
}

#[test]
fn valid_on_its_first_and_last_day() {
    let scene = with_consent(|consent| {
        consent.from = day("2026-11-20");
        consent.until = day("2026-11-20");
    });
    assert_eq!(assign(&scene.statement(), &scene.witness()).broken, []);
}

#[test]
fn another_purpose() {
    use salus_protocol::consent::DiseaseArea as D;
    for permission in [
        Permission::Disease(D::Type2Diabetes),
        Permission::Disease(D::Metabolic),
        Permission::HealthResearch,
    ] {
        let scene =
            with_consent(|c| c.terms = Terms::none().permit(permission).grant(Grant::Contacted));
        assert_eq!(
            assign(&scene.statement(), &scene.witness()).broken,
            [],
            "{permission}"
        );
    }
    for permission in [
        Permission::Disease(D::Cancer),
        Permission::Disease(D::Obesity),
        Permission::Ancestry,
    ] {
        let scene =
            with_consent(|c| c.terms = Terms::none().permit(permission).grant(Grant::Contacted));
        of_scene(Violation::Purpose, "consent.purpose", &scene);
    }
    let nothing = with_consent(|c| c.terms = Terms::none().grant(Grant::Contacted));
    of_scene(Violation::Purpose, "consent.purpose", &nothing);
}

#[test]
fn a_purpose_with_more_bits_than_there_are() {
    let scene = Scene::new();
    let (mut statement, witness) = (scene.statement(), scene.witness());
    let large = statement.purpose.element() + Fr::from(1u64 << 51);
    statement.purpose = salus_protocol::purpose::PurposeCode::new(large);
    assert_eq!(
        eligibility::violations(&statement, &witness),
        [Violation::Purpose]
    );
    assert!(!assign(&statement, &witness).broken.is_empty());
}

#[test]
fn a_denied_purpose() {
    let mut scene = Scene::new();
    scene.purpose.for_profit = true;
    assert_eq!(assign(&scene.statement(), &scene.witness()).broken, []);
    scene.consent.terms = scene.consent.terms.modify(Modifier::NonProfitOrganisation);
    of_scene(Violation::Denied, "consent.denied", &scene);
    let general = scene.consent.terms.permit(Permission::GeneralResearch);
    scene.consent.terms = general;
    of_scene(Violation::Denied, "consent.denied", &scene);
}

#[test]
fn count_only() {
    let scene = with_consent(|c| {
        c.terms = Terms::none()
            .permit(Permission::GeneralResearch)
            .grant(Grant::Counted);
    });
    of_scene(Violation::Grant, "consent.grant", &scene);
}

#[test]
fn another_institution() {
    let mine = Institution::new("University Hospital").unwrap();
    let scene = with_consent(|c| c.institution = Some(mine));
    assert_eq!(assign(&scene.statement(), &scene.witness()).broken, []);
    let other = Institution::new("Elsewhere").unwrap();
    let scene = with_consent(|c| c.institution = Some(other));
    of_scene(Violation::Institution, "consent.institution", &scene);
}

#[test]
fn another_study() {
    let scope = Scene::new().scope;
    let scene = with_consent(|c| c.project = Some(scope));
    assert_eq!(assign(&scene.statement(), &scene.witness()).broken, []);
    let other = Scope::of(&LedgerId::new([1; 32]), &StudyId::new([3; 32]));
    let scene = with_consent(|c| c.project = Some(other));
    of_scene(Violation::Project, "consent.project", &scene);
}

#[test]
fn another_studys_nullifier() {
    let scene = Scene::new();
    let (mut statement, witness) = (scene.statement(), scene.witness());
    let other = Scope::of(&LedgerId::new([1; 32]), &StudyId::new([3; 32]));
    statement.nullifier = witness.secret.nullifier(other);
    only(Violation::Nullifier, "nullifier", &statement, &witness);
}
