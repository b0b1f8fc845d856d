//! What an answer must say follows from its study: computed anew in script, for studies of every
//! kind.

use salus_ledger::transaction::*;
use salus_protocol::consent::{DiseaseArea, Grant, Region};
use salus_protocol::nullifier::{Scope, StudyId};
use salus_protocol::purpose::{Ask, Institution, Research};
use salus_protocol::query::{CompiledQuery, Criterion};
use salus_protocol::release::{DisclosurePolicy, Released, Shape, release};
use serde_json::{Value, json};

use crate::process::script;
use crate::world::*;

const STUDY: StudyId = StudyId::new([5; 32]);

/// Studies of every research, region, request and undertaking.
fn purposes() -> Vec<OpenStudy> {
    let areas = DiseaseArea::ALL.into_iter().map(Research::Disease);
    let others = [Research::General, Research::Health, Research::Ancestry];
    let asks = [Ask::Contact, Ask::Data, Ask::ContactAndData];
    let mut studies = Vec::new();
    for (number, research) in areas.chain(others).enumerate() {
        let mut study = open_study();
        let purpose = &mut study.purpose;
        purpose.research = research;
        purpose.region = Region::ALL[number % Region::ALL.len()];
        purpose.ask = asks[number % asks.len()];
        purpose.institution = Institution::new(format!("Institution {number}")).unwrap();
        studies.push(study);
    }
    for term in 0..10 {
        let mut study = open_study();
        let p = &mut study.purpose;
        let terms: [&mut bool; 10] = [
            &mut p.for_profit,
            &mut p.commercial,
            &mut p.methods,
            &mut p.genetic,
            &mut p.publishes,
            &mut p.collaborates,
            &mut p.returns_data,
            &mut p.ethics_approval,
            &mut p.moratorium,
            &mut p.approved_users,
        ];
        *terms.into_iter().nth(term).unwrap() ^= true;
        studies.push(study);
    }
    studies
}

/// Studies with queries at the ends of what a criterion holds.
fn queries() -> Vec<OpenStudy> {
    let criterion = |field, start, length, if_none| Criterion {
        field,
        minus_previous: false,
        start,
        length,
        if_none,
        opens_group: true,
        at_least: 1,
    };
    let difference = Criterion {
        minus_previous: true,
        opens_group: false,
        at_least: 2,
        ..criterion(63, 131_071, 131_071, true)
    };
    let open = Criterion {
        at_least: 0,
        ..criterion(1, 65_537, 3, false)
    };
    let queries = [
        vec![criterion(0, 0, 0, false)],
        vec![criterion(63, 131_071, 131_071, true)],
        vec![open, difference],
        (0..16)
            .map(|n| criterion(n, 65_536 + u32::from(n), 9, n % 2 == 0))
            .collect(),
        Vec::new(),
    ];
    let with = |criteria: &Vec<Criterion>| {
        let mut study = open_study();
        study.query = CompiledQuery::new(study.query.edition(), criteria).unwrap();
        study
    };
    queries.iter().map(with).collect()
}

#[test]
fn statements_are_computed_alike() {
    let Some(mut script) = script() else { return };
    let Transaction::Genesis(founding) = genesis(true).transaction().clone() else {
        panic!("no genesis")
    };
    let ledger = founding.ledger_id();
    let studies: Vec<_> = purposes().into_iter().chain(queries()).collect();
    let sign = |study: &OpenStudy| Envelope::sign(study.clone(), &ledger, &sponsor()).to_bytes();
    let many: Vec<_> = studies
        .iter()
        .map(|study| hex::encode(sign(study)))
        .collect();
    let question = json!({
        "ask": "statements", "many": many,
        "study": STUDY.to_string(), "ledger": ledger.to_string(),
    });
    let found = script.ask(&question);
    let expected = |study: &OpenStudy| {
        let purpose = &study.purpose;
        let institution =
            salus_protocol::statement::InstitutionCode::new(purpose.institution.element());
        json!([
            study.query.digest().to_string(),
            Scope::of(&ledger, &STUDY).to_string(),
            purpose.masks().code().to_string(),
            institution.to_string(),
            purpose.required().contains(&Grant::Contacted),
            true,
        ])
    };
    let expected: Vec<_> = studies.iter().map(expected).collect();
    assert_eq!(found, Value::from(expected));
}

/// The largest value that a study's policy shows of so many records, as the policy itself has it.
#[test]
fn no_policy_shows_more_than_the_script_says() {
    let Some(mut script) = script() else { return };
    for (suppress_up_to, round_to) in [(10, 5), (10, 10), (20, 7), (12, 50)] {
        let policy = DisclosurePolicy {
            suppress_up_to,
            round_to,
        };
        let mut most = 0;
        let shown: Vec<u32> = (0..200)
            .map(|count| {
                if let Released::Count(value) = release(policy, Shape::Single, &[count]).unwrap()[0]
                {
                    most = most.max(value);
                }
                most
            })
            .collect();
        let many: Vec<u32> = (0..200).collect();
        let policy = json!({ "suppressUpTo": suppress_up_to, "roundTo": round_to });
        let said = script.ask(&json!({ "ask": "most", "many": many, "policy": policy }));
        assert_eq!(said, json!(shown), "{policy}");
    }
}
