//! Who can prove that they belong to a cohort, patient by patient, against who does by hand.

use std::collections::{BTreeMap, BTreeSet};

use salus_datasets::profiles;
use salus_protocol::profile::Edition;
use salus_protocol::query::Query;

use crate::cohorts::{self, Cohort};
use crate::patients::Patients;
use crate::standing::Standing;
use crate::study::Study;

/// Sizes of a cohort: whose row matches, and who can prove it.
pub(crate) struct Sizes {
    pub(crate) matching: usize,
    pub(crate) proving: usize,
}

/// Compares all cohorts, each at its own index day, and prints and returns their sizes.
pub(crate) fn compare_all(patients: &Patients) -> Vec<Sizes> {
    let all = by_hand(patients);
    let mut sizes = Vec::new();
    for (cohort, belonging) in cohorts::ALL.iter().zip(all) {
        let found = compare(patients, cohort, &belonging);
        let (matching, proving) = (found.matching, found.proving);
        let (title, all) = (cohort.title(), patients.len());
        println!("{title}: of {all} patients {matching} match, {proving} can prove");
        sizes.push(found);
    }
    sizes
}

/// Who belongs to each cohort by hand.
fn by_hand(patients: &Patients) -> Vec<BTreeSet<String>> {
    let mut all = vec![BTreeSet::new(); cohorts::ALL.len()];
    for profile in profiles::shipped().iter().map(|shipped| shipped.name) {
        patients.charts(profile, |id, chart| {
            for (cohort, belonging) in cohorts::ALL.iter().zip(&mut all) {
                chart.index = cohort.index.parse().unwrap();
                if cohort.profile == profile && chart.is_alive() && (cohort.has)(chart) {
                    belonging.insert(id.to_owned());
                }
            }
        });
    }
    all
}

/// Demands that those who match are those who belong by hand, and that those of them who consent
/// can prove it.
fn compare(patients: &Patients, cohort: &Cohort, belonging: &BTreeSet<String>) -> Sizes {
    let study = study(patients, cohort);
    let (mut matching, mut proving) = (BTreeSet::new(), BTreeSet::new());
    let mut consenting = BTreeSet::new();
    for (place, (id, standing)) in patients.standings().enumerate() {
        if belonging.contains(id) && standing.covers() {
            consenting.insert(id.to_owned());
        }
        let Some(attempt) = study.attempt(id) else {
            continue;
        };
        let (matches, holds) = (attempt.matches(), attempt.holds());
        // Neither 5 nor 7 divides the turns of standings: each is among those that are tried.
        if (matches && place % 5 < 2) || place % 7 == 0 {
            assert_eq!(attempt.satisfies_circuit(), holds, "{id}{}", cohort.text);
        }
        if matches {
            matching.insert(id.to_owned());
        }
        if holds {
            proving.insert(id.to_owned());
        }
    }
    let differ = |a: &BTreeSet<String>, b: &BTreeSet<String>| -> Vec<String> {
        a.symmetric_difference(b).cloned().collect()
    };
    assert_eq!(
        differ(&matching, belonging),
        [""; 0],
        "match{}",
        cohort.text
    );
    assert_eq!(
        differ(&proving, &consenting),
        [""; 0],
        "prove{}",
        cohort.text
    );
    Sizes {
        matching: matching.len(),
        proving: proving.len(),
    }
}

/// The study with everyone who has a row.
fn study(patients: &Patients, cohort: &Cohort) -> Study {
    let profile = &profiles::named(cohort.profile).unwrap().profile;
    let query = Query::parse(cohort.text).unwrap_or_else(|e| panic!("{e}\n{}", cohort.text));
    assert_eq!(query.index().to_string(), cohort.index);
    let compiled = query
        .compile(profile)
        .unwrap_or_else(|e| panic!("{e}\n{}", cohort.text));
    let rows = patients.rows(cohort.profile, query.index());
    let edition = Edition::of(&profile.hash(), query.index());
    let standings: BTreeMap<&str, Standing> = patients.standings().collect();
    Study::of(compiled.query, edition, rows, |id| standings[id])
}
